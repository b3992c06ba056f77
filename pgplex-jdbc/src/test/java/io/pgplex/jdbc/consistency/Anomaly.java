package io.pgplex.jdbc.consistency;

/**
 * Something in a history that the isolation levels forbid.
 *
 * @param text what happened, in words, with the transactions that took part
 */
record Anomaly(Kind kind, String text) {

    /**
     * The names are those of Adya, Weak Consistency (1999), where it has one, and else those of Kingsbury and Alvaro, Elle (2020).
     */
    enum Kind {
        /** A cycle of transactions that overwrote each other. */
        G0,
        /** A read of what a rolled back transaction had written. */
        G1A,
        /** A read of what a transaction had written before it wrote the same key again. */
        G1B,
        /** A cycle of transactions that overwrote or read each other's writes. */
        G1C,
        /** Two reads of one key of which neither is the beginning of the other. */
        INCOMPATIBLE_ORDER,
        /** A committed append that is not there at the end. */
        LOST_APPEND,
        /** An append that is there twice. */
        DUPLICATED_APPEND,
        /** A value that nobody appended to that key. */
        FOREIGN_VALUE,
        /** A read that contradicts what the same transaction has done or read before. */
        INTERNAL,
        /** A REPEATABLE READ transaction that saw one append of a transaction and not another one. */
        FRACTURED_READ,
        /** A REPEATABLE READ transaction that saw what came after something that it did not see. */
        G_SINGLE
    }

    @Override
    public String toString() {
        return kind + ": " + text;
    }
}
