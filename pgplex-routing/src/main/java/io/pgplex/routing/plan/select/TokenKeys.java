package io.pgplex.routing.plan.select;

import io.pgplex.routing.scan.ScannedStatement;

/** Tells whether two parts of a text say the same, whatever their white space and case. Stateless. */
public final class TokenKeys {

    private TokenKeys() {}

    /** A key equal for equal parts: names folded, parentheses around the whole left out. A parameter equals only itself. */
    public static String of(ScannedStatement text, int from, int to) {
        int first = from;
        int last = to;
        while (last - first > 1 && text.isPunctuation(first, '(') && text.matching(first) == last - 1) {
            first++;
            last--;
        }
        StringBuilder key = new StringBuilder();
        for (int i = first; i < last; i++) {
            key.append(
                    switch (text.kind(i)) {
                        case WORD, QUOTED_IDENTIFIER -> "\"" + text.identifier(i);
                        case PARAMETER -> "?" + i;
                        case STRING, NUMBER, DOLLAR_PARAMETER, OPERATOR, PUNCTUATION -> text.tokenText(i);
                    });
            key.append('\u0001');
        }
        return key.toString();
    }
}
