package io.pgplex.metadata.store;

import java.util.Objects;

/** A condition of a transaction. */
public sealed interface Compare {

    /** The key it looks at. */
    String key();

    /** The key was last written at that revision, or does not exist where it is 0. */
    record Revision(String key, long modRevision) implements Compare {
        public Revision {
            Objects.requireNonNull(key, "key");
        }
    }

    /** The key exists and has that value. */
    record Value(String key, String value) implements Compare {
        public Value {
            Objects.requireNonNull(key, "key");
            Objects.requireNonNull(value, "value");
        }
    }
}
