package io.pgplex.routing.parse;

import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import org.jspecify.annotations.Nullable;

/**
 * Long lists of constants, of which JSqlParser is shown the ends only: a tree of them says nothing that the tokens do not say,
 * and takes a hundred times their memory.
 *
 * <pre>
 * k IN (?, ?, ..., ?)                   IN (?          , ?)
 * VALUES (1, 'a'), (2, 'b'), ...        VALUES (1, 'a'),         (9, 'z')
 * ARRAY[1, 2, ..., 9]                   ARRAY[1        , 9]
 * </pre>
 *
 * An element is a literal, a number, perhaps with a sign, a parameter, NULL, TRUE, FALSE or a row of these. Stateless.
 */
public final class ConstantList {

    /** Shorter lists are shown whole. */
    private static final int MIN_TOKENS = 64;

    private static final int NONE = -1;

    private ConstantList() {}

    /** Some tokens that follow each other, {@code to} not included. */
    public record Tokens(int from, int to) {}

    /** The first token of the list that belongs to the word at {@code word}; -1 when no list begins there. */
    static int first(ScannedStatement statement, int word) {
        if (statement.is(word, "VALUES") && statement.isPunctuation(word + 1, '(')) {
            return word + 1;
        }
        boolean list = (statement.is(word, "IN") && statement.isPunctuation(word + 1, '('))
                || (statement.is(word, "ARRAY") && statement.isPunctuation(word + 1, '['));
        return list ? word + 2 : NONE;
    }

    /** The second element's first token, in a list whose first element begins at {@code first}; -1 when there is none. */
    private static int second(ScannedStatement statement, int first) {
        int end = elementEnd(statement, first);
        return end != NONE && statement.isPunctuation(end, ',') ? end + 1 : NONE;
    }

    /**
     * Which elements JSqlParser is not shown, each with its comma; they begin with the second one. Null when it is shown all.
     *
     * @param first the first element's first token
     */
    public static @Nullable Tokens hidden(ScannedStatement statement, int first) {
        int second = second(statement, first);
        int at = second;
        while (at != NONE) {
            int end = elementEnd(statement, at);
            if (end == NONE || !statement.isPunctuation(end, ',')) {
                break;
            }
            at = end + 1;
        }
        return at - second < MIN_TOKENS ? null : new Tokens(second, at);
    }

    private static int elementEnd(ScannedStatement statement, int at) {
        if (!statement.isPunctuation(at, '(')) {
            return constantEnd(statement, at);
        }
        int i = at;
        do {
            i = constantEnd(statement, i + 1);
        } while (i != NONE && statement.isPunctuation(i, ','));
        return i != NONE && statement.isPunctuation(i, ')') ? i + 1 : NONE;
    }

    private static int constantEnd(ScannedStatement statement, int at) {
        boolean signed = statement.isOperator(at, "-") || statement.isOperator(at, "+");
        int i = signed ? at + 1 : at;
        boolean constant = statement.hasKind(i, TokenKind.NUMBER)
                || (!signed
                        && (statement.hasKind(i, TokenKind.STRING)
                                || statement.hasKind(i, TokenKind.PARAMETER)
                                || statement.is(i, "NULL", "TRUE", "FALSE")));
        return constant ? i + 1 : NONE;
    }
}
