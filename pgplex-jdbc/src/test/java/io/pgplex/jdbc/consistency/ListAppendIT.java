package io.pgplex.jdbc.consistency;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.consistency.ListTransaction.Isolation;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lists on three shards, with and without faults, and what the checker says of the history; {@code make soak} goes on for longer. */
@PgplexCluster(shards = 3, etcd = false, links = true, exclusive = true)
@Timeout(300)
class ListAppendIT {

    private static final int MOST_ROUNDS = 8;

    private final LocalCluster cluster;

    ListAppendIT(LocalCluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void showsNoAnomaly() throws Exception {
        try (LocalCluster fresh = cluster.fresh("quiet")) {
            ListAppendRun.Result result = run(fresh, "", 1, 4000, List.of());
            assertThat(result.anomalies()).as(result.toString()).isEmpty();
            assertThat(result.count(Isolation.READ_COMMITTED)).isGreaterThan(800);
            assertThat(result.count(Isolation.REPEATABLE_READ)).isGreaterThan(400);
        }
    }

    @Test
    void showsNoAnomalyWhileServersFail() throws Exception {
        List<Faults.Fault> faults = List.of(
                Faults.Fault.CONNECTIONS_CUT,
                Faults.Fault.BACKENDS_TERMINATED,
                Faults.Fault.SERVER_KILLED,
                Faults.Fault.CONNECTIONS_CUT,
                Faults.Fault.BACKENDS_TERMINATED);
        try (LocalCluster fresh = cluster.fresh("faults")) {
            ListAppendRun.Result result = run(fresh, "", 2, 3000, faults);
            assertThat(result.anomalies()).as(result.toString()).isEmpty();
            assertThat(result.count(Isolation.READ_COMMITTED)).isGreaterThan(500);
            assertThat(result.count(Isolation.REPEATABLE_READ)).isGreaterThan(250);
        }
    }

    @Test
    void strictSnapshotsAreThoseOfOneServer() throws Exception {
        try (LocalCluster fresh = cluster.fresh("strict")) {
            try (Connection connection = fresh.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("ALTER CLUSTER SET snapshot TO strict");
            }
            ListAppendRun.Result result = run(fresh, "", 3, 2000, List.of());
            assertThat(ListAppendChecker.check(result.history()))
                    .as(result.toString())
                    .isEmpty();
            assertThat(result.count(Isolation.REPEATABLE_READ)).isGreaterThan(200);
        }
    }

    /** The proof that the tests above can fail. */
    @Test
    void tornSnapshotsAreFoundWhereEachShardHasItsOwn() throws Exception {
        Set<Anomaly.Kind> found = Set.of();
        for (int round = 1; round <= MOST_ROUNDS && !found.contains(Anomaly.Kind.FRACTURED_READ); round++) {
            try (LocalCluster fresh = cluster.fresh("torn" + round)) {
                found = run(fresh, "&snapshot=shard", round, 1500, List.of())
                        .kinds()
                        .keySet();
            }
            assertThat(found).isSubsetOf(Anomaly.Kind.FRACTURED_READ, Anomaly.Kind.G_SINGLE);
        }
        assertThat(found).contains(Anomaly.Kind.FRACTURED_READ);
    }

    private static ListAppendRun.Result run(
            LocalCluster database, String parameters, long seed, int transactions, List<Faults.Fault> faults)
            throws Exception {
        ListAppendRun.Result result = new ListAppendRun(database, parameters, seed, transactions).run(faults);
        System.out.println(result);
        return result;
    }
}
