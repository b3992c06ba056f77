package io.pgplex.routing.scan;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/**
 * Decides which words of a statement are names that JSqlParser would take for keywords of other databases, for types or for
 * clauses. They get another first letter in the {@link ParserText}. Confined to one thread.
 */
final class ParserWords {
    /** Distance from ASCII to the full-width forms, which JSqlParser takes for letters. */
    private static final int FULL_WIDTH = 0xFEE0;

    /** No keyword of PostgreSQL's queries. */
    private static final Set<String> FOREIGN_KEYWORDS = Set.of(
            "APPROXIMATE",
            "BISTRING",
            "BLOB",
            "CONNECT_BY_ROOT",
            "CONVERT",
            "DIV",
            "ENUM",
            "EXCLUDES",
            "EXTEND",
            "FINAL",
            "FLOAT64",
            "FORCE",
            "GLOBAL",
            "HUGEINT",
            "IGNORE",
            "IMPORT",
            "INCLUDES",
            "INT1",
            "INTERPRET",
            "LONG",
            "LOW_PRIORITY",
            "MAP",
            "MATCH_ALL",
            "MATCH_ANY",
            "MATCH_PHRASE",
            "MATCH_PHRASE_PREFIX",
            "MATCH_REGEXP",
            "MEMBER",
            "MINUS",
            "NOCYCLE",
            "NUMBER",
            "NVARCHAR",
            "OUTPUT",
            "PIVOT",
            "PREFERRING",
            "PRIOR",
            "QUALIFY",
            "REGEXP",
            "REGEXP_LIKE",
            "RLIKE",
            "SAFE_CAST",
            "SAMPLE",
            "SEL",
            "SEMI",
            "SHORT",
            "SQL_CACHE",
            "SQL_CALC_FOUND_ROWS",
            "SQL_NO_CACHE",
            "STRAIGHT_JOIN",
            "TIMESTAMP_MS",
            "TIMESTAMP_NS",
            "TIMESTAMP_S",
            "TINYINT",
            "TOP",
            "TRY_CAST",
            "UBIGINT",
            "UHUGEINT",
            "UINTEGER",
            "UNPIVOT",
            "USE",
            "USMALLINT",
            "UTINYINT",
            "VARBINARY",
            "XOR");

    private static final Set<String> TYPES = Set.of(
            "BIGINT",
            "BOOL",
            "BPCHAR",
            "BYTEA",
            "DECIMAL",
            "DOUBLE",
            "FLOAT",
            "FLOAT4",
            "FLOAT8",
            "INT",
            "INT2",
            "INT4",
            "INT8",
            "INTEGER",
            "NCHAR",
            "NUMERIC",
            "PRECISION",
            "REAL",
            "SMALLINT",
            "TIMETZ",
            "UUID",
            "VARCHAR",
            "VARYING");

    /** Keywords, and types that JSqlParser knows, behind which a constant can begin an operand. */
    private static final Set<String> BEFORE_CONSTANT = Set.of(
            "BOTH",
            "CONTENT",
            "DATE",
            "DOCUMENT",
            "INTERVAL",
            "KEY",
            "LEADING",
            "TIME",
            "TIMESTAMP",
            "TIMESTAMPTZ",
            "TRAILING",
            "VALUE",
            "VARIADIC");

    /** Keywords that PostgreSQL allows as a name behind a dot, or as a label behind AS, and JSqlParser does not. */
    private static final Set<String> NOT_A_LABEL = Set.of(
            "ALL",
            "BETWEEN",
            "BOTH",
            "CHECK",
            "CONSTRAINT",
            "CROSS",
            "CURRENT",
            "DISTINCT",
            "ELSE",
            "EXCEPT",
            "EXISTS",
            "FALSE",
            "FETCH",
            "FOR",
            "FOREIGN",
            "FULL",
            "ILIKE",
            "INNER",
            "INTERSECT",
            "IS",
            "LATERAL",
            "LIKE",
            "NATURAL",
            "NOT",
            "NULL",
            "ONLY",
            "OUTER",
            "RECURSIVE",
            "RETURNING",
            "SIMILAR",
            "TABLESAMPLE",
            "TRAILING",
            "TRUE",
            "UNBOUNDED",
            "UNION",
            "UNIQUE",
            "UNKNOWN",
            "WHEN",
            "WINDOW",
            "XMLSERIALIZE",
            "AND",
            "OR",
            "FROM",
            "WHERE",
            "GROUP",
            "ORDER",
            "HAVING",
            "LIMIT",
            "OFFSET",
            "ON",
            "USING",
            "SELECT",
            "INTO",
            "JOIN",
            "LEFT",
            "RIGHT",
            "CASE",
            "THEN",
            "END",
            "AS",
            "IN",
            "CREATE",
            "TABLE",
            "WITH",
            "USER",
            "VALUES");

    private final ScannedStatement statement;
    private final Deque<Boolean> inCast = new ArrayDeque<>();

    ParserWords(ScannedStatement statement) {
        this.statement = statement;
    }

    /** The letter in place of {@code first}, which no keyword begins with. */
    static char disguise(char first) {
        return (char) (first + FULL_WIDTH);
    }

    /** Follows the brackets; to be called for each punctuation token in their order. */
    void bracket(int index) {
        if (statement.isPunctuation(index, '(')) {
            inCast.push(statement.is(index - 1, "CAST"));
        } else if (statement.isPunctuation(index, ')')) {
            inCast.poll();
        }
    }

    /** Whether the word at {@code index} is a name that must not look like itself. */
    boolean isMistakable(int index) {
        String word = statement.word(index);
        if (word.charAt(0) >= 128) {
            return false;
        }
        if (FOREIGN_KEYWORDS.contains(word)) {
            return true;
        }
        boolean label = statement.isPunctuation(index - 1, '.') || isLabel(index);
        if (label && NOT_A_LABEL.contains(word)) {
            return true;
        }
        if (TYPES.contains(word)) {
            return (label || beginsOperand(index)) && !isType(index);
        }
        return switch (word) {
            case "UNKNOWN" -> !statement.is(index - 1, "IS", "NOT");
            case "CURRENT" -> !statement.is(index + 1, "ROW", "OF");
            case "RECURSIVE" -> !statement.is(index - 1, "WITH");
            case "UNBOUNDED" -> !statement.is(index + 1, "PRECEDING", "FOLLOWING");
            case "ABSENT" -> !statement.isSequence(index + 1, "ON", "NULL");
            case "VALUE" -> statement.is(index - 1, "FROM", "JOIN", "INTO", "UPDATE");
            default -> false;
        };
    }

    /** Whether the word stands before a constant as a keyword or as a type that JSqlParser knows. */
    static boolean mayPrecedeConstant(String word) {
        return BEFORE_CONSTANT.contains(word) || TYPES.contains(word);
    }

    private boolean isLabel(int index) {
        return statement.is(index - 1, "AS") && !Boolean.TRUE.equals(inCast.peek());
    }

    private boolean beginsOperand(int index) {
        return index == 0 || !ParserText.endsOperand(statement, index - 1);
    }

    private boolean isType(int index) {
        if (statement.hasKind(index + 1, TokenKind.STRING)) {
            return true;
        }
        int first = index;
        while (statement.isPunctuation(first - 1, '.') && statement.isName(first - 2)) {
            first -= 2;
        }
        return (statement.hasKind(first - 1, TokenKind.PUNCTUATION)
                        && statement.tokenText(first - 1).equals("::"))
                || (statement.is(first - 1, "AS") && !isLabel(first));
    }
}
