package io.pgplex.jdbc.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.arbiter.ClientLease;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.cache.ShardReplication;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.store.Transaction;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Primaries that are gone are replaced, when that loses nothing, and stay out when they come back. */
@Timeout(180)
class FailoverIT {

    private static final String RETIRED = "SELECT retired AND fenced FROM pgplex.membership";

    @Test
    void aKilledPrimaryIsReplacedAndStaysOutWhenItComesBack() throws Exception {
        try (FailoverBench bench = new FailoverBench(1, true)) {
            long epoch = bench.shard().epoch();
            bench.client();
            bench.awaitSafe("pg1", 1);
            bench.tell("pg1", "CREATE TABLE acknowledged AS SELECT 1 AS id");

            bench.server("pg1").kill();
            bench.awaitLeader("pg1_r1");

            assertThat(bench.shard().epoch()).isEqualTo(epoch + 1);
            assertThat(bench.attach("pg1_r1", epoch + 1)).isEqualTo("ok");
            assertThat(bench.attach("pg1_r1", epoch)).isEqualTo("later");
            assertThat(bench.ask("pg1_r1", "SELECT id FROM acknowledged")).isEqualTo("1");
            // nobody follows, and commits do not wait
            bench.tell("pg1_r1", "INSERT INTO acknowledged VALUES (2)");

            bench.server("pg1").start();
            assertThat(bench.attach("pg1", epoch)).isIn("unvouched", "later", "fenced");
            FailoverBench.await("the old primary is retired", () -> "t".equals(bench.ask("pg1", RETIRED)));
            FailoverBench.await(
                    "the old primary is read-only", () -> "on".equals(bench.ask("pg1", "SHOW transaction_read_only")));
            assertThat(bench.attach("pg1", epoch)).isEqualTo("later");
            assertThat(bench.attach("pg1", epoch + 1)).isEqualTo("fenced");
            assertThat(bench.shard().primary()).isEqualTo("pg1_r1");
        }
    }

    @Test
    void nobodyIsPromotedWithoutSynchronousReplicationUnlessLossesAreAllowed() throws Exception {
        try (FailoverBench bench = new FailoverBench(1, false)) {
            FailoverBench.Client client = bench.client();
            FailoverBench.await("the primary was looked at", () -> bench.replication() != null);

            bench.server("pg1").kill();
            FailoverBench.await("a refusal", () -> client.arbiter.status().containsKey("s1"));

            assertThat(client.arbiter.status().get("s1")).contains("did not wait for a standby");
            assertThat(bench.ask("pg1_r1", "SELECT pg_catalog.pg_is_in_recovery()"))
                    .isEqualTo("t");

            bench.set(ClusterMap.FAILOVER, "lossy");
            bench.awaitLeader("pg1_r1");
            FailoverBench.await("no refusal", () -> client.arbiter.status().isEmpty());
        }
    }

    @Test
    void bothStandbysAreNeededUnderAnyOneAndTheOtherFollowsThen() throws Exception {
        try (FailoverBench bench = new FailoverBench(2, true)) {
            FailoverBench.Client client = bench.client();
            bench.awaitSafe("pg1", 1);
            bench.server("pg1_r2").stop();
            bench.tell("pg1", "CREATE TABLE acknowledged AS SELECT 1 AS id");

            bench.server("pg1").kill();
            FailoverBench.await("a refusal", () -> client.arbiter.status().containsKey("s1"));
            assertThat(client.arbiter.status().get("s1")).contains("pg1_r2");
            bench.server("pg1_r2").start();
            bench.awaitLeader("pg1_r1");

            // commits wait for the one that is left, which so can be the next one
            assertThat(bench.ask("pg1_r1", "SHOW synchronous_standby_names")).isEqualTo("ANY 1 (\"pg1_r2\")");
            bench.tell("pg1_r1", "INSERT INTO acknowledged VALUES (2)");
            bench.awaitSafe("pg1_r1", 1);
            bench.server("pg1_r1").kill();
            bench.awaitLeader("pg1_r2");

            assertThat(bench.ask("pg1_r2", "SELECT pg_catalog.sum(id) FROM acknowledged"))
                    .isEqualTo("3");
        }
    }

