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
 * @param reads which nodes may answer, where the statement reads
 */
public record Hints(
        @Nullable String shard,
        @Nullable String key,
        boolean keyQuoted,
        @Nullable CrossShard crossShard,
        @Nullable Snapshot snapshot,
        Reads reads) {

    /** No hint at all. */
    public static final Hints NONE = new Hints(null, null, false, null, null, Reads.UNSAID);

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

    /** What an application means to do, and so which nodes may do it. */
    public enum Intent {
        /** Everything goes to the primaries. */
        READ_WRITE,
        /** Writes are refused, reads go to standbys. */
        READ_ONLY,
        /** What is known to read only goes to standbys, everything else to the primaries. */
        PREFER_REPLICA
    }

    /** How new the data are that a standby shows. */
    public enum Consistency {
        /** Nothing that the session has written or read before is missing. */
        SESSION,
        /** As old as the limit of the lag allows. */
        EVENTUAL
    }

    /**
     * Which nodes may answer. Immutable; null in each place for the session's own setting.
     *
     * @param maxLag how far behind a standby may be
     * @param zone the zone whose standbys are preferred
     * @param node the node that runs the statement, or null for whichever
     */
    public record Reads(
            @Nullable Intent intent,
            @Nullable MaxLag maxLag,
            @Nullable Consistency consistency,
            @Nullable String zone,
            @Nullable String node) {

        /** No such hint. */
        public static final Reads UNSAID = new Reads(null, null, null, null, null);
    }
}
