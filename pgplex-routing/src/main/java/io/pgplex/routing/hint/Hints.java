package io.pgplex.routing.hint;

import org.jspecify.annotations.Nullable;

/**
 * What the hints of one statement say. Immutable.
 *
 * @param shard the shard to run on, or null
 * @param key the distribution key to run at, as text, or null
 * @param keyQuoted whether the key was given in quotes
 * @param crossShard what to do when several shards are concerned, or null for the connection's own setting
 */
public record Hints(
        @Nullable String shard,
        @Nullable String key,
        boolean keyQuoted,
        @Nullable CrossShard crossShard) {

    /** No hint. */
    public static final Hints NONE = new Hints(null, null, false, null);

    /** What to do with a statement that several shards are concerned by. */
    public enum CrossShard {
        /** Run it. */
        ALLOW,
        /** Run it and say so in a warning. */
        WARN,
        /** Refuse it. */
        FORBID
    }
}
