package io.pgplex.jdbc.consistency;

import io.pgplex.jdbc.consistency.Attempts.End;
import io.pgplex.jdbc.consistency.ListTransaction.Isolation;
import io.pgplex.jdbc.consistency.Operation.Append;
import io.pgplex.jdbc.consistency.Operation.Read;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Threads that append to lists and read them in transactions over several shards, and the history of it. Used once.
 *
 * <p>A few lists are in use at a time, so that transactions meet; one that has become long gives way to a new one.
 */
final class ListAppendRun {

    private static final int THREADS = 8;
    private static final int LISTS_IN_USE = 12;
    private static final int LONGEST_LIST = 40;
    private static final int MOST_OPERATIONS = 4;
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private static final String APPEND = "INSERT INTO lists AS l (k, items) VALUES (?, ARRAY[?]::bigint[])"
            + " ON CONFLICT (k) DO UPDATE SET items = l.items || excluded.items";

    /** What came of it. */
    record Result(History history, List<Anomaly> anomalies, Map<String, Integer> ends, int faults) {

        long count(Isolation isolation) {
            return history.transactions().stream()
                    .filter(each -> each.committed() && each.isolation() == isolation)
                    .count();
        }

        Map<Anomaly.Kind, Integer> kinds() {
            Map<Anomaly.Kind, Integer> kinds = new TreeMap<>();
            anomalies.forEach(anomaly -> kinds.merge(anomaly.kind(), 1, Integer::sum));
            return kinds;
        }

        @Override
        public String toString() {
            return "list append: " + new TreeMap<>(ends) + ", " + count(Isolation.REPEATABLE_READ)
                    + " committed under REPEATABLE READ, " + faults + " faults, anomalies " + kinds();
        }
    }

    private final LocalCluster cluster;
    private final String url;
    private final SplittableRandom random;
    private final Faults nemesis;
    private final int transactions;
    private final AtomicInteger lastTransaction = new AtomicInteger();
    private final AtomicLong lastValue = new AtomicLong();
    private final List<ListTransaction> ended = new ArrayList<>();
    private final Map<String, Integer> ends = new ConcurrentHashMap<>();
    /** By list in use: its key, and how often it was appended to. */
    private final long[] keys = new long[LISTS_IN_USE];

    private final int[] lengths = new int[LISTS_IN_USE];
    private long lastKey;

    /** {@code parameters} are the URL's, each after an ampersand. */
    ListAppendRun(LocalCluster cluster, String parameters, long seed, int transactions) {
        this.cluster = cluster;
        this.url = cluster.jdbcUrl() + parameters;
        this.random = new SplittableRandom(seed);
        this.nemesis = new Faults(cluster, random.split());
        this.transactions = transactions;
        for (int i = 0; i < LISTS_IN_USE; i++) {
            keys[i] = ++lastKey;
        }
    }