    @Test
    void commitsGoOnWithoutAStandbyThatStaysAwayAndWaitAgainOnceItIsBack() throws Exception {
        try (FailoverBench bench = new FailoverBench(2, true)) {
            bench.client();
            bench.awaitSafe("pg1", 1);
            bench.server("pg1").kill();
            FailoverBench.await("a new primary", () -> !bench.shard().primary().equals("pg1"));
            String primary = bench.shard().primary();
            String other = primary.equals("pg1_r1") ? "pg1_r2" : "pg1_r1";
            bench.awaitSafe(primary, 1);

            bench.server(other).stop();
            bench.tell(primary, "CREATE TABLE afterwards ()");
            bench.awaitSafe(primary, 0);

            bench.server(other).start();
            bench.awaitSafe(primary, 1);
        }
    }

    @Test
    void theOthersMustAgreeThatThePrimaryIsGone() throws Exception {
        try (FailoverBench bench = new FailoverBench(1, true);
                BlindClients blind = new BlindClients(bench)) {
            bench.client();
            bench.awaitSafe("pg1", 1);
            String reports = new ClusterKeys(bench.cluster.cluster()).reports("s1");

            bench.server("pg1").kill();
            FailoverBench.await(
                    "a report", () -> !bench.store.read(reports).pairs().isEmpty());
            // the look at the reports, and some more
            TimeUnit.SECONDS.sleep(1);
            assertThat(bench.shard().primary()).isEqualTo("pg1");

            blind.close();
            bench.awaitLeader("pg1_r1");
            FailoverBench.await(
                    "no report", () -> bench.store.read(reports).pairs().isEmpty());
        }
    }

    @Test
    void nothingHappensWhileFailoverIsOff() throws Exception {
        try (FailoverBench bench = new FailoverBench(1, true)) {
            try (Connection connection = bench.cluster.connect();
                    Statement statement = connection.createStatement()) {
                assertThatThrownBy(() -> statement.execute("ALTER CLUSTER SET failover TO never"))
                        .hasMessageContaining("safe, lossy, off");
                statement.execute("ALTER CLUSTER SET failover TO off");
            }
            FailoverBench.Client client = bench.client();
            bench.awaitSafe("pg1", 1);

            bench.server("pg1").kill();
            FailoverBench.await("a refusal", () -> "failover is off"
                    .equals(client.arbiter.status().get("s1")));
            bench.server("pg1").start();
            FailoverBench.await("no refusal", () -> client.arbiter.status().isEmpty());

            assertThat(bench.shard().primary()).isEqualTo("pg1");
        }
    }

    @Test
    void anArbiterFinishesWhatOneThatDiedAfterThePromotionHasBegun() throws Exception {
        try (FailoverBench bench = new FailoverBench(1, true)) {
            FailoverBench.Client first = bench.client();
            bench.awaitSafe("pg1", 1);
            long epoch = bench.shard().epoch();
            first.close();
            bench.server("pg1").kill();
            bench.tell("pg1_r1", "SELECT pgplex.promote('" + bench.cluster.cluster() + "', 's1')");
            FailoverBench.await("it is a primary", () -> "f".equals(bench.ask("pg1_r1", "SELECT pg_is_in_recovery()")));

            bench.client();
            bench.awaitLeader("pg1_r1");

            assertThat(bench.attach("pg1_r1", epoch + 1)).isEqualTo("ok");
        }
    }

