package io.pgplex.jdbc.topology;

import java.util.List;

/**
 * What a client knows of one shard. Immutable.
 *
 * @param name the shard's name
 * @param primary the name of the node that leads it, by pgplex's or Patroni's keys
 * @param standbys the names of its other nodes
 * @param epoch the shard's epoch, by the keys
 * @param timeline the highest timeline that its leader was ever seen on; a node on a lower one is no leader
 */
public record ShardState(String name, String primary, List<String> standbys, long epoch, int timeline) {
    public ShardState {
        standbys = List.copyOf(standbys);
    }
}
