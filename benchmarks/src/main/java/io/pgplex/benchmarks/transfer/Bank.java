package io.pgplex.benchmarks.transfer;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.Login;
import io.pgplex.testkit.PostgresServer;
import io.pgplex.testkit.Servers;
import io.pgplex.testkit.Topology;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Two durable servers, and on each of them the same accounts twice: in pgplex's database and in one for everybody else. A
 * contender never waits for what another one left behind, and pgplex alone pays for what pgplex adds to a server.
 */
final class Bank implements AutoCloseable {

    static final String USER = PostgresServer.SUPERUSER;

    /** What makes a commit survive a loss of power; all but the first are PostgreSQL's defaults. */
    private static final List<String> DURABLE = List.of("fsync", "synchronous_commit", "full_page_writes");

    private static final String PLAIN_DATABASE = "plain";

    /** Accounts that transfers write, on each shard; with 8 threads one transfer in 140 or so meets another. */
    private static final int ACTIVE = 1000;

    /** As many as it takes for a shard to have that many active ones. */
    private static final int ACCOUNTS = 5 * ACTIVE;

    private static final long OPENING_BALANCE = 1000;
    private static final long TOTAL = ACCOUNTS * OPENING_BALANCE;

    private final Servers servers;
    private final LocalCluster cluster;
    private final long[] first;
    private final long[] second;

    private Bank(Servers servers, LocalCluster cluster) throws SQLException {
        this.servers = servers;
        this.cluster = cluster;
        createInPgplex();
        first = copyToPlain(0);
        second = copyToPlain(1);
    }

    /** Starts the servers and opens the accounts. */
    static Bank open() throws SQLException {
        Servers servers = Servers.start(Topology.ofShards(2));
        try {
            servers.primaries().forEach(Bank::makeDurable);
            return new Bank(servers, LocalCluster.of(servers, "default", "app", Login.SUPERUSER));
        } catch (SQLException | RuntimeException e) {
            servers.close();
            throw e;
        }
    }

    private static void makeDurable(PostgresServer server) {
        server.execute("postgres", "ALTER SYSTEM SET fsync = on");
        server.restart();
        for (String setting : DURABLE) {
            String value = server.query("postgres", "SHOW " + setting);
            if (!"on".equals(value)) {
                throw new IllegalStateException(server + " has " + setting + " = " + value);
            }
        }
    }

    private void createInPgplex() throws SQLException {
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DISTRIBUTED TABLE account (id bigint PRIMARY KEY, balance bigint NOT NULL)"
                    + " BY HASH (id)");
            connection.setAutoCommit(false);
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO account VALUES (?, ?)")) {
                for (int id = 0; id < ACCOUNTS; id++) {
                    insert.setLong(1, id);
                    insert.setLong(2, OPENING_BALANCE);
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            connection.commit();
        }
    }

    /**
     * Creates the accounts that pgplex keeps on a shard in its other database as well.
     *
     * @return those to use: on the shard that an id's parity names, so that the modulo by which others find it agrees
     */
    private long[] copyToPlain(int shard) throws SQLException {
        PostgresServer server = cluster.primaries().get(shard);
        server.createDatabase(PLAIN_DATABASE);
        server.execute(PLAIN_DATABASE, "CREATE TABLE account (id bigint PRIMARY KEY, balance bigint NOT NULL)");
        List<Long> ids = new ArrayList<>();
        try (Connection from = server.connect(cluster.database());
                Statement select = from.createStatement();
                ResultSet rows = select.executeQuery("SELECT id FROM account ORDER BY id");
                Connection to = server.connect(PLAIN_DATABASE);
                PreparedStatement insert =
                        to.prepareStatement("INSERT INTO account SELECT id, ? FROM unnest(?) AS id")) {
            while (rows.next()) {
                ids.add(rows.getLong(1));
            }
            insert.setLong(1, OPENING_BALANCE);
            insert.setArray(2, to.createArrayOf("bigint", ids.toArray()));
            insert.executeUpdate();
        }
        for (String database : List.of(cluster.database(), PLAIN_DATABASE)) {
            server.execute(database, "VACUUM ANALYZE account");
        }
        long[] active = ids.stream()
                .filter(id -> id % 2 == shard)
                .limit(ACTIVE)
                .mapToLong(Long::longValue)
                .toArray();
        if (active.length < ACTIVE) {
            throw new IllegalStateException(server + " has only " + active.length + " accounts to use");
        }
        return active;
    }

    String pgplexUrl() {
        return cluster.jdbcUrl();
    }

    /** A shard's database for pgjdbc, as {@link #USER}. */
    String plainUrl(int shard) {
        return cluster.primaries().get(shard).jdbcUrl(PLAIN_DATABASE);
    }

    Transfer randomTransfer(SplittableRandom random) {
        long amount = random.nextLong(1, 100);
        return new Transfer(
                first[random.nextInt(first.length)],
                second[random.nextInt(second.length)],
                random.nextBoolean() ? amount : -amount);
    }

    /** Writes out all that was changed so far, so that nobody pays for a predecessor's dirty pages. */
    void checkpoint() {
        cluster.primaries().forEach(server -> server.execute("postgres", "CHECKPOINT"));
    }

    /** Fails if money was lost or made, or a transaction is left undecided. */
    void audit() {
        for (String database : List.of(cluster.database(), PLAIN_DATABASE)) {
            long total = sum("SELECT sum(balance) FROM account", database);
            if (total != TOTAL) {
                throw new IllegalStateException(
                        "the balances in " + database + " add up to " + total + ", not " + TOTAL);
            }
        }
        long prepared = sum("SELECT count(*) FROM pg_prepared_xacts", "postgres");
        if (prepared != 0) {
            throw new IllegalStateException(prepared + " prepared transactions are left");
        }
    }

    private long sum(String query, String database) {
        long sum = 0;
        for (PostgresServer server : cluster.primaries()) {
            sum += Long.parseLong(String.valueOf(server.query(database, query)));
        }
        return sum;
    }

    /** Version and settings of the first server, for the head of the results. */
    String description() {
        PostgresServer server = cluster.primaries().get(0);
        return "PostgreSQL " + server.query("postgres", "SHOW server_version") + ", "
                + String.join(", ", DURABLE) + " on, wal_sync_method "
                + server.query("postgres", "SHOW wal_sync_method");
    }

    @Override
    public void close() {
        cluster.close();
        servers.close();
    }
}
