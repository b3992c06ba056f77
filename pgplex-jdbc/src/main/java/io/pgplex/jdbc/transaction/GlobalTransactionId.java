package io.pgplex.jdbc.transaction;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Names distributed transactions, never the same twice: a random part for the JVM and a counter. Thread-safe.
 *
 * <p>A participant's prepared transaction is named {@code pgplex:<cluster>:<anchor>:<gtxid>:<shard>}, so that whoever finds
 * it knows where to ask for its outcome.
 */
public final class GlobalTransactionId {

    /** PostgreSQL's limit (GIDSIZE in xact.h, with the final zero). */
    static final int MAXIMUM_GID_BYTES = 199;

    private static final String CLIENT =
            UUID.randomUUID().toString().replace("-", "").substring(0, 20);
    private static final AtomicLong COUNTER = new AtomicLong();

    private GlobalTransactionId() {}

    public static String next() {
        return CLIENT + "-" + Long.toString(COUNTER.incrementAndGet(), 36);
    }

    /** This JVM's name, with which the names of all its transactions begin. */
    public static String client() {
        return CLIENT;
    }

    /** The client whose transaction it is: what stands before the counter. */
    static String clientOf(String gtxid) {
        return gtxid.substring(0, Math.max(0, gtxid.lastIndexOf('-')));
    }

    /** The name under which a shard prepares its part. */
    static String gid(String cluster, String anchor, String gtxid, String shard) {
        String gid = gidPrefix(cluster) + anchor + ":" + gtxid + ":" + shard;
        if (gid.getBytes(StandardCharsets.UTF_8).length > MAXIMUM_GID_BYTES) {
            throw new IllegalStateException("the names of cluster and shards are too long for a prepared transaction");
        }
        return gid;
    }

    /** What the names of everything that a cluster has prepared begin with. */
    static String gidPrefix(String cluster) {
        return "pgplex:" + cluster + ":";
    }
}
