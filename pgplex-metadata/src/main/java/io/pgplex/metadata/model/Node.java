package io.pgplex.metadata.model;

import java.util.Objects;

/**
 * One PostgreSQL server and database. Immutable.
 *
 * @param oid the node's number in {@code pg_cluster}, unique in the cluster and never used again
 * @param name the node's name, unique in the cluster
 * @param host a host name or address
 * @param port a TCP port, 1 to 65535
 * @param database the database on that server
 */
public record Node(long oid, String name, String host, int port, String database) {

    public Node {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(database, "database");
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port out of range: " + port);
        }
    }

    /** The node as libpq's conninfo, without a user or password. */
    public String conninfo() {
        return "host=" + host + " port=" + port + " dbname=" + database;
    }
}
