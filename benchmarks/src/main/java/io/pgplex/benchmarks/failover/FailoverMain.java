package io.pgplex.benchmarks.failover;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PostgresServer;
import io.pgplex.testkit.Servers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * Kills the primary of one shard with {@code kill -9} and measures how long it takes until a write there succeeds, for pgplex and
 * for drivers that an application could use on that shard's servers instead. All of them write while the same server is killed and
 * wait for the same promotion, which pgplex's arbiter makes: what differs is when each finds out. Another application writes
 * to the other shard through pgplex and must not see an error.
 *
 * <p>Arguments, optional: rounds.
 */
public final class FailoverMain {

    private static final int ROUNDS = 10;
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long AWS_TIMEOUT_MILLIS = 15_000;
    private static final long AWS_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final double GOAL_MILLIS = 3_000;
    private static final String SHARD = "s1";
    private static final String OTHER_SHARD = "s2";

    private FailoverMain() {}

    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : ROUNDS;
        if (rounds < 1) {
            throw new IllegalArgumentException("at least one round");
        }
        try (LocalCluster cluster =
                LocalCluster.builder().shards(2).standbys(2, true).start()) {
            Map<String, Long> keys = createTable(cluster);
            long key = Objects.requireNonNull(keys.get(SHARD));
            long otherKey = Objects.requireNonNull(keys.get(OTHER_SHARD));
            List<Contender> contenders = contenders(cluster, key);
            Contender elsewhere = new Contender("pgplex, other shard", cluster.jdbcUrl(), otherKey);
            List<Writer> writers = new ArrayList<>();
            contenders.forEach(contender -> writers.add(new Writer(contender)));
            Writer other = new Writer(elsewhere);
            try {
                System.out.printf(
                        "two shards, each with two synchronous standbys; %d times the primary of one is killed%n%n",
                        rounds);
                Map<Contender, double[]> millis = run(cluster, writers, other, rounds);
                report(writers, other, millis);
                awsWrapper(cluster, key);
            } finally {
                writers.forEach(Writer::close);
                other.close();
            }
        }
    }

    /** A key of each shard. */
    private static Map<String, Long> createTable(LocalCluster cluster) throws SQLException {
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DISTRIBUTED TABLE writes (k bigint NOT NULL, v int NOT NULL) BY HASH (k)");
            statement.execute("INSERT INTO writes SELECT i, 0 FROM generate_series(1::bigint, 64) AS i");
        }
        Map<String, Long> keys = new LinkedHashMap<>();
        for (Servers.Shard shard : cluster.servers().shards()) {
            String key = shard.primary().query(cluster.database(), "SELECT min(k) FROM writes");
            keys.put(shard.name(), Long.valueOf(String.valueOf(key)));
        }
        return keys;
    }

    private static List<Contender> contenders(LocalCluster cluster, long key) {
        String hosts = shard(cluster).stream()
                .map(server -> server.host() + ":" + server.port())
                .collect(Collectors.joining(","));
        String servers = "postgresql://" + hosts + "/" + cluster.database() + "?user=" + PostgresServer.SUPERUSER
                + "&targetServerType=primary&connectTimeout=1&socketTimeout=5";
        return List.of(
                new Contender("pgplex", cluster.jdbcUrl(), key),
                new Contender("pgjdbc, several hosts", "jdbc:" + servers, key),
                new Contender("pgjdbc, hostRecheckSeconds=0", "jdbc:" + servers + "&hostRecheckSeconds=0", key));
    }

    /**
     * One more kill, under a connection of the AWS wrapper with its failover plugin. On stock PostgreSQL its list of hosts is the URL's for
     * ever, and the first of them the writer: what it asks for the topology ({@code aurora_replica_status()}, {@code rds_tools})
     * exists on Amazon's servers only. So it waits for the server that was killed, and gives up.
     */
    private static void awsWrapper(LocalCluster cluster, long key) throws Exception {
        try (Connection management = DriverManager.getConnection(cluster.managementUrl())) {
            PostgresServer primary = cluster.server(show(management, "shards." + SHARD + ".leader"));
            List<PostgresServer> servers = new ArrayList<>(shard(cluster));
            servers.remove(primary);
            servers.add(0, primary);
            String hosts = servers.stream()
                    .map(server -> server.host() + ":" + server.port())
                    .collect(Collectors.joining(","));
            String url = "jdbc:aws-wrapper:postgresql://" + hosts + "/" + cluster.database() + "?user="
                    + PostgresServer.SUPERUSER + "&wrapperPlugins=failover2&failoverTimeoutMs=" + AWS_TIMEOUT_MILLIS;
            try (Writer writer = new Writer(new Contender("AWS wrapper, failover2", url, key))) {
                awaitAll(List.of(writer));
                primary.kill();
                Long written = writer.awaitWrite(System.nanoTime(), AWS_LIMIT_NANOS);
                SQLException error = writer.firstErrorSinceWrite();
                System.out.printf(
                        "%n%s: %s within %d s; the first error was %s%n",
                        writer.contender().name(),
                        written == null ? "no write" : "a write",
                        TimeUnit.NANOSECONDS.toSeconds(AWS_LIMIT_NANOS),
                        error == null ? "none" : error.getSQLState() + " " + error.getMessage());
            }
        }
    }

    private static List<PostgresServer> shard(LocalCluster cluster) {
        Servers.Shard shard = cluster.servers().shards().get(0);
        List<PostgresServer> servers = new ArrayList<>(List.of(shard.primary()));
        servers.addAll(shard.standbys());
        return servers;
    }

    private static Map<Contender, double[]> run(LocalCluster cluster, List<Writer> writers, Writer other, int rounds)
            throws Exception {
        Map<Contender, double[]> millis = new LinkedHashMap<>();
        writers.forEach(writer -> millis.put(writer.contender(), new double[rounds]));
        try (Connection management = DriverManager.getConnection(cluster.managementUrl())) {
            for (int round = 0; round < rounds; round++) {
                awaitAll(writers);
                awaitAll(List.of(other));
                awaitProtection(management);
                PostgresServer primary = cluster.server(show(management, "shards." + SHARD + ".leader"));
                long begin = System.nanoTime();
                primary.kill();
                long dead = System.nanoTime();
                StringBuilder line = new StringBuilder();
                for (Writer writer : writers) {
                    Long written = writer.awaitWrite(dead, LIMIT_NANOS);
                    double took = written == null ? Double.POSITIVE_INFINITY : (written - begin) / 1e6;
                    times(millis, writer)[round] = took;
                    line.append(
                            String.format("  %s %,.0f ms", writer.contender().name(), took));
                }
                System.out.printf("round %d, %s killed:%s%n", round + 1, primary.name(), line);
                rebuild(cluster, management, primary);
            }
        }
        return millis;
    }

    private static double[] times(Map<Contender, double[]> millis, Writer writer) {
        return Objects.requireNonNull(millis.get(writer.contender()));
    }

    /** Waits until everybody writes. */
    private static void awaitAll(List<Writer> all) throws InterruptedException {
        long now = System.nanoTime();
        for (Writer writer : all) {
            if (writer.awaitWrite(now, LIMIT_NANOS) == null) {
                throw new IllegalStateException(writer.contender().name() + " does not write: " + writer.errors());
            }
        }
    }

    /** Makes the killed server a standby again, as an operator would. */
    private static void rebuild(LocalCluster cluster, Connection management, PostgresServer killed)
            throws SQLException {
        killed.rejoin(cluster.server(show(management, "shards." + SHARD + ".leader")), true);
        awaitProtection(management);
    }

    /** Waits until the arbiter knows that commits are on one of both standbys, without which it would not promote any. */
    private static void awaitProtection(Connection management) throws SQLException {
        long begin = System.nanoTime();
        while (!String.valueOf(show(management, "shards." + SHARD + ".synchronous"))
                .matches("1 of [^,]+,[^,]+")) {
            if (System.nanoTime() - begin > LIMIT_NANOS) {
                throw new IllegalStateException("the standbys do not come back");
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private static String show(Connection management, String path) throws SQLException {
        try (Statement statement = management.createStatement();
                ResultSet row = statement.executeQuery("SHOW " + path)) {
            row.next();
            return row.getString(1);
        }
    }

    private static void report(List<Writer> writers, Writer other, Map<Contender, double[]> millis) {
        System.out.printf(
                "%n%-34s %10s %10s %10s  %s%n",
                "kill -9 to a write, milliseconds", "median", "least", "most", "connections and errors it took");
        for (Writer writer : writers) {
            double[] sorted = times(millis, writer).clone();
            Arrays.sort(sorted);
            System.out.printf(
                    "%-34s %,10.0f %,10.0f %,10.0f  %d, %s%n",
                    writer.contender().name(),
                    median(sorted),
                    sorted[0],
                    sorted[sorted.length - 1],
                    writer.connections(),
                    writer.errors());
        }
        double[] ours = times(millis, writers.get(0)).clone();
        Arrays.sort(ours);
        int errors =
                other.errors().values().stream().mapToInt(Integer::intValue).sum();
        System.out.printf(
                "%ngoal: pgplex below %,.0f ms: %,.0f ms, %s%n",
                GOAL_MILLIS, median(ours), median(ours) < GOAL_MILLIS ? "met" : "MISSED");
        System.out.printf(
                "goal: no error on the other shard: %d %s, %s%n",
                errors, other.errors(), errors == 0 ? "met" : "MISSED");
    }

    private static double median(double[] sorted) {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
