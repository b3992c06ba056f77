package io.pgplex.metadata.cache;

import java.util.Objects;

/**
 * A node that is to join a cluster, before it has an oid. Immutable.
 *
 * @param name the node's name, unique in the cluster
 * @param host a host name or address
 * @param port a TCP port
 * @param database the database on that server
 */
public record NodeAddress(String name, String host, int port, String database) {
    public NodeAddress {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(database, "database");
    }
}
