package io.pgplex.jdbc.random;

/** The collations of the columns; all are deterministic, so that equal text is the same text. */
enum Collation {
    /** The database's. */
    DEFAULT(""),
    C("\"C\""),
    ROOT("\"und-x-icu\""),
    ENGLISH("\"en-x-icu\"");

    final String sql;

    Collation(String sql) {
        this.sql = sql;
    }
}
