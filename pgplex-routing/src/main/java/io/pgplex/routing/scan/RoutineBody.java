package io.pgplex.routing.scan;

/**
 * Knows whether a token lies in the {@code BEGIN ATOMIC ... END} body of CREATE FUNCTION or CREATE PROCEDURE, where a
 * semicolon ends no statement. Confined to one thread.
 */
final class RoutineBody {
    private final String sql;
    private int words;
    private boolean candidate = true;
    private boolean routine;
    private boolean afterBegin;
    private boolean label;
    private int depth;

    RoutineBody(String sql) {
        this.sql = sql;
    }

    void startStatement() {
        words = 0;
        candidate = true;
        routine = false;
        afterBegin = false;
        label = false;
        depth = 0;
    }

    boolean isOpen() {
        return depth > 0;
    }

    void accept(TokenKind kind, int begin, int end) {
        if (candidate) {
            head(kind, begin, end);
        } else if (routine) {
            body(kind, begin, end);
        }
    }

    /** The first words: CREATE [OR REPLACE] FUNCTION | PROCEDURE. */
    private void head(TokenKind kind, int begin, int end) {
        words++;
        boolean expected =
                switch (words) {
                    case 1 -> is(kind, begin, end, "CREATE");
                    case 2 -> is(kind, begin, end, "OR") || isRoutine(kind, begin, end);
                    case 3 -> is(kind, begin, end, "REPLACE");
                    default -> isRoutine(kind, begin, end);
                };
        routine = expected && words > 1 && isRoutine(kind, begin, end);
        candidate = expected && !routine;
    }

    private boolean isRoutine(TokenKind kind, int begin, int end) {
        return is(kind, begin, end, "FUNCTION") || is(kind, begin, end, "PROCEDURE");
    }

    private void body(TokenKind kind, int begin, int end) {
        if (depth == 0) {
            if (afterBegin && is(kind, begin, end, "ATOMIC")) {
                depth = 1;
            }
            afterBegin = is(kind, begin, end, "BEGIN");
        } else if (!label && is(kind, begin, end, "CASE")) {
            depth++;
        } else if (!label && is(kind, begin, end, "END")) {
            depth--;
        }
        // reserved words are names behind AS and behind a dot
        label = is(kind, begin, end, "AS") || (end - begin == 1 && sql.charAt(begin) == '.');
    }

    private boolean is(TokenKind kind, int begin, int end, String upperWord) {
        return kind == TokenKind.WORD
                && end - begin == upperWord.length()
                && Characters.isWordAt(sql, begin, upperWord);
    }
}