    @Test
    void anArbiterFinishesWhatOneThatDiedBeforeTheKeyHasBegun() throws Exception {
        try (FailoverBench bench = new FailoverBench(1, true)) {
            FailoverBench.Client first = bench.client();
            bench.awaitSafe("pg1", 1);
            long epoch = bench.shard().epoch();
            first.close();
            bench.server("pg1").kill();
            String shard = "('" + bench.cluster.cluster() + "', 's1'";
            bench.tell("pg1_r1", "SELECT pgplex.promote" + shard + ")");
            FailoverBench.await("it is a primary", () -> "f".equals(bench.ask("pg1_r1", "SELECT pg_is_in_recovery()")));
            bench.tell("pg1_r1", "SELECT pgplex.admit" + shard + ", " + (epoch + 1) + ")");

            bench.client();
            bench.awaitLeader("pg1_r1");

            assertThat(bench.shard().epoch()).isEqualTo(epoch + 1);
            assertThat(bench.attach("pg1_r1", epoch + 1)).isEqualTo("ok");
        }
    }

    @Test
    void anArbiterLeadsTheStandbysOfOneThatDiedAfterTheKey() throws Exception {
        try (FailoverBench bench = new FailoverBench(2, true)) {
            FailoverBench.Client first = bench.client();
            bench.awaitSafe("pg1", 1);
            long epoch = bench.shard().epoch();
            first.close();
            bench.server("pg1").kill();
            String shard = "('" + bench.cluster.cluster() + "', 's1'";
            bench.tell("pg1_r1", "SELECT pgplex.promote" + shard + ")");
            FailoverBench.await("it is a primary", () -> "f".equals(bench.ask("pg1_r1", "SELECT pg_is_in_recovery()")));
            bench.tell("pg1_r1", "SELECT pgplex.admit" + shard + ", " + (epoch + 1) + ")");
            bench.store.commit(ClusterMapChanges.read(bench.store, bench.cluster.cluster())
                    .changeLeader("s1", "pg1_r1")
                    .toTransaction());
            bench.store.commit(Transaction.builder()
                    .put(
                            new ClusterKeys(bench.cluster.cluster()).replication("s1"),
                            ShardReplication.none("pg1_r1", 1, true).encode())
                    .build());

            bench.client();
            bench.awaitSafe("pg1_r1", 1);

            assertThat(bench.ask("pg1_r1", "SELECT application_name FROM pg_stat_replication"))
                    .isEqualTo("pg1_r2");
        }
    }

    @Test
    void aPrimaryThatWasFencedForNothingTakesClientsAgain() throws Exception {
        try (FailoverBench bench = new FailoverBench(1, true)) {
            long epoch = bench.shard().epoch();
            bench.tell(
                    "pg1", "SELECT pgplex.fence('" + bench.cluster.cluster() + "', 's1', " + (epoch + 1) + ", false)");
            assertThat(bench.attach("pg1", epoch)).isEqualTo("later");

            bench.client();
            FailoverBench.await("another epoch", () -> bench.shard().epoch() > epoch);

            assertThat(bench.shard().primary()).isEqualTo("pg1");
            assertThat(bench.attach("pg1", bench.shard().epoch())).isEqualTo("ok");
        }
    }

    @Test
    void aStandbyThatSomebodyElsePromotesIsNotFollowed() throws Exception {
        try (FailoverBench bench = new FailoverBench(1, false)) {
            bench.client();
            bench.server("pg1_r1").promote();

            FailoverBench.await("it is retired", () -> "t".equals(bench.ask("pg1_r1", RETIRED)));

            assertThat(bench.shard().primary()).isEqualTo("pg1");
        }
    }

    /** More clients than all others together, that live and say nothing. */
    private static final class BlindClients implements AutoCloseable {
        private final List<ClientLease> leases = new ArrayList<>();

        BlindClients(FailoverBench bench) {
            for (int i = 0; i < 4; i++) {
                leases.add(new ClientLease(bench.store, bench.cluster.cluster()));
            }
        }

        @Override
        public void close() {
            leases.forEach(ClientLease::close);
        }
    }
}
