package io.pgplex.metadata.model;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One PostgreSQL server and database. Immutable.
 *
 * @param oid the node's number in {@code pg_cluster}, unique in the cluster and never used again
 * @param name the node's name, unique in the cluster
 * @param host a host name or address
 * @param port a TCP port, 1 to 65535
 * @param database the database on that server
 * @param zone where it stands, for clients that prefer what is near, or null
 * @param weight its share of the reads among nodes that are otherwise alike; 0 for none
 */
public record Node(
        long oid,
        String name,
        String host,
        int port,
        String database,
        @Nullable String zone,
        int weight) {

    /** The weight of a node that was given none. */
    public static final int DEFAULT_WEIGHT = 1;

    /** The most that a node may weigh. */
    public static final int HIGHEST_WEIGHT = 1_000;

    public Node {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(database, "database");
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port out of range: " + port);
        }
        if (weight < 0 || weight > HIGHEST_WEIGHT) {
            throw new IllegalArgumentException("weight must be 0 to " + HIGHEST_WEIGHT + ": " + weight);
        }
    }

    /** A node of which nothing but its address is known. */
    public Node(long oid, String name, String host, int port, String database) {
        this(oid, name, host, port, database, null, DEFAULT_WEIGHT);
    }

    /** The node as libpq's conninfo, without a user or password. */
    public String conninfo() {
        return "host=" + host + " port=" + port + " dbname=" + database;
    }
}
