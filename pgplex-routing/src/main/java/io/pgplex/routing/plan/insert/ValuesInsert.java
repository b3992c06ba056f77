package io.pgplex.routing.plan.insert;

import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The clauses of {@code INSERT ... VALUES} and {@code INSERT ... DEFAULT VALUES} by token index. Immutable.
 *
 * @param statement the whole statement
 * @param insert the word INSERT; what comes before it is WITH
 * @param alias the target's alias, else its name without a schema
 * @param columns the column list, or null where there is none
 * @param listClose the closing parenthesis of the column list, or -1
 * @param overriding the word OVERRIDING, or -1
 * @param values the word VALUES, or DEFAULT in {@code DEFAULT VALUES}
 * @param rows the rows; empty for DEFAULT VALUES
 * @param tail the first token after the rows, {@code tokenCount} where there is none
 * @param conflict the word ON of ON CONFLICT, or -1
 * @param returning the word RETURNING, or -1
 */
record ValuesInsert(
        ScannedStatement statement,
        int insert,
        String alias,
        @Nullable List<Target> columns,
        int listClose,
        int overriding,
        int values,
        List<Row> rows,
        int tail,
        int conflict,
        int returning) {

    /** A column of the list; {@code whole} is false for {@code col[1]} and {@code col.field}. */
    record Target(String name, boolean whole, int token) {}

    /** A row by its parentheses, and its values, each from one token to the one before another. */
    record Row(int open, int close, int[] begins, int[] ends) {
        int size() {
            return begins.length;
        }
    }

    boolean hasWith() {
        return insert > 0;
    }

    boolean isDefaultValues() {
        return rows.isEmpty();
    }

    /** The offset in the text where the rows end. */
    int rowsEnd() {
        return statement.end(tail - 1);
    }

    /** The clauses of a statement, or null where it is another kind of INSERT or not well-formed. */
    static @Nullable ValuesInsert read(ScannedStatement statement) {
        return new Reader(statement).read();
    }

    /** Reads token by token; {@code at} is the next one. */
    private static final class Reader {

        private final ScannedStatement s;
        private int at;

        Reader(ScannedStatement statement) {
            this.s = statement;
        }

        @Nullable
        ValuesInsert read() {
            at = insertWord();
            int insert = at;
            if (insert < 0 || !s.is(at + 1, "INTO") || !s.isName(at + 2)) {
                return null;
            }
            at += 2;
            String alias = target();
            List<Target> columns = null;
            int listClose = -1;
            if (s.isPunctuation(at, '(')) {
                listClose = s.matching(at);
                columns = listClose < 0 ? null : columns(at + 1, listClose);
                if (columns == null) {
                    return null;
                }
                at = listClose + 1;
            }
            int overriding = -1;
            if (s.isSequence(at, "OVERRIDING", "SYSTEM", "VALUE") || s.isSequence(at, "OVERRIDING", "USER", "VALUE")) {
                overriding = at;
                at += 3;
            }
            int values = at;
            List<Row> rows = rows();
            if (rows == null) {
                return null;
            }
            int tail = at;
            int conflict = s.isSequence(at, "ON", "CONFLICT") ? at : -1;
            int returning = word("RETURNING", tail);
            if (tail < s.tokenCount() && conflict < 0 && returning != tail) {
                return null;
            }
            return new ValuesInsert(
                    s, insert, alias, columns, listClose, overriding, values, rows, tail, conflict, returning);
        }

        private int insertWord() {
            return s.is(0, "INSERT") ? 0 : s.is(0, "WITH") ? word("INSERT", 1) : -1;
        }

        /** The first such word outside parentheses, or -1. */
        private int word(String upper, int from) {
            for (int i = from; i < s.tokenCount(); i++) {
                if (s.isPunctuation(i, '(') && s.matching(i) > i) {
                    i = s.matching(i);
                } else if (s.is(i, upper)) {
                    return i;
                }
            }
            return -1;
        }

        private String target() {
            String name = s.identifier(at++);
            while (s.isPunctuation(at, '.') && s.isName(at + 1)) {
                name = s.identifier(at + 1);
                at += 2;
            }
            if (s.is(at, "AS") && s.isName(at + 1)) {
                name = s.identifier(at + 1);
                at += 2;
            }
            return name;
        }

        private @Nullable List<Target> columns(int from, int close) {
            List<Target> columns = new ArrayList<>();
            int i = from;
            while (i < close) {
                if (!s.isName(i)) {
                    return null;
                }
                int end = next(i, close);
                columns.add(new Target(s.identifier(i), end == i + 1, i));
                i = end + 1;
            }
            return columns.isEmpty() ? null : columns;
        }

        /** The next comma outside brackets before {@code close}, or {@code close}. */
        private int next(int from, int close) {
            for (int i = from; i < close; i++) {
                if (s.isPunctuation(i, ',')) {
                    return i;
                }
                if ((s.isPunctuation(i, '(') || s.isPunctuation(i, '[')) && s.matching(i) > i) {
                    i = s.matching(i);
                }
            }
            return close;
        }

        private @Nullable List<Row> rows() {
            if (s.isSequence(at, "DEFAULT", "VALUES")) {
                at += 2;
                return List.of();
            }
            if (!s.is(at, "VALUES")) {
                return null;
            }
            List<Row> rows = new ArrayList<>();
            do {
                at++;
                int close = s.isPunctuation(at, '(') ? s.matching(at) : -1;
                Row row = close < 0 ? null : row(at, close);
                if (row == null) {
                    return null;
                }
                rows.add(row);
                at = close + 1;
            } while (s.isPunctuation(at, ','));
            return rows;
        }

        private @Nullable Row row(int open, int close) {
            int[] begins = new int[8];
            int[] ends = new int[8];
            int count = 0;
            int i = open + 1;
            while (i <= close) {
                int end = next(i, close);
                if (end == i) {
                    return null;
                }
                if (count == begins.length) {
                    begins = Arrays.copyOf(begins, 2 * count);
                    ends = Arrays.copyOf(ends, 2 * count);
                }
                begins[count] = i;
                ends[count++] = end;
                i = end + 1;
            }
            return new Row(open, close, Arrays.copyOf(begins, count), Arrays.copyOf(ends, count));
        }
    }

    /** Offsets of the statement's parameters, ascending. */
    int[] parameterOffsets() {
        int[] offsets = new int[statement.parameterCount()];
        int count = 0;
        for (int i = 0; i < statement.tokenCount(); i++) {
            if (statement.hasKind(i, TokenKind.PARAMETER)) {
                offsets[count++] = statement.begin(i);
            }
        }
        return offsets;
    }
}
