package io.pgplex.routing.plan.insert;

import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A part of a statement's text with some of it replaced; what is not replaced stays byte for byte. Replacements are given
 * in the order of the text and do not overlap. Confined to a thread.
 */
final class TextSplice {

    private final String text;
    /** Offsets of the statement's own parameters, ascending: the one at index i is parameter i. */
    private final int[] parameterOffsets;

    private final List<Replacement> replacements = new ArrayList<>();

    private record Replacement(int begin, int end, String sql, int[] parameters) {}

    TextSplice(ScannedStatement statement, int[] parameterOffsets) {
        this.text = statement.text();
        this.parameterOffsets = parameterOffsets;
    }

    /** Puts {@code sql} in the place of the text between two offsets, which are equal for an insertion. */
    void replace(int begin, int end, String sql, int... parameters) {
        replacements.add(new Replacement(begin, end, sql, parameters));
    }

    boolean isEmpty() {
        return replacements.isEmpty();
    }

    /** The text between two offsets, with the replacements that were given. */
    Fragment fragment(int begin, int end) {
        if (replacements.isEmpty()) {
            int first = parameterFrom(begin);
            int count = parameterFrom(end) - first;
            int[] own = new int[count];
            Arrays.setAll(own, i -> first + i);
            return new Fragment(text.substring(begin, end), own);
        }
        StringBuilder sql = new StringBuilder(end - begin + 32 * replacements.size());
        List<int[]> parameters = new ArrayList<>(2 * replacements.size() + 1);
        int at = begin;
        for (Replacement replacement : replacements) {
            copy(at, replacement.begin(), sql, parameters);
            sql.append(replacement.sql());
            parameters.add(replacement.parameters());
            at = replacement.end();
        }
        copy(at, end, sql, parameters);
        return new Fragment(
                sql.toString(), parameters.stream().flatMapToInt(Arrays::stream).toArray());
    }

    private void copy(int begin, int end, StringBuilder sql, List<int[]> parameters) {
        sql.append(text, begin, end);
        int first = parameterFrom(begin);
        int[] own = new int[parameterFrom(end) - first];
        Arrays.setAll(own, i -> first + i);
        parameters.add(own);
    }

    private int parameterFrom(int offset) {
        int found = Arrays.binarySearch(parameterOffsets, offset);
        return found >= 0 ? found : -found - 1;
    }
}
