package io.pgplex.routing.hint;

import org.jspecify.annotations.Nullable;

/**
 * What the hints of one statement say. Immutable.
 *
 * @param shard the shard to run on, or null
 * @param key the value of the distribution key to run at, as text, or null
 * @param keyQuoted whether {@code key} was written as a string, not as a bare word or number
 * @param crossShard what to do when more than one shard is concerned, or null for the session's own setting
 * @param snapshot how far the snapshot reaches that the statement or its transaction reads, or null for the session's own
 *     setting
 */
public record Hints(
        @Nullable String shard,
        @Nullable String key,
        boolean keyQuoted,
        @Nullable CrossShard crossShard,
        @Nullable Snapshot snapshot) {

    /** No hint at all. */
    public static final Hints NONE = new Hints(null, null, false, null, null);

    public Hints {
        if (keyQuoted && key == null) {
            throw new IllegalArgumentException("a quoted key without a key");
        }
    }

    /** What to do with a statement that more than one shard is concerned by. */
    public enum CrossShard {
        /** Run it. */
        ALLOW,
        /** Run it and add a warning. */
        WARN,
        /** Refuse it. */
        FORBID
    }

    /** How far a snapshot reaches. */
    public enum Snapshot {
        /** Each shard has its own. */
        SHARD,
        /** One of all shards: a distributed transaction is seen whole or not at all. */
        GLOBAL
    }
}
