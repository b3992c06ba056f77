package io.pgplex.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.Transaction;
import io.pgplex.metadata.store.etcd.EtcdOptions;
import io.pgplex.metadata.store.etcd.EtcdStore;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalDate;
import java.util.Properties;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.logging.StreamHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bad input to a cluster that is well: one clear error, in time, no secret shown, and nothing left behind. */
@PgplexCluster(shards = 2, passwords = true)
class BadInputIT {

    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final String PASSWORD = "right-" + Refused.SECRET;

    private final PgplexDriver driver = new PgplexDriver(new SessionOpener(new ClusterRuntimes(Duration.ofMillis(50))));
    private final Logger pgjdbcLog = Logger.getLogger("org.postgresql");
    private final ByteArrayOutputStream log = new ByteArrayOutputStream();
    private final PrintStream console = System.err;
    private LocalCluster cluster;
    private Handler handler;
    private Footprint before;

    @BeforeAll
    static void createRole(LocalCluster cluster) throws SQLException {
        for (PostgresServer server : cluster.primaries()) {
            if (server.query("postgres", "SELECT 1 FROM pg_roles WHERE rolname = 'ada'") == null) {
                server.createRole("ada", PASSWORD);
            }
        }
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DISTRIBUTED TABLE orders (id bigint PRIMARY KEY, note text) BY HASH (id)");
        }
        cluster.reference().execute(cluster.database(), "CREATE TABLE orders (id bigint PRIMARY KEY, note text)");
    }

    @BeforeEach
    void listen(LocalCluster local) {
        cluster = local;
        before = Footprint.of(cluster.servers());
        PrintStream captured = new PrintStream(log, true, StandardCharsets.UTF_8);
        System.setErr(captured);
        handler = new StreamHandler(captured, new SimpleFormatter());
        handler.setLevel(Level.ALL);
        pgjdbcLog.addHandler(handler);
        pgjdbcLog.setLevel(Level.ALL);
    }

    @AfterEach
    void leavesNothing() throws InterruptedException {
        handler.flush();
        System.setErr(console);
        pgjdbcLog.removeHandler(handler);
        pgjdbcLog.setLevel(null);
        assertThat(log.toString(StandardCharsets.UTF_8)).doesNotContain(Refused.SECRET);
        before.awaitNothingNew(cluster.servers());
    }

    private String url(String database, String clusterName) {
        return "jdbc:pgplex://127.0.0.1:" + cluster.etcd().port() + "/" + database + "@" + clusterName
                + "?loginTimeout=4";
    }

    private String url() {
        return url(cluster.database(), cluster.cluster());
    }

    private Connection connect(String url, String user, String password) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        if (password != null) {
            properties.setProperty("password", password);
        }
        return driver.connect(url, properties);
    }

    private void refuses(String sqlState, String url, String user, String password, String... parts) {
        Refused.with(sqlState, LIMIT, () -> connect(url, user, password), parts);
    }

    @Test
    void aRightPasswordLetsIn() throws SQLException {
        try (Connection connection = connect(url(), "ada", PASSWORD);
                Statement statement = connection.createStatement()) {
            assertThat(statement.execute("SELECT 1")).isTrue();
            assertThat(connection.toString()).doesNotContain(Refused.SECRET);
            assertThat(connection.getMetaData().getURL()).doesNotContain(Refused.SECRET);
        }
    }

    @Test
    void wrongPasswordUserOrNone() {
        refuses("28P01", url(), "ada", "wrong-" + Refused.SECRET, "password authentication failed");
        refuses("28P01", url(), "nobody", "wrong-" + Refused.SECRET, "nobody");
        refuses("28P01", url() + "&password=wrong-" + Refused.SECRET, "ada", null, "ada");
        refuses("08004", url(), "ada", null, "password");
    }

    @Test
    void missingClusterOrDatabase() {
        refuses("3D000", url(cluster.database(), "nowhere"), "ada", PASSWORD, "cluster \"nowhere\" does not exist");
        refuses("3D000", url("other", cluster.cluster()), "ada", PASSWORD, "database \"other\" does not exist");
    }

    @ParameterizedTest
    @CsvSource({
        "&nonsense=1, nonsense",
        "&maximumPoolSiz=1, maximumPoolSize",
        "&maximumPoolSize=0, maximumPoolSize",
        "&connectionTimeout=100, connectionTimeout",
        "&etcdTimeoutMillis=0, etcdTimeoutMillis",
        "&loginTimeout=soon, loginTimeout",
        "&etcdUser=root, belong together",
        "&etcdPassword=xyzzy, belong together",
        "&etcdCaFile=/no/such/file.pem, etcdCaFile",
        "&etcdCertFile=/no/such/file.pem, etcdCertFile",
        "&autosave=always, autosave",
        "&crossShard=perhaps, crossShard"
    })
    void badParameters(String parameters, String part) {
        refuses("22023", url() + parameters, "ada", PASSWORD, part);
    }

    @ParameterizedTest
    @CsvSource({
        "jdbc:pgplex://etcd_1/shop, no valid host",
        "jdbc:pgplex://et%20cd/shop, no valid host",
        "jdbc:pgplex://[::zz]/shop, no valid host",
        "jdbc:pgplex://ada:xyzzy@etcd/shop, hold a user"
    })
    void badHosts(String wrong, String part) {
        refuses("22023", wrong, "ada", PASSWORD, part);
    }

    @Test
    void etcdThatIsNotThere() {
        refuses("08001", "jdbc:pgplex://127.0.0.1:1/app?loginTimeout=4", "ada", PASSWORD, "etcd");
        refuses(
                "08001",
                "jdbc:pgplex://127.0.0.1:" + cluster.primaries().get(0).port() + "/app?loginTimeout=4",
                "ada",
                PASSWORD,
                "etcd");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"{not json|XX001", "{\"format\":99}|XX001", "{}|XX001", "[]|XX001", "``|XX001"})
    void clusterThatCannotBeUnderstood(String value, String sqlState) throws MetadataException {
        String key = "/pgplex/broken/cluster";
        write(Transaction.builder().put(key, value).build());
        try {
            refuses(sqlState, url(cluster.database(), "broken"), "ada", PASSWORD, "/pgplex/broken/cluster");
        } finally {
            write(Transaction.builder().delete(key).build());
        }
    }

    private void write(Transaction change) throws MetadataException {
        URI endpoint = URI.create(cluster.etcd().endpoint());
        try (EtcdStore store = EtcdStore.open(EtcdOptions.of(Duration.ofSeconds(5), endpoint))) {
            assertThat(store.commit(change)).isInstanceOf(Outcome.Committed.class);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/*!pgplex sharrd=s1 */ SELECT 1|22023|sharrd",
                "/*!pgplex shard s1 */ SELECT 1|42601|malformed hint",
                "/*!pgplex */ SELECT 1|42601|malformed hint",
                "/*!pgplex cross_shard=perhaps */ SELECT 1|22023|cross_shard",
                "/*!pgplex shard=s99 */ SELECT 1|22023|s99",
                "CREATE DISTRIBUTED TABLE t (id int) BY HASH id|42601|Position: 47",
                "CREATE DISTRIBUTED TABLE t (id int) BY|42601|Position:",
                "CREATE DISTRIBUTED TABLE t (id int) BY HASH (nope)|42703|nope",
                "CREATE DISTRIBUTED TABLE t (id int) BY HASH (id) COLOCATE WITH nope|42P01|nope",
                "CREATE DISTRIBUTED TABLE t (id nope) BY HASH (id)|42704|nope",
                "CREATE REPLICATED TABLE t|42601|Position:",
                "JOIN CLUSTER 'host=h'|42601|Position: 14",
                "JOIN CLUSTER ON 'host=h' AS|42601|Position:",
                "JOIN CLUSTER ON 'hst=h'|22023|option",
                "JOIN CLUSTER ON 'host=h password=xyzzy'|22023|password",
                "JOIN CLUSTER ON 'postgresql://u:xyzzy@h/d'|22023|user",
                "JOIN CLUSTER ON 'host=127.0.0.1 port=1 dbname=d'|08001|127.0.0.1",
                "DISCOVER CLUSTER ON 'host=127.0.0.1 port=1 dbname=d'|08001|127.0.0.1",
                "LEAVE CLUSTER ON pg99|42704|pg99",
                "DROP DISTRIBUTED TABLE nope|42P01|nope"
            })
    void badHintsAndCommands(String sql, String sqlState, String part) throws SQLException {
        try (Connection connection = superuser();
                Statement statement = connection.createStatement()) {
            Refused.with(sqlState, LIMIT, () -> statement.execute(sql), part);
            assertThat(statement.execute("SELECT 1")).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SELECT * FROM orders WHERE id = 'abc'",
                "SELECT * FROM orders WHERE id = true",
                "SELECT * FROM orders WHERE id = DATE '2026-01-01'",
                "SELECT * FROM orders WHERE id IN (1, 'x')",
                "INSERT INTO orders VALUES ('abc')",
                "INSERT INTO orders VALUES (99999999999999999999)",
                "INSERT INTO orders VALUES (NULL)",
                "INSERT INTO orders VALUES (1, 'a', 'too many')",
                "UPDATE orders SET note = 'x' WHERE id = '1.5'",
                "DELETE FROM orders WHERE id = 'abc'"
            })
    void keysOfTheWrongTypeFailAsOnOneServer(String sql) throws SQLException {
        try (Connection connection = superuser();
                Connection reference = DriverManager.getConnection(cluster.referenceUrl())) {
            SQLException expected = failure(reference, sql, null);
            Refused.with(expected.getSQLState(), LIMIT, () -> execute(connection, sql, null));
        }
    }

    @Test
    void parametersOfTheWrongTypeFailAsOnOneServer() throws SQLException {
        try (Connection connection = superuser();
                Connection reference = DriverManager.getConnection(cluster.referenceUrl())) {
            for (String sql :
                    new String[] {"SELECT * FROM orders WHERE id = ?", "DELETE FROM orders WHERE id IN (1, ?)"}) {
                for (Object value : new Object[] {"abc", true, LocalDate.of(2026, 1, 1), new byte[] {1}}) {
                    SQLException expected = failure(reference, sql, value);
                    Refused.with(expected.getSQLState(), LIMIT, () -> execute(connection, sql, value));
                }
            }
        }
    }

    private static SQLException failure(Connection connection, String sql, Object value) {
        SQLException error = catchThrowableOfType(SQLException.class, () -> execute(connection, sql, value));
        assertThat((Throwable) error).as(sql).isNotNull();
        return error;
    }

    private static void execute(Connection connection, String sql, Object value) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            if (value != null) {
                statement.setObject(1, value);
            }
            statement.execute();
        }
    }

    private Connection superuser() throws SQLException {
        return connect(url(), "postgres", null);
    }

    @Test
    void manyConnectionsInARowLeaveNothing() throws SQLException {
        superuser().close();
        long start = System.nanoTime();
        for (int i = 0; i < 200; i++) {
            try (Connection connection = superuser();
                    Statement statement = connection.createStatement()) {
                statement.execute("SELECT 1");
            }
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        String open = cluster.primaries()
                .get(0)
                .query(
                        cluster.database(),
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = '" + cluster.database()
                                + "' AND application_name = 'PostgreSQL JDBC Driver' AND pid <> pg_backend_pid()");
        assertThat(Integer.parseInt(open)).isLessThanOrEqualTo(10);
    }
}
