package io.pgplex.routing.parse;

import io.pgplex.routing.scan.ParserText;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import java.util.Arrays;

/**
 * The text that JSqlParser is given: {@link ParserText} without what JSqlParser does not know although it says nothing about
 * how the rest is built. Whoever reads the tree finds these words among the tokens.
 *
 * <ul>
 *   <li>Blank: {@code USING} and an operator behind a sort key, {@code ROW} before fields, VARIADIC, ONLY, the window that a
 *       window is built on, the alias of USING, locking clauses, {@code WHERE CURRENT OF c}, {@code .*} behind a parenthesis,
 *       {@code IS NULL}, {@code IS TRUE} and their kin, COLLATE.
 *   <li>The words between the arguments of EXTRACT, OVERLAY, POSITION, SUBSTRING and TRIM become commas, and their names
 *       ordinary ones.
 *   <li>SELECT without items gets an asterisk.
 *   <li>Of a long {@link ConstantList} there are only the ends.
 * </ul>
 *
 * Confined to one thread.
 */
final class ParserInput {

    /** Distance from ASCII to the full-width forms, which JSqlParser takes for letters. */
    private static final int FULL_WIDTH = 0xFEE0;

    private static final String[] WINDOW_WORDS = {"PARTITION", "ORDER", "RANGE", "ROWS", "GROUPS"};

    private static final String[] ARGUMENT_WORDS = {"FROM", "FOR", "PLACING", "USING", "IN", "SIMILAR", "ESCAPE"};

    private final ScannedStatement statement;
    private final char[] copy;
    private int tokens;

    private ParserInput(ScannedStatement statement) {
        this.statement = statement;
        this.copy = ParserText.of(statement).toCharArray();
        this.tokens = statement.tokenCount();
    }

    /** What JSqlParser is to be given for a statement. */
    static ParserInput of(ScannedStatement statement) {
        ParserInput input = new ParserInput(statement);
        for (int i = 0; i < statement.tokenCount(); i++) {
            if (statement.hasKind(i, TokenKind.WORD)) {
                input.word(i);
            } else if (statement.isPunctuation(i, '.')) {
                input.dot(i);
            }
        }
        return input;
    }

    /** A text of the same length as the statement's. */
    String text() {
        return new String(copy);
    }

    /** How many of the statement's tokens are in it, at most. */
    int tokens() {
        return tokens;
    }

    private void word(int index) {
        int first = ConstantList.first(statement, index);
        ConstantList.Tokens hidden = first < 0 ? null : ConstantList.hidden(statement, first);
        if (hidden != null) {
            blank(hidden.from(), hidden.to());
            tokens -= hidden.to() - hidden.from();
        }
        switch (statement.word(index)) {
            case "USING" -> {
                if (statement.hasKind(index + 1, TokenKind.OPERATOR)) {
                    blank(index, index + 2);
                }
            }
            case "SELECT" -> {
                if (statement.is(index + 1, "FROM", "WHERE")) {
                    copy[statement.end(index)] = '*';
                }
            }
            case "ROW" -> {
                if (isOpening(index + 1) && !statement.isPunctuation(index + 2, ')')) {
                    blank(index, index + 1);
                }
            }
            case "WHERE" -> {
                if (statement.isSequence(index + 1, "CURRENT", "OF") && statement.isName(index + 3)) {
                    blank(index, index + 4);
                }
            }
            case "VARIADIC" -> blank(index, index + 1);
            case "ONLY" -> {
                if (statement.isName(index + 1) && !statement.is(index - 1, "ROW", "ROWS", "AS")) {
                    blank(index, index + 1);
                }
            }
            case "SETTINGS" -> disguise(index);
            case "OVER", "AS" -> window(index);
            case "FOR" -> locking(index);
            case "IS" -> test(index);
            case "COLLATE" -> collation(index);
            case "EXTRACT", "OVERLAY", "POSITION", "SUBSTRING", "TRIM" -> wordyCall(index);
            default -> {}
        }
    }

    private void blank(int from, int to) {
        Arrays.fill(copy, statement.begin(from), statement.end(to - 1), ' ');
    }

    private void disguise(int index) {
        int begin = statement.begin(index);
        copy[begin] = (char) (statement.text().charAt(begin) + FULL_WIDTH);
    }

    private boolean isOpening(int index) {
        return statement.isPunctuation(index, '(');
    }

    /** {@code (x).*}. */
    private void dot(int index) {
        if (statement.isPunctuation(index - 1, ')') && statement.isOperator(index + 1, "*")) {
            blank(index, index + 2);
        }
    }

    private void window(int index) {
        boolean based = isOpening(index + 1) && statement.isName(index + 2) && !statement.is(index + 2, WINDOW_WORDS);
        boolean alone = statement.is(index, "OVER") && statement.isPunctuation(index + 3, ')');
        if (based && (alone || statement.is(index + 3, WINDOW_WORDS))) {
            blank(index + 2, index + 3);
        }
        if (statement.is(index, "AS") && statement.isPunctuation(index - 1, ')') && statement.isName(index + 1)) {
            int open = statement.matching(index - 1);
            if (open > 0 && statement.is(open - 1, "USING")) {
                blank(index, index + 2);
            }
        }
    }

    private void collation(int index) {
        int end = index + 1;
        while (statement.isName(end) && statement.isPunctuation(end + 1, '.')) {
            end += 2;
        }
        if (statement.isName(end)) {
            blank(index, end + 1);
        }
    }

    private void test(int index) {
        int what = statement.is(index + 1, "NOT") ? index + 2 : index + 1;
        if (statement.is(what, "NULL", "TRUE", "FALSE", "UNKNOWN")) {
            blank(index, what + 1);
        }
    }

    private void locking(int index) {
        int at = index + 1;
        if (statement.is(at, "UPDATE", "SHARE")) {
            at++;
        } else if (statement.isSequence(at, "NO", "KEY", "UPDATE")) {
            at += 3;
        } else if (statement.isSequence(at, "KEY", "SHARE") || statement.isSequence(at, "READ", "ONLY")) {
            at += 2;
        } else {
            return;
        }
        if (statement.is(at, "OF")) {
            at = endOfNames(at + 1);
        }
        if (statement.is(at, "NOWAIT")) {
            at++;
        } else if (statement.isSequence(at, "SKIP", "LOCKED")) {
            at += 2;
        }
        blank(index, at);
    }

    private int endOfNames(int index) {
        int at = index;
        while (statement.isName(at)) {
            at++;
            if (!statement.isPunctuation(at, '.') && !statement.isPunctuation(at, ',')) {
                break;
            }
            at++;
        }
        return at;
    }

    private void wordyCall(int index) {
        int open = index + 1;
        if (!isOpening(open) || statement.matching(open) < 0) {
            return;
        }
        disguise(index);
        if (statement.is(index, "EXTRACT") && statement.hasKind(open + 1, TokenKind.WORD)) {
            disguise(open + 1);
        }
        boolean argument = false;
        int i = open + 1;
        while (i < statement.matching(open)) {
            if (statement.is(i, ARGUMENT_WORDS)) {
                blank(i, i + 1);
                if (argument) {
                    copy[statement.begin(i)] = ',';
                }
            } else if (i == open + 1 && statement.is(i, "BOTH", "LEADING", "TRAILING")) {
                blank(i, i + 1);
            } else {
                argument = true;
                boolean bracket = isOpening(i) || statement.isPunctuation(i, '[');
                i = bracket && statement.matching(i) > i ? statement.matching(i) : i;
            }
            i++;
        }
    }
}
