package io.pgplex.metadata.store;

/** How a transaction ended. */
public sealed interface Outcome {

    /** All comparisons held and all changes were made at this revision. */
    record Committed(long revision) implements Outcome {}

    /** A comparison did not hold; nothing changed. */
    record Conflict() implements Outcome {}
}
