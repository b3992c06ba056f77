package io.pgplex.jdbc;

import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.metadata.model.ClusterMap;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process that does nothing but settle what crashed clients leave behind, for clusters whose applications come and go:
 *
 * <pre>
 * PGUSER=postgres PGPASSWORD=... java -cp ... io.pgplex.jdbc.ArbiterMain 'jdbc:pgplex://etcd1:2379/shop@demo'
 * </pre>
 *
 * <p>It settles what its role may settle: as a superuser everything, else what that role, and roles that it may become, have
 * prepared. User and password are the URL's, else those of the environment's {@code PGUSER} and {@code PGPASSWORD}, and the
 * password may be in pgjdbc's password file. It logs through SLF4J, waits for a cluster that cannot be reached, and ends with
 * SIGTERM; with status 1 when there is no such cluster or a property is wrong, with 2 when it is called in another way.
 */
public final class ArbiterMain {

    private static final Logger LOG = LoggerFactory.getLogger(ArbiterMain.class);

    /** From one attempt to reach the cluster to the next. */
    private static final Duration AGAIN = Duration.ofSeconds(2);

    private ArbiterMain() {}

    public static void main(String[] arguments) throws InterruptedException {
        if (arguments.length != 1 || !PgplexUrl.accepts(arguments[0])) {
            LOG.error("call it with one argument, the URL of the cluster: jdbc:pgplex://etcd1:2379/database@cluster");
            System.exit(2);
        }
        try {
            ClusterRuntime runtime = openWhenReachable(arguments[0]);
            Runtime.getRuntime().addShutdownHook(new Thread(runtime::close, "pgplex-arbiter-shutdown"));
        } catch (SQLException e) {
            LOG.error("{}", e.getMessage(), e);
            System.exit(1);
        }
        // the threads that do the work are daemons
        new CountDownLatch(1).await();
    }

    private static ClusterRuntime openWhenReachable(String url) throws SQLException, InterruptedException {
        while (true) {
            try {
                return open(url, System.getenv());
            } catch (SQLException e) {
                if (!SqlState.NO_ELIGIBLE_NODE.code().equals(e.getSQLState())) {
                    throw e;
                }
                LOG.warn("the cluster cannot be reached yet: {}", e.getMessage());
                TimeUnit.NANOSECONDS.sleep(AGAIN.toNanos());
            }
        }
    }

    private static ClusterRuntime open(String text, Map<String, String> environment) throws SQLException {
        PgplexUrl url = PgplexUrl.parse(text);
        Properties given = new Properties();
        put(given, PgplexProperty.USER, environment.get("PGUSER"));
        put(given, PgplexProperty.PASSWORD, environment.get("PGPASSWORD"));
        Properties properties = url.over(given);
        ClusterRuntime runtime = ClusterRuntime.open(ClusterKey.of(url, properties));
        boolean opened = false;
        try {
            ClusterMap ignored = SessionOpener.map(url, runtime);
            Credentials credentials = SessionOpener.credentials(properties);
            runtime.cluster().topology().watchAs(credentials);
            runtime.arbiters().stand(credentials, SessionOpener.poolSettings(properties));
            runtime.failover().stand(credentials);
            LOG.info("an arbiter of {}", url);
            opened = true;
            return runtime;
        } finally {
            if (!opened) {
                runtime.close();
            }
        }
    }

    private static void put(Properties properties, PgplexProperty property, @Nullable String value) {
        if (value != null) {
            properties.setProperty(property.key(), value);
        }
    }
}
