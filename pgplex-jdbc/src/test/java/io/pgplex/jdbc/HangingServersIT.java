package io.pgplex.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.EtcdServer;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** etcd or a server that is gone, or does not answer: the login timeout holds, and nothing stays behind. */
@PgplexCluster(shards = 2, exclusive = true)
class HangingServersIT {

    /** The login timeout of 2 seconds, and what a busy machine may add. */
    private static final Duration LIMIT = Duration.ofMillis(3_500);

    private final ClusterRuntimes runtimes = new ClusterRuntimes(Duration.ofMillis(50));
    private final PgplexDriver driver = new PgplexDriver(new SessionOpener(runtimes));
    private LocalCluster cluster;
    private Footprint before;

    @BeforeEach
    void look(LocalCluster local) throws SQLException {
        cluster = local;
        before = Footprint.of(cluster.servers());
    }

    private Connection connect(int etcdPort) throws SQLException {
        return driver.connect(
                "jdbc:pgplex://127.0.0.1:" + etcdPort + "/" + cluster.database() + "@" + cluster.cluster()
                        + "?user=postgres&loginTimeout=2",
                new Properties());
    }

    private Connection connect() throws SQLException {
        return connect(cluster.etcd().port());
    }

    private static void select(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            assertThat(statement.execute("SELECT 1")).isTrue();
        }
    }

    @Test
    void etcdHangs() throws Exception {
        cluster.etcd().pause();
        try {
            Refused.with("08001", LIMIT, this::connect, "etcd");
            allAtOnceRefused();
        } finally {
            cluster.etcd().resume();
        }
        before.awaitNothingNew(cluster.servers());
        connect().close();
    }

    @Test
    void etcdHangsAfterTheFirstConnection() throws Exception {
        try (Connection first = connect()) {
            cluster.etcd().pause();
            try (Connection second = connect()) {
                select(second);
                select(first);
            } finally {
                cluster.etcd().resume();
            }
        }
        before.awaitNothingNew(cluster.servers());
    }

    @Test
    void homeNodeHangs() throws Exception {
        PostgresServer home = cluster.server("pg1");
        home.pause();
        try {
            Refused.with("08001", LIMIT, this::connect, "pg1");
            allAtOnceRefused();
            before.awaitNoNewThreads();
        } finally {
            home.resume();
        }
        before.awaitNothingNew(cluster.servers());
        connect().close();
    }

    private void allAtOnceRefused() throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(8);
        try {
            List<Future<SQLException>> errors = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                errors.add(callers.submit(() -> Refused.with("08001", LIMIT, this::connect)));
            }
            for (Future<SQLException> error : errors) {
                assertThat((Throwable) error.get()).isNotNull();
            }
        } finally {
            callers.shutdown();
        }
    }

    @Test
    void homeNodeIsStopped() throws Exception {
        PostgresServer home = cluster.server("pg1");
        home.stop();
        try {
            Refused.with("08001", LIMIT, this::connect, "refused");
        } finally {
            home.start();
        }
        before.awaitNothingNew(cluster.servers());
        connect().close();
    }

    @Test
    void equalNamesInTwoEtcdsAreTwoClusters() throws Exception {
        try (EtcdServer other = EtcdServer.launch()) {
            try (Connection here = connect()) {
                Refused.with("3D000", LIMIT, () -> connect(other.port()), "does not exist");
                select(here);
                assertThat(runtimes.size()).isLessThanOrEqualTo(2);
            }
        }
        before.awaitNothingNew(cluster.servers());
    }

    @Test
    void aRuntimeOutlivesItsLastConnectionByItsLinger() throws Exception {
        connect().close();
        before.awaitNothingNew(cluster.servers());
        assertThat(runtimes.size()).isZero();

        ClusterRuntimes lingering = new ClusterRuntimes(Duration.ofHours(1));
        PgplexDriver other = new PgplexDriver(new SessionOpener(lingering));
        String url = cluster.jdbcUrl() + "&loginTimeout=2";
        other.connect(url, new Properties()).close();
        assertThat(lingering.size()).isOne();
        Refused.with("3D000", LIMIT, () -> other.connect(url.replace("/" + cluster.database(), "/x"), null));
        before.awaitNothingNew(cluster.servers());
        assertThat(lingering.size()).isZero();
    }
}