    /** Runs all transactions, with the faults spread over them. */
    Result run(List<Faults.Fault> faults) throws Exception {
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE DISTRIBUTED TABLE lists (k bigint PRIMARY KEY, items bigint[] NOT NULL) BY HASH (k)");
        }
        ExecutorService executor = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                Client client = new Client(random.split());
                clients.add(executor.submit(client::run));
            }
            for (int i = 0; i < faults.size(); i++) {
                int due = transactions * (i + 1) / (faults.size() + 1);
                require(Faults.await(LIMIT, () -> lastTransaction.get() >= due), "transactions go on");
                nemesis.inject(faults.get(i));
            }
            require(Faults.await(LIMIT, () -> clients.stream().allMatch(Future::isDone)), "transactions end");
            for (Future<?> client : clients) {
                client.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            }
        } finally {
            executor.shutdownNow();
        }
        require(nemesis.awaitQuiet(LIMIT), "all is settled");
        History history = new History(ended, finalLists());
        Map<Long, Integer> shards = shards();
        List<Anomaly> anomalies = ListAppendChecker.check(history, key -> shards.getOrDefault(key, 0));
        return new Result(history, anomalies, ends, faults.size());
    }

    private void require(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError("not within " + LIMIT + ": " + what + "; after " + lastTransaction
                    + " transactions " + ends + " there is\n" + nemesis.unsettled());
        }
    }

    private Map<Long, List<Long>> finalLists() throws SQLException {
        Map<Long, List<Long>> lists = new HashMap<>();
        for (long key = 1; key <= lastKey; key++) {
            lists.put(key, List.of());
        }
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT k, items FROM lists")) {
            while (rows.next()) {
                lists.put(rows.getLong(1), items(rows));
            }
        }
        return lists;
    }

    private static List<Long> items(ResultSet rows) throws SQLException {
        return List.of((Long[]) rows.getArray(2).getArray());
    }

    /** Where the lists are, as the servers say. */
    private Map<Long, Integer> shards() throws SQLException {
        Map<Long, Integer> shards = new HashMap<>();
        List<PostgresServer> primaries = cluster.primaries();
        for (int shard = 0; shard < primaries.size(); shard++) {
            try (Connection connection = primaries.get(shard).connect(cluster.database());
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT k FROM lists")) {
                while (rows.next()) {
                    shards.put(rows.getLong(1), shard);
                }
            }
        }
        return shards;
    }

    private synchronized long anyKey(SplittableRandom dice) {
        return keys[dice.nextInt(LISTS_IN_USE)];
    }

    private synchronized long keyToAppendTo(SplittableRandom dice) {
        int list = dice.nextInt(LISTS_IN_USE);
        if (lengths[list]++ == LONGEST_LIST) {
            lengths[list] = 1;
            keys[list] = ++lastKey;
        }
        return keys[list];
    }

    private void end(ListTransaction transaction, String state) {
        synchronized (ended) {
            ended.add(transaction);
        }
        ends.merge((transaction.outcome() + " " + state).strip(), 1, Integer::sum);
    }

    /** One thread's transactions. */
    private final class Client {
        private final SplittableRandom dice;

        Client(SplittableRandom dice) {
            this.dice = dice;
        }

        void run() {
            try (Attempts attempts = new Attempts(url)) {
                for (int id = lastTransaction.incrementAndGet();
                        id <= transactions;
                        id = lastTransaction.incrementAndGet()) {
                    transaction(attempts, id);
                }
            }
        }

        private void transaction(Attempts attempts, int id) {
            boolean repeatable = dice.nextBoolean();
            List<Operation> operations = new ArrayList<>();
            End end = attempts.run(
                    repeatable ? Connection.TRANSACTION_REPEATABLE_READ : Connection.TRANSACTION_READ_COMMITTED,
                    connection -> {
                        for (int left = 1 + dice.nextInt(MOST_OPERATIONS); left > 0; left--) {
                            operation(connection, operations);
                        }
                        return true;
                    });
            Isolation isolation = repeatable ? Isolation.REPEATABLE_READ : Isolation.READ_COMMITTED;
            end(new ListTransaction(id, isolation, end.outcome(), operations), end.state());
        }

        private void operation(Connection connection, List<Operation> operations) throws SQLException {
            int choice = dice.nextInt(10);
            if (choice < 5) {
                append(connection, operations);
            } else if (choice < 8) {
                read(connection, operations, anyKey(dice));
            } else {
                readTwo(connection, operations, anyKey(dice), anyKey(dice));
            }
        }

        /** An append that fails is one that nobody may see, so that it is noted before. */
        private void append(Connection connection, List<Operation> operations) throws SQLException {
            Append append = new Append(keyToAppendTo(dice), lastValue.incrementAndGet());
            operations.add(append);
            try (PreparedStatement statement = connection.prepareStatement(APPEND)) {
                statement.setLong(1, append.key());
                statement.setLong(2, append.value());
                statement.executeUpdate();
            }
        }

        private void read(Connection connection, List<Operation> operations, long key) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement("SELECT k, items FROM lists WHERE k = ?")) {
                statement.setLong(1, key);
                read(statement, operations, List.of(key));
            }
        }

        private void readTwo(Connection connection, List<Operation> operations, long first, long second)
                throws SQLException {
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT k, items FROM lists WHERE k IN (?, ?)")) {
                statement.setLong(1, first);
                statement.setLong(2, second);
                read(statement, operations, first == second ? List.of(first) : List.of(first, second));
            }
        }

        private void read(PreparedStatement statement, List<Operation> operations, List<Long> wanted)
                throws SQLException {
            Map<Long, List<Long>> lists = new HashMap<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    lists.put(rows.getLong(1), items(rows));
                }
            }
            wanted.forEach(key -> operations.add(new Read(key, lists.getOrDefault(key, List.of()))));
        }
    }
}
