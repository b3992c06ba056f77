package io.pgplex.routing.scan;

import java.util.Arrays;

/** The tokens of the statement that is being scanned, in arrays that grow. Confined to one thread. */
final class TokenBuffer {
    private TokenKind[] kinds = new TokenKind[32];
    private int[] bounds = new int[64];
    private int size;
    private int parameters;

    void add(TokenKind kind, int begin, int end) {
        if (size == kinds.length) {
            kinds = Arrays.copyOf(kinds, 2 * size);
            bounds = Arrays.copyOf(bounds, 4 * size);
        }
        kinds[size] = kind;
        bounds[2 * size] = begin;
        bounds[2 * size + 1] = end;
        size++;
        if (kind == TokenKind.PARAMETER) {
            parameters++;
        }
    }

    int size() {
        return size;
    }

    int parameters() {
        return parameters;
    }

    TokenKind[] kinds() {
        return Arrays.copyOf(kinds, size);
    }

    /** Begin and end of each token, relative to {@code offset}. */
    int[] bounds(int offset) {
        int[] relative = Arrays.copyOf(bounds, 2 * size);
        for (int i = 0; offset > 0 && i < relative.length; i++) {
            relative[i] -= offset;
        }
        return relative;
    }

    void clear() {
        size = 0;
        parameters = 0;
    }
}
