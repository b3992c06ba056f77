package io.pgplex.jdbc.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A primary is changed on request, and nothing is lost. */
@Timeout(180)
class SwitchoverIT {

    private static Switchover switchover(FailoverBench bench) {
        return new Switchover(bench.store, bench.cluster.cluster(), FailoverBench.LOGIN);
    }

    private static String state(SQLException e) {
        return e.getSQLState();
    }

    @Test
    void losesNothingAndKeepsWhatIsPrepared() throws Exception {
        try (FailoverBench bench = new FailoverBench(2, true)) {
            bench.client();
            bench.awaitSafe("pg1", 1);
            long epoch = bench.shard().epoch();
            bench.tell(
                    "pg1", "CREATE TABLE t (id int)", "BEGIN", "INSERT INTO t VALUES (1)", "PREPARE TRANSACTION 'p'");
            // commits in the background of everything, until it is ended; its WAL is flushed late
            int[] committed = new int[1];
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
                try (Connection connection = bench.server("pg1").connect(bench.cluster.database());
                        Statement statement = connection.createStatement()) {
                    statement.execute("SET synchronous_commit TO off");
                    while (true) {
                        statement.execute("INSERT INTO t VALUES (2)");
                        committed[0]++;
                    }
                } catch (SQLException e) {
                    // expelled
                }
            });

            switchover(bench).to("s1", "pg1_r1");
            writer.get(10, TimeUnit.SECONDS);

