package io.pgplex.routing.scan;

/** What a single {@code ?} means; a doubled one is the operator character {@code ?} either way, as in pgjdbc. */
public enum QuestionMark {
    /** A JDBC parameter: text of a {@code PreparedStatement}. */
    PARAMETER,
    /** An operator character: text of a plain {@code Statement}, which has no parameters. */
    OPERATOR
}
