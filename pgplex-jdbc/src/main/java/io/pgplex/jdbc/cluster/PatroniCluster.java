package io.pgplex.jdbc.cluster;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.patroni.PatroniMember;
import io.pgplex.metadata.patroni.PatroniScope;
import io.pgplex.metadata.patroni.PatroniState;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Patroni cluster that JOIN was told of, as its keys describe it. Immutable.
 *
 * @param scope where its keys are
 * @param name the scope as JOIN was given it
 * @param leader where its leader is
 * @param members where all its running members are, the leader first
 */
record PatroniCluster(PatroniScope scope, String name, Conninfo leader, List<Conninfo> members) {

    PatroniCluster {
        members = List.copyOf(members);
    }

    /**
     * Reads the keys.
     *
     * @param name a scope, or with its namespace
     * @param database the database of each member that belongs to the shard
     * @throws SQLException 22023 when the name is none, 55000 when the keys name no leader, 0A000 where there can be none,
     *     08006 when the store does not answer
     */
    static PatroniCluster read(ClusterRegistry registry, String name, String database) throws SQLException {
        PatroniScope scope = scope(name);
        PatroniState.Reading reading = registry.patroni(scope);
        PatroniMember leader = reading.state().leader();
        if (leader == null) {
            throw Refusals.error(
                    "55000",
                    "Patroni's keys " + scope.prefix() + " name no leader",
                    reading.complaints().isEmpty() ? null : String.join("; ", reading.complaints()),
                    "Patroni must use the same etcd, by its version 3 API (etcd3). A scope outside the namespace"
                            + " /service is given whole, beginning with a slash.");
        }
        List<Conninfo> members = new ArrayList<>();
        members.add(conninfo(leader, database));
        reading.state().replicas().forEach(replica -> members.add(conninfo(replica, database)));
        return new PatroniCluster(scope, name, members.get(0), members);
    }

    private static PatroniScope scope(String name) throws SQLException {
        try {
            return PatroniScope.of(name);
        } catch (IllegalArgumentException e) {
            throw Refusals.error(
                    "22023",
                    "\"" + name + "\" is not a Patroni scope",
                    "Write Patroni's scope, as in PATRONI 'batman', or namespace and scope, as in PATRONI '/db/batman'.");
        }
    }

    private static Conninfo conninfo(PatroniMember member, String database) {
        return new Conninfo(member.host(), member.port(), database);
    }

    /** The shard that this Patroni cluster is already, or null. */
    @Nullable
    Shard shard(ClusterMap map) {
        for (Shard shard : map.shards()) {
            if (shard.patroni() != null && PatroniScope.of(shard.patroni()).equals(scope)) {
                return shard;
            }
        }
        return null;
    }
}