            assertThat(bench.shard().primary()).isEqualTo("pg1_r1");
            assertThat(bench.shard().epoch()).isGreaterThan(epoch);
            assertThat(bench.attach("pg1_r1", bench.shard().epoch())).isEqualTo("ok");
            assertThat(bench.attach("pg1", bench.shard().epoch())).isEqualTo("fenced");
            assertThat(bench.ask("pg1", "SHOW transaction_read_only")).isEqualTo("on");
            assertThat(bench.ask("pg1_r1", "SHOW transaction_read_only")).isEqualTo("off");
            bench.tell("pg1_r1", "COMMIT PREPARED 'p'");
            assertThat(Integer.parseInt(
                            String.valueOf(bench.ask("pg1_r1", "SELECT pg_catalog.count(*) FROM t WHERE id = 2"))))
                    .isBetween(committed[0], committed[0] + 1);
            assertThat(bench.ask("pg1_r1", "SELECT pg_catalog.count(*) FROM t WHERE id = 1"))
                    .isEqualTo("1");
            // the other standby follows, so that the next failover is safe
            bench.awaitSafe("pg1_r1", 1);
            assertThat(bench.ask("pg1_r1", "SHOW synchronous_standby_names")).isEqualTo("ANY 1 (\"pg1_r2\")");
        }
    }

    @Test
    void letsAShortTransactionEndAndEndsALongOne() throws Exception {
        try (FailoverBench bench = new FailoverBench(1, true)) {
            bench.tell("pg1", "CREATE TABLE t (id int)");
            try (Connection brief = bench.server("pg1").connect(bench.cluster.database());
                    Connection lengthy = bench.server("pg1").connect(bench.cluster.database())) {
                brief.setAutoCommit(false);
                lengthy.setAutoCommit(false);
                try (Statement one = brief.createStatement();
                        Statement other = lengthy.createStatement()) {
                    one.execute("INSERT INTO t VALUES (1)");
                    other.execute("INSERT INTO t VALUES (2)");
                    CompletableFuture<Void> ending = CompletableFuture.runAsync(() -> {
                        try {
                            while (bench.shard().epoch() == 1) {
                                TimeUnit.MILLISECONDS.sleep(1);
                            }
                            brief.commit();
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    });

                    switchover(bench).to("s1", "pg1_r1");
                    ending.get(10, TimeUnit.SECONDS);

                    assertThatThrownBy(lengthy::commit)
                            .isInstanceOfSatisfying(SQLException.class, e -> assertThat(state(e))
                                    .isEqualTo("57P01"));
                }
            }

            assertThat(bench.ask("pg1_r1", "SELECT pg_catalog.string_agg(id::text, ' ') FROM t"))
                    .isEqualTo("1");
        }
    }

    @Test
    void isTakenBackWhenTheStandbyDoesNotCatchUp() throws Exception {
        try (FailoverBench bench = new FailoverBench(1, true)) {
            long epoch = bench.shard().epoch();
            bench.server("pg1_r1").execute("postgres", "SELECT pg_catalog.pg_wal_replay_pause()");
            bench.tell("pg1", "CREATE TABLE t (id int)");

            assertThatThrownBy(() -> switchover(bench).to("s1", "pg1_r1"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(state(e)).isEqualTo("55000"))
                    .hasMessageContaining("did not catch up");

            assertThat(bench.shard().primary()).isEqualTo("pg1");
            assertThat(bench.shard().epoch()).isEqualTo(epoch + 2);
            assertThat(bench.attach("pg1", epoch + 2)).isEqualTo("ok");
            bench.tell("pg1", "INSERT INTO t VALUES (1)");

            bench.server("pg1_r1").execute("postgres", "SELECT pg_catalog.pg_wal_replay_resume()");
            switchover(bench).to("s1", "pg1_r1");
            assertThat(bench.ask("pg1_r1", "SELECT id FROM t")).isEqualTo("1");
        }
    }

    @Test
    void isFinishedByAnArbiterWhenItsClientDiesAfterThePromotion() throws Exception {
        try (FailoverBench bench = new FailoverBench(1, true)) {
            long epoch = bench.shard().epoch();
            String shard = "('" + bench.cluster.cluster() + "', 's1'";
            bench.tell("pg1", "SELECT pgplex.fence" + shard + ", " + (epoch + 1) + ", false)");
            bench.server("pg1_r1").awaitReplay(bench.server("pg1"));
            bench.tell("pg1_r1", "SELECT pgplex.promote" + shard + ")");
            FailoverBench.await("it is a primary", () -> "f".equals(bench.ask("pg1_r1", "SELECT pg_is_in_recovery()")));

            bench.client();
            bench.awaitLeader("pg1_r1");

            assertThat(bench.attach("pg1_r1", bench.shard().epoch())).isEqualTo("ok");
        }
    }

    @Test
    void saysWhyItCannotBe() throws Exception {
        try (FailoverBench bench = new FailoverBench(1, false)) {
            Switchover switchover = switchover(bench);
            switchover.to("s1", "pg1");
            assertThat(bench.shard().epoch()).isEqualTo(1);

            assertThatThrownBy(() -> switchover.to("s9", "pg1"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(state(e)).isEqualTo("42704"));
            assertThatThrownBy(() -> switchover.to("s1", "pg9"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(state(e)).isEqualTo("42704"))
                    .hasMessageContaining("pg1_r1");

            bench.tell("pg1", "CREATE ROLE app LOGIN");
            bench.server("pg1_r1").awaitReplay(bench.server("pg1"));
            Switchover other =
                    new Switchover(bench.store, bench.cluster.cluster(), new Credentials("app", null, Map.of()));
            assertThatThrownBy(() -> other.to("s1", "pg1_r1"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(state(e)).isEqualTo("42501"));

            String key = new ClusterKeys(bench.cluster.cluster()).switchover("s1");
            bench.store.commit(Transaction.builder().put(key, "{}").build());
            assertThatThrownBy(() -> switchover.to("s1", "pg1_r1"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(state(e)).isEqualTo("55006"));
            bench.store.commit(Transaction.builder().delete(key).build());

            bench.server("pg1_r1")
                    .execute(
                            "postgres",
                            "ALTER SYSTEM SET primary_conninfo TO ''",
                            "SELECT pg_catalog.pg_reload_conf()");
            FailoverBench.await(
                    "nobody streams", () -> "0".equals(bench.ask("pg1", "SELECT count(*) FROM pg_stat_replication")));
            assertThatThrownBy(() -> switchover.to("s1", "pg1_r1"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(state(e)).isEqualTo("55000"))
                    .hasMessageContaining("does not stream");

            assertThat(bench.shard().epoch()).isEqualTo(1);
            assertThat(bench.attach("pg1", 1)).isEqualTo("ok");
        }
    }
}
