package io.pgplex.routing.plan;

/** The kind of a statement that touches rows. */
public enum StatementKind {
    SELECT,
    INSERT,
    UPDATE,
    DELETE,
    MERGE,
    CALL,
    OTHER
}
