package io.pgplex.jdbc.random;

import java.util.List;

/**
 * The types of the schema, each with values that are worth trying, in PostgreSQL's text form. Numbers are small, so that few
 * expressions leave their range; those of {@code float8} are short binary fractions, whose sums do not depend on the order.
 */
enum SqlType {
    INT("integer", "0", "1", "2", "3", "5", "7", "12", "40", "-1", "-4"),
    BIGINT("bigint", "0", "1", "2", "3", "4", "9", "17", "33", "-2", "1000000"),
    NUMERIC("numeric", "0", "1", "1.0", "1.00", "2.5", "2.50", "10.50", "-3.25", "0.000", "123456.789", "NaN", "10"),
    FLOAT("double precision", "0", "1", "-1.5", "2.25", "1000.5", "NaN", "Infinity", "-Infinity", "0.125", "-0"),
    TEXT(
            "text",
            "Anna",
            "anna",
            "Zoë",
            "Zoe",
            "Ångström",
            "Änne",
            "bob",
            "Bob",
            "émile",
            "ß",
            "ss",
            "Øre",
            "",
            "a b",
            "ab",
            "a-b",
            "_x",
            "it's",
            "İstanbul",
            "日本",
            "alpha",
            "12"),
    BOOL("boolean", "true", "false"),
    DATE("date", "2024-01-01", "2024-02-29", "2023-12-31", "2024-06-15", "infinity", "-infinity", "1999-12-31"),
    TIMESTAMP(
            "timestamp",
            "2024-01-01 00:00:00",
            "2024-06-15 12:30:00.123456",
            "2024-06-15 12:30:00",
            "2023-12-31 23:59:59.999999",
            "infinity",
            "-infinity"),
    TIMESTAMPTZ(
            "timestamptz",
            "2024-01-01 00:00:00+00",
            "2024-06-15 12:30:00+05:45",
            "2024-06-15 06:45:00+00",
            "2023-12-31 23:59:59.5+00",
            "infinity",
            "-infinity"),
    INTERVAL("interval", "0", "1 day", "24 hours", "1 mon", "30 days", "-2 hours", "1 year 2 mons", "00:30:00"),
    UUID(
            "uuid",
            "00000000-0000-0000-0000-000000000001",
            "00000000-0000-0000-0000-000000000002",
            "ffffffff-ffff-ffff-ffff-fffffffffffe",
            "80000000-0000-0000-0000-000000000003",
            "00000000-0000-0000-0000-000000000004"),
    BYTEA("bytea", "\\x", "\\x00", "\\x01ff", "\\xff01", "\\x616263"),
    JSONB(
            "jsonb",
            "{}",
            "{\"a\": 1, \"b\": [1, null]}",
            "{\"a\": \"ü\"}",
            "[1, 2, \"x\"]",
            "null",
            "\"t\"",
            "{\"a\": 2}"),
    INTS("integer[]", "{}", "{1}", "{1,NULL,3}", "{3,2,1}", "{7,7}"),
    TEXTS("text[]", "{}", "{red}", "{red,NULL,\"gr ün\"}", "{Red,red}", "{a,b,c}"),
    MOOD("mood", "sad", "ok", "happy");

    /** Types with a sum. */
    static final List<SqlType> NUMBERS = List.of(INT, BIGINT, NUMERIC, FLOAT);

    final String sql;
    final List<String> samples;

    SqlType(String sql, String... samples) {
        this.sql = sql;
        this.samples = List.of(samples);
    }

    /** Whether values have a collation. */
    boolean collatable() {
        return this == TEXT || this == TEXTS;
    }

    boolean isNumber() {
        return NUMBERS.contains(this);
    }

    /** An expression for a value, of this very type. */
    String literal(String value) {
        boolean plain = (this == INT || this == BOOL) && !value.startsWith("-");
        return plain ? value : "'" + value.replace("'", "''") + "'::" + sql;
    }

    /**
     * What turns equal values that look different, such as 1.0 and 1.00, into one; {@code $} if there are none of this type.
     * Which of them a GROUP BY, say, shows is not defined.
     */
    String canonical() {
        if (this == NUMERIC) {
            return "trim_scale($)";
        }
        if (this == INTERVAL) {
            return "justify_interval($)";
        }
        return this == FLOAT ? "($ + 0)" : "$";
    }

    /** Whether values that are equal also look alike. */
    boolean isCanonical() {
        return canonical().equals("$");
    }
}
