package io.pgplex.jdbc.consistency;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.consistency.ListTransaction.Isolation;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lists on three shards, with and without faults, and what the checker says of the history; {@code make soak} goes on for longer. */
@PgplexCluster(shards = 3, etcd = false, links = true, exclusive = true)
@Timeout(300)
class ListAppendIT {

    private final LocalCluster cluster;

    ListAppendIT(LocalCluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void showsNoAnomaly() throws Exception {
        ListAppendRun.Result result = run("quiet", 1, 6000, List.of());
        assertThat(result.anomalies()).as(result.toString()).isEmpty();
        assertThat(result.count(Isolation.READ_COMMITTED)).isGreaterThan(1000);
        assertThat(result.count(Isolation.REPEATABLE_READ)).isGreaterThan(500);
    }

    @Test
    void showsNoAnomalyWhileServersFail() throws Exception {
        List<Faults.Fault> faults = List.of(
                Faults.Fault.CONNECTIONS_CUT,
                Faults.Fault.BACKENDS_TERMINATED,
                Faults.Fault.SERVER_KILLED,
                Faults.Fault.CONNECTIONS_CUT,
                Faults.Fault.BACKENDS_TERMINATED);
        ListAppendRun.Result result = run("faults", 2, 4000, faults);
        assertThat(result.anomalies()).as(result.toString()).isEmpty();
        assertThat(result.count(Isolation.READ_COMMITTED)).isGreaterThan(500);
        assertThat(result.count(Isolation.REPEATABLE_READ)).isGreaterThan(250);
    }

    private ListAppendRun.Result run(String database, long seed, int transactions, List<Faults.Fault> faults)
            throws Exception {
        try (LocalCluster fresh = cluster.fresh(database)) {
            ListAppendRun.Result result = new ListAppendRun(fresh, seed, transactions).run(faults);
            System.out.println(result);
            return result;
        }
    }
}
