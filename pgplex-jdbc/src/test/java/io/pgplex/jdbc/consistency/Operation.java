package io.pgplex.jdbc.consistency;

import java.util.List;

/** What a transaction did to one list. Immutable. */
sealed interface Operation {

    /** How many values of a read are printed. */
    int SHOWN = 5;

    long key();

    /** Put a value behind all others in the list; no other append to that key has the same value. */
    record Append(long key, long value) implements Operation {
        @Override
        public String toString() {
            return "append " + value + " to key " + key;
        }
    }

    /** Saw the whole list; an absent one is empty. */
    record Read(long key, List<Long> values) implements Operation {
        public Read {
            values = List.copyOf(values);
        }

        /** With the end of a long list only. */
        @Override
        public String toString() {
            int first = Math.max(0, values.size() - SHOWN);
            return "read key " + key + ": " + (first == 0 ? "" : first + " and ")
                    + values.subList(first, values.size());
        }
    }
}
