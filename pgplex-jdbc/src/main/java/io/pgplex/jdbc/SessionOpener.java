package io.pgplex.jdbc;

import io.pgplex.jdbc.admin.AdminSession;
import io.pgplex.jdbc.connection.ConnectionFacts;
import io.pgplex.jdbc.connection.PgplexConnection;
import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.execute.Cluster;
import io.pgplex.jdbc.execute.ReadOptions;
import io.pgplex.jdbc.execute.Session;
import io.pgplex.jdbc.execute.SessionSettings;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.routing.hint.Hints.Consistency;
import io.pgplex.routing.hint.Hints.CrossShard;
import io.pgplex.routing.hint.Hints.Intent;
import io.pgplex.routing.hint.Hints.Snapshot;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/** Puts logical connections together. Thread-safe. */
final class SessionOpener implements ConnectionOpener {

    /** Savepoints that pgjdbc takes by itself would undo one shard's part of a statement and not the others'. */
    private static final String NO_AUTOSAVE = "never";

    private final ClusterRuntimes runtimes;

    SessionOpener(ClusterRuntimes runtimes) {
        this.runtimes = runtimes;
    }

    @Override
    public Connection open(PgplexUrl url, Properties properties) throws SQLException {
        Credentials credentials = credentials(properties);
        PoolSettings pool = poolSettings(properties);
        LoginDeadline deadline = LoginDeadline.in(PgplexProperty.LOGIN_TIMEOUT.duration(properties));
        if (url.database().equals(AdminSession.DATABASE)) {
            return openManagement(url, properties, credentials, deadline);
        }
        ClusterRuntimes.Use use = runtimes.use(ClusterKey.of(url, properties), deadline);
        boolean opened = false;
        try {
            List<String> searchPath = searchPath(url, properties, use.runtime(), credentials, pool, deadline);
            SessionSettings settings = new SessionSettings(
                    credentials,
                    pool,
                    searchPath,
                    url.database(),
                    crossShard(properties),
                    snapshot(properties),
                    PgplexProperty.SERIALIZABLE.choice(properties).equals("per-shard"),
                    PgplexProperty.DEFAULT_ROW_FETCH_SIZE.integer(properties),
                    PgplexProperty.MAX_INTERMEDIATE.number(properties),
                    PgplexProperty.ETCD_LOSS.choice(properties).equals("read-only"),
                    reads(properties),
                    use::end);
            Connection connection = new PgplexConnection(
                    new Session(use.runtime().cluster(), settings), facts(url, properties, credentials));
            use.runtime().cluster().topology().watchAs(credentials);
            if (PgplexProperty.ARBITER.isOn(properties)) {
                use.runtime().arbiters().stand(credentials, pool);
                use.runtime().failover().stand(credentials);
            }
            opened = true;
            return connection;
        } finally {
            if (!opened) {
                use.fail();
            }
        }
    }

    /** A connection to the management database: no server need be there, only the cluster. */
    private Connection openManagement(
            PgplexUrl url, Properties properties, Credentials credentials, LoginDeadline deadline) throws SQLException {
        ClusterRuntimes.Use use = runtimes.use(ClusterKey.of(url, properties), deadline);
        boolean opened = false;
        try {
            Cluster cluster = use.runtime().cluster();
            if (cluster.currentMap() == null) {
                throw cluster.missing();
            }
            AdminSession session = new AdminSession(
                    cluster,
                    use.runtime().failover()::status,
                    credentials,
                    PgplexProperty.LOGIN_TIMEOUT.duration(properties),
                    use::end);
            Connection connection = new PgplexConnection(session, facts(url, properties, credentials));
            cluster.topology().watchAs(credentials);
            opened = true;
            return connection;
        } finally {
            if (!opened) {
                use.fail();
            }
        }
    }

