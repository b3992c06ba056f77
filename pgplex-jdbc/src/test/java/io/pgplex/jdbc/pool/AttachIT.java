package io.pgplex.jdbc.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.metadata.model.Node;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which clients a primary takes. */
@PgplexCluster(shards = 1, standbys = 1, etcd = false, exclusive = true, parameters = "arbiter=false")
class AttachIT {

    private static final Credentials LOGIN = new Credentials(PostgresServer.SUPERUSER, null, Map.of());
    private static final PoolSettings POOL = new PoolSettings(2, 0, 10_000, 60_000, 600_000);

    private final LocalCluster cluster;
    private final AtomicInteger asked = new AtomicInteger();
    private volatile boolean vouches = true;
    private NodePool pool;
    private long epoch;

    AttachIT(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        this.pool = pool("pg1");
    }

    private NodePool pool(String node) throws SQLException {
        PostgresServer server = cluster.server(node);
        Node address = new Node(1, node, server.host(), server.port(), cluster.database());
        return new NodePool(address, LOGIN, POOL, (asker, as) -> {
            asked.incrementAndGet();
            return vouches;
        });
    }

    @BeforeEach
    void readEpoch() {
        epoch = Long.parseLong(query("SELECT epoch FROM pgplex.membership"));
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private String query(String sql) {
        return cluster.server("pg1").query(cluster.database(), sql);
    }

    private Attachment at(long wanted) {
        return new Attachment(cluster.cluster(), "s1", wanted);
    }

    private int attach(long wanted) throws SQLException {
        Lease lease = pool.lease(false, at(wanted));
        try (Statement statement = lease.backend().connection().createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_backend_pid()")) {
            row.next();
            return row.getInt(1);
        } finally {
            lease.release();
        }
    }

    @Test
    void takesClientsAtItsEpochWithoutAVoucher() throws SQLException {
        int pid = attach(epoch);

        assertThat(attach(epoch)).isEqualTo(pid);
        assertThat(asked).hasValue(0);
    }

    @Test
    void keepsTheAnswerWhenTheSessionIsReset() throws SQLException {
        Lease lease = pool.lease(false, at(epoch));
        lease.suspect();
        lease.release();
        // the answer would be another one now
        query("UPDATE pgplex.membership SET epoch = epoch + 1 RETURNING epoch");

        assertThat(attach(epoch)).isPositive();
    }

    @Test
    void refusesAnEarlierEpoch() {
        query("UPDATE pgplex.membership SET epoch = epoch + 1 RETURNING epoch");

        assertThatThrownBy(() -> attach(epoch))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55000"))
                .hasMessageContaining("is at epoch " + (epoch + 1));
        assertThat(asked).hasValue(0);
    }

    @Test
    void takesALaterEpochThatIsVouchedFor() throws SQLException {
        assertThat(attach(epoch + 1)).isPositive();

        assertThat(asked).hasValue(1);
        assertThat(query("SELECT epoch FROM pgplex.membership")).isEqualTo(Long.toString(epoch + 1));
    }

    @Test
    void refusesWhatNobodyVouchesFor() {
        vouches = false;

        assertThatThrownBy(() -> attach(epoch + 1))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55000"))
                .hasMessageContaining("cannot be confirmed");
        assertThat(query("SELECT epoch FROM pgplex.membership")).isEqualTo(Long.toString(epoch));
    }

    @Test
    void isVouchedForOnceAfterARestart() throws SQLException {
        attach(epoch);
        pool.close();
        cluster.server("pg1").restart();
        pool = pool("pg1");

        attach(epoch);
        pool.close();
        pool = pool("pg1");
        attach(epoch);

        assertThat(asked).hasValue(1);
    }

    @Test
    void isVouchedForByASessionThatOnlyReads() throws SQLException {
        Lease lease = pool.lease(false);
        try (Statement statement = lease.backend().connection().createStatement()) {
            statement.execute("SET default_transaction_read_only TO on");
            statement.execute("SET default_transaction_isolation TO 'serializable'");
        }
        lease.release();

        assertThat(attach(epoch + 1)).isPositive();
    }

    @Test
    void takesNobodyOnceFencedUntilItAdmitsAgain() throws SQLException {
        String shard = "'" + cluster.cluster() + "', 's1', ";
        assertThat(query("SELECT pgplex.fence(" + shard + epoch + ", false)")).isEqualTo("f");
        assertThat(query("SELECT pgplex.fence(" + shard + (epoch + 1) + ", true)"))
                .isEqualTo("t");

        assertThatThrownBy(() -> attach(epoch + 1))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
        assertThat(query("SHOW default_transaction_read_only")).isEqualTo("on");
        assertThat(asked).hasValue(0);

        cluster.server("pg1")
                .execute(
                        cluster.database(),
                        "SET default_transaction_read_only TO off",
                        "SELECT pgplex.admit(" + shard + (epoch + 1) + ")");
        assertThat(attach(epoch + 1)).isPositive();
        assertThat(query("SHOW default_transaction_read_only")).isEqualTo("off");
    }

    @Test
    void expelsOthers() throws SQLException {
        int pid = attach(epoch);
        query("SELECT pgplex.expel(clock_timestamp(), false)");

        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        String left = "SELECT count(*) FROM pg_stat_activity WHERE pid = " + pid;
        while (!"0".equals(query(left)) && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(query(left)).isEqualTo("0");
    }

    @Test
    void aStandbyTakesNoWrites() throws SQLException {
        try (NodePool standby = pool("pg1_r1")) {
            assertThatThrownBy(() -> standby.lease(false, at(epoch)))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
            assertThatThrownBy(() -> standby.lease(false, at(0)))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
        }
    }

    @Test
    void aServerWithoutTheFunctionTakesWhoComes() throws SQLException {
        cluster.server("pg1").execute(cluster.database(), "ALTER FUNCTION pgplex.attach RENAME TO attach_away");
        try {
            assertThat(attach(epoch + 7)).isPositive();
        } finally {
            cluster.server("pg1").execute(cluster.database(), "ALTER FUNCTION pgplex.attach_away RENAME TO attach");
        }
    }

    @Test
    void everybodyMayAttachAndVouchButNotFence() {
        String may = "SELECT pg_catalog.string_agg(p.proname::text, ' ' ORDER BY p.proname) FROM pg_catalog.pg_proc p"
                + " WHERE p.pronamespace = 'pgplex'::pg_catalog.regnamespace AND p.proname IN"
                + " ('attach', 'vouch', 'fence', 'expel', 'admit', 'promote', 'promoted_at', 'standby_name')"
                + " AND pg_catalog.has_function_privilege('pg_monitor', p.oid, 'EXECUTE')";

        assertThat(query(may)).isEqualTo("attach vouch");
    }
}
