package io.pgplex.jdbc.consistency;

import io.pgplex.testkit.LocalCluster;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * A bank whose clients are processes of their own, while servers, connections and clients fail; used once. After each fault, every
 * client must be seen to transfer and to read again before the next fault comes. Needs a cluster with etcd and links.
 */
final class BankRun {

    private static final int ACCOUNTS = 60;
    private static final long BALANCE = 1000;
    private static final int CLIENTS = 2;
    private static final int THREADS = 3;
    /** What each client must have done after a fault. */
    private static final int COMMITS_BETWEEN = 50;

    private static final int SUMS_BETWEEN = 5;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final LocalCluster cluster;
    private final SplittableRandom random;
    private final Ledger ledger = new Ledger(ACCOUNTS, BALANCE);
    private final List<ClientProcess> clients = new ArrayList<>();
    private int lastClient;

    BankRun(LocalCluster cluster, long seed) {
        this.cluster = cluster;
        this.random = new SplittableRandom(seed);
    }

    /** Runs, with that many faults of each kind, and says what was wrong. */
    Ledger run(int faultsOfEachKind) throws SQLException, InterruptedException, java.io.IOException {
        createTables();
        Faults nemesis = new Faults(cluster, random.split());
        try {
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(startClient());
            }
            awaitProgress("the start");
            for (Runnable fault : faults(nemesis, faultsOfEachKind)) {
                fault.run();
            }
            for (ClientProcess client : clients) {
                if (!client.stop()) {
                    ledger.violate("client " + client.number() + " did not end well");
                }
            }
        } finally {
            clients.forEach(ClientProcess::close);
        }
        if (!nemesis.awaitQuiet(LIMIT)) {
            ledger.violate("not settled after " + LIMIT + ": " + nemesis.unsettled());
        }
        ledger.audit(transfers(), balances());
        return ledger;
    }

    private void createTables() throws SQLException {
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DISTRIBUTED TABLE accounts (id bigint PRIMARY KEY,"
                    + " balance bigint NOT NULL CHECK (balance >= 0)) BY HASH (id)");
            // without a primary key, so that a transfer could be there twice
            statement.execute("CREATE DISTRIBUTED TABLE transfers (id bigint NOT NULL, source bigint NOT NULL,"
                    + " target bigint NOT NULL, amount bigint NOT NULL) BY HASH (id)");
            StringBuilder rows = new StringBuilder("INSERT INTO accounts VALUES (1, " + BALANCE + ")");
            for (int account = 2; account <= ACCOUNTS; account++) {
                rows.append(", (").append(account).append(", ").append(BALANCE).append(")");
            }
            statement.execute(rows.toString());
        }
    }

    private ClientProcess startClient() {
        return ClientProcess.start(++lastClient, cluster.jdbcUrl(), ACCOUNTS, THREADS, random.nextLong(), ledger);
    }

    private List<Runnable> faults(Faults nemesis, int ofEachKind) {
        List<Runnable> faults = new ArrayList<>();
        for (int i = 0; i < ofEachKind; i++) {
            for (Faults.Fault fault : Faults.Fault.values()) {
                faults.add(() -> {
                    nemesis.inject(fault);
                    awaitProgress(fault.name());
                });
            }
            faults.add(() -> {
                replaceClient();
                awaitProgress("a client was killed");
            });
        }
        Collections.shuffle(faults, new Random(random.nextLong()));
        return faults;
    }

    private void replaceClient() {
        int victim = random.nextInt(CLIENTS);
        try {
            clients.get(victim).kill();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        clients.set(victim, startClient());
    }

    private void awaitProgress(String event) {
        Map<Integer, Integer> commits = new HashMap<>();
        Map<Integer, Integer> sums = new HashMap<>();
        for (ClientProcess client : clients) {
            commits.put(client.number(), ledger.commits(client.number()) + COMMITS_BETWEEN);
            sums.put(client.number(), ledger.sums(client.number()) + SUMS_BETWEEN);
        }
        boolean goesOn = Faults.await(LIMIT, () -> clients.stream()
                .map(ClientProcess::number)
                .allMatch(client ->
                        ledger.commits(client) >= commits.get(client) && ledger.sums(client) >= sums.get(client)));
        if (!goesOn) {
            ledger.violate("no progress of every client within " + LIMIT + " after " + event + ": " + ledger);
        }
        for (ClientProcess client : clients) {
            if (!client.isAlive()) {
                ledger.violate("client " + client.number() + " died after " + event);
            }
        }
    }

    private List<Ledger.Transfer> transfers() throws SQLException {
        List<Ledger.Transfer> transfers = new ArrayList<>();
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id, source, target, amount FROM transfers")) {
            while (rows.next()) {
                transfers.add(new Ledger.Transfer(rows.getLong(1), rows.getLong(2), rows.getLong(3), rows.getLong(4)));
            }
        }
        return transfers;
    }

    private Map<Long, Long> balances() throws SQLException {
        Map<Long, Long> balances = new HashMap<>();
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id, balance FROM accounts")) {
            while (rows.next()) {
                balances.put(rows.getLong(1), rows.getLong(2));
            }
        }
        return balances;
    }
}