    /** Looks whether the cluster is there and lets these credentials in. */
    private static List<String> searchPath(
            PgplexUrl url,
            Properties properties,
            ClusterRuntime runtime,
            Credentials credentials,
            PoolSettings pool,
            LoginDeadline deadline)
            throws SQLException {
        if (runtime.cluster().currentMap() == null && PgplexProperty.CREATE_CLUSTER.isOn(properties)) {
            return List.of(credentials.user(), "public");
        }
        return runtime.searchPath(map(url, runtime), credentials, pool, deadline);
    }

    /** The map of the cluster that the URL names, where it has the URL's database. */
    static ClusterMap map(PgplexUrl url, ClusterRuntime runtime) throws SQLException {
        ClusterMap map = runtime.cluster().currentMap();
        if (map == null) {
            throw runtime.cluster().missing();
        }
        if (!map.properties().database().equals(url.database())) {
            throw PgplexErrors.error(
                    SqlState.INVALID_CATALOG_NAME,
                    "database \"" + url.database() + "\" does not exist in cluster \"" + url.cluster() + "\"",
                    "The cluster's database is \"" + map.properties().database() + "\".");
        }
        return map;
    }

    static Credentials credentials(Properties properties) throws SQLException {
        Map<String, String> others = new HashMap<>();
        for (String name : properties.stringPropertyNames()) {
            if (PgplexProperty.find(name) == null) {
                others.put(name, properties.getProperty(name));
            }
        }
        if (!others.getOrDefault(PGProperty.AUTOSAVE.getName(), NO_AUTOSAVE).equals(NO_AUTOSAVE)) {
            throw PgplexErrors.error(
                    SqlState.INVALID_PARAMETER,
                    "property \"autosave\" must be never",
                    "A savepoint of one server cannot undo what a statement did on the others; set savepoints yourself.");
        }
        // a login that hangs must end by itself
        int loginTimeout = PgplexProperty.LOGIN_TIMEOUT.integer(properties);
        others.putIfAbsent(PGProperty.LOGIN_TIMEOUT.getName(), Integer.toString(loginTimeout));
        others.putIfAbsent(PGProperty.CONNECT_TIMEOUT.getName(), Integer.toString(loginTimeout));
        String user = PgplexProperty.USER.text(properties);
        return new Credentials(
                user != null ? user : System.getProperty("user.name"),
                PgplexProperty.PASSWORD.text(properties),
                others);
    }

    private static CrossShard crossShard(Properties properties) throws SQLException {
        String choice = PgplexProperty.CROSS_SHARD.choice(properties);
        return CrossShard.valueOf(choice.toUpperCase(Locale.ROOT));
    }

    private static @Nullable Snapshot snapshot(Properties properties) throws SQLException {
        String choice = PgplexProperty.SNAPSHOT.choice(properties);
        return choice.equals("isolation") ? null : Snapshot.valueOf(choice.toUpperCase(Locale.ROOT));
    }

    private static ReadOptions reads(Properties properties) throws SQLException {
        String intent = PgplexProperty.INTENT.choice(properties).replace('-', '_');
        String consistency = PgplexProperty.CONSISTENCY.choice(properties);
        return new ReadOptions(
                Intent.valueOf(intent.toUpperCase(Locale.ROOT)),
                PgplexProperty.MAX_LAG.lag(properties),
                Consistency.valueOf(consistency.toUpperCase(Locale.ROOT)),
                PgplexProperty.ZONE.text(properties),
                null);
    }

    static PoolSettings poolSettings(Properties properties) throws SQLException {
        return new PoolSettings(
                PgplexProperty.MAXIMUM_POOL_SIZE.integer(properties),
                PgplexProperty.MINIMUM_IDLE.integer(properties),
                PgplexProperty.CONNECTION_TIMEOUT.number(properties),
                PgplexProperty.IDLE_TIMEOUT.number(properties),
                PgplexProperty.MAX_LIFETIME.number(properties));
    }

    private static ConnectionFacts facts(PgplexUrl url, Properties properties, Credentials credentials) {
        return new ConnectionFacts(
                url.toString(),
                credentials.user(),
                url.database(),
                properties,
                PgplexDriver.VERSION,
                PgplexDriver.MAJOR_VERSION,
                PgplexDriver.MINOR_VERSION);
    }
}
