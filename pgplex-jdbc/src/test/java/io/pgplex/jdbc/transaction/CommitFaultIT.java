package io.pgplex.jdbc.transaction;

import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.error.CommitFailure;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import io.pgplex.testkit.ProtocolWatch;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * Every message of a distributed commit, broken in every way, before the server hears it and before the client hears the
 * answer. Whatever happens: all or nothing, what the application was told is true, and nothing is left behind.
 */
@PgplexCluster(shards = 3, links = true, exclusive = true)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class CommitFaultIT {

    private static final int ANCHOR = 0;

    /** A message of the protocol, by a piece of text that only it has. */
    private enum Message {
        /** Of three participants or more, the last shard shares the barrier before the others do. */
        BARRIER("pg_advisory_xact_lock_shared"),
        PREPARE("PREPARE TRANSACTION"),
        RECORD("INSERT INTO pgplex.commit_record"),
        ANCHORS_COMMIT("COMMIT"),
        COMMIT_PREPARED("COMMIT PREPARED");

        private final String text;

        Message(String text) {
            this.text = text;
        }

        /** The first shard that it is sent to; it is sent to all others after that, too, unless it is the anchor's. */
        int first(int participants) {
            return switch (this) {
                case BARRIER -> participants > 2 ? participants - 1 : participants;
                case RECORD, ANCHORS_COMMIT -> ANCHOR;
                case PREPARE, COMMIT_PREPARED -> ANCHOR + 1;
            };
        }

        boolean isAnchors() {
            return this == RECORD || this == ANCHORS_COMMIT;
        }
    }

    private enum Moment {
        BEFORE_IT_ARRIVES,
        BEFORE_THE_ANSWER_ARRIVES
    }

    private enum Fault {
        THE_WIRE_IS_CUT,
        THE_BACKEND_IS_TERMINATED,
        THE_SERVER_IS_KILLED_AND_RESTARTED,
        THE_CLIENT_IS_KILLED
    }

    private enum Outcome {
        COMMITTED,
        ROLLED_BACK
    }

    /** One case; it is named after what it shows. */
    private record Case(int participants, Fault fault, Message message, int shard, Moment moment) {

        /** What becomes of the transaction, and what the application is told if it still lives. */
        Outcome outcome() {
            boolean answerArrives = fault == Fault.THE_BACKEND_IS_TERMINATED;
            boolean done = moment == Moment.BEFORE_THE_ANSWER_ARRIVES;
            return switch (message) {
                case BARRIER -> Outcome.ROLLED_BACK;
                case PREPARE -> done && answerArrives ? Outcome.COMMITTED : Outcome.ROLLED_BACK;
                case RECORD -> Outcome.ROLLED_BACK;
                case ANCHORS_COMMIT -> done ? Outcome.COMMITTED : Outcome.ROLLED_BACK;
                case COMMIT_PREPARED -> Outcome.COMMITTED;
            };
        }

        @Override
        public String toString() {
            return participants + " participants, " + message + " on shard " + (shard + 1) + ": " + fault + " " + moment
                    + ", and all is " + outcome();
        }
    }

    private static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            for (int participants = 2; participants <= 3; participants++) {
                for (Message message : Message.values()) {
                    int first = message.first(participants);
                    int last = message.isAnchors() ? ANCHOR : participants - 1;
                    for (int shard = first; shard <= last; shard++) {
                        cases.add(new Case(participants, fault, message, shard, Moment.BEFORE_IT_ARRIVES));
                        if (message != Message.RECORD) {
                            // the record and the anchor's COMMIT have one answer
                            cases.add(new Case(participants, fault, message, shard, Moment.BEFORE_THE_ANSWER_ARRIVES));
                        }
                    }
                }
            }
        }
        return cases;
    }

    private LocalCluster cluster;
    private ShardedTable table;
    private int value;

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        table = new ShardedTable(cluster);
    }

    @TestFactory
    Stream<DynamicTest> isAllOrNothingAndLeavesNothing() {
        return cases().stream()
                .map(broken ->
                        DynamicTest.dynamicTest(broken.toString(), () -> isAllOrNothingAndLeavesNothing(broken)));
    }

    private void isAllOrNothingAndLeavesNothing(Case broken) throws Exception {
        cluster.primaries().forEach(server -> server.link().protocol().clear());
        List<String> before = table.values("t");
        value++;
        Outcome told = broken.fault() == Fault.THE_CLIENT_IS_KILLED ? killClient(broken) : commit(broken);
        recover();

        List<String> expected = new ArrayList<>(before);
        if (broken.outcome() == Outcome.COMMITTED) {
            expected.replaceAll(old -> String.valueOf(value));
            expected.subList(broken.participants(), 3).clear();
            expected.addAll(before.subList(broken.participants(), 3));
        }
        assertThat(table.values("t")).as("the rows").isEqualTo(expected);
        assertThat(told).as("what the application was told").isEqualTo(broken.outcome());
        assertNothingIsLocked();
    }

    // ---- the transaction

    private List<String> updates(int participants) {
        List<String> updates = new ArrayList<>(List.of("SET LOCAL lock_timeout TO '10s'"));
        for (int shard = 0; shard < participants; shard++) {
            updates.add("UPDATE t SET v = " + value + " WHERE k = " + table.key(shard));
        }
        return updates;
    }

    private Outcome commit(Case broken) throws Exception {
        try (Connection connection = open(broken)) {
            CompletableFuture<Void> fault = set(broken, () -> happen(broken));
            Outcome told = commit(connection);
            fault.get(30, TimeUnit.SECONDS);
            return told;
        }
    }

    /** A connection with the updates made; the physical connections that earlier cases broke are found out one by one. */
    private Connection open(Case broken) throws Exception {
        List<Connection> opened = new ArrayList<>();
        await(() -> {
            Connection connection =
                    DriverManager.getConnection(cluster.jdbcUrl() + "&maximumPoolSize=3&connectionTimeout=5000");
            try {
                connection.setAutoCommit(false);
                for (String update : updates(broken.participants())) {
                    run(connection, update);
                }
                opened.add(connection);
                return true;
            } catch (SQLException e) {
                connection.close();
                return false;
            }
        });
        return opened.get(0);
    }

    private static Outcome commit(Connection connection) {
        try {
            connection.commit();
            return Outcome.COMMITTED;
        } catch (SQLException e) {
            assertThat((Throwable) e).hasFieldOrPropertyWithValue("SQLState", "40001");
            CommitFailure failure = CommitFailure.of(e);
            assertThat((Throwable) failure).isNotNull();
            assertThat((Throwable) e).hasMessageContaining(failure.gtxid());
            return Outcome.ROLLED_BACK;
        }
    }

    /** The dead are told nothing; what became of the transaction is what they would have been told. */
    private Outcome killClient(Case broken) throws Exception {
        Assumptions.assumeTrue(cluster.servers().hasEtcd(), "another process finds the cluster in etcd alone");
        String url = cluster.jdbcUrl() + "&maximumPoolSize=1";
        try (CommittingClient client = CommittingClient.start(url, updates(broken.participants()))) {
            CompletableFuture<Void> fault = set(broken, () -> {
                client.kill();
                // and what it has sent last is lost with it
                server(broken).link().cut();
            });
            client.commit();
            fault.get(30, TimeUnit.SECONDS);
        }
        return broken.outcome();
    }

    // ---- the fault

    private CompletableFuture<Void> set(Case broken, Runnable action) {
        ProtocolWatch watch = server(broken).link().protocol();
        return broken.moment() == Moment.BEFORE_IT_ARRIVES
                ? watch.before(broken.message().text, action)
                : watch.after(broken.message().text, action);
    }

    private PostgresServer server(Case broken) {
        return cluster.primaries().get(broken.shard());
    }

    private void happen(Case broken) {
        PostgresServer server = server(broken);
        switch (broken.fault()) {
            case THE_WIRE_IS_CUT -> server.link().cut();
            case THE_BACKEND_IS_TERMINATED ->
                server.execute(
                        cluster.database(),
                        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE " + OTHER_CLIENTS);
            case THE_SERVER_IS_KILLED_AND_RESTARTED -> {
                server.kill();
                server.link().cut();
                server.start();
            }
            case THE_CLIENT_IS_KILLED -> throw new IllegalArgumentException("not here");
        }
    }

    // ---- what is left

    private static final String OTHER_CLIENTS =
            "datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";

    /** Waits until everybody has ended what they were doing, and settles what is still prepared then. */
    private void recover() throws Exception {
        await(
                () -> table
                        .onServers("SELECT count(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL AND "
                                + OTHER_CLIENTS)
                        .stream()
                        .allMatch("0"::equals));
        await(() -> {
            if (table.prepared() == 0) {
                return true;
            }
            try (Connection connection = cluster.connect()) {
                run(connection, "RECOVER CLUSTER");
            } catch (SQLException e) {
                // a connection of the pool that the fault has broken
            }
            return table.prepared() == 0;
        });
    }

    private void assertNothingIsLocked() {
        assertThat(table.onServers("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
                .as("barriers")
                .containsOnly("0");
        for (int shard = 0; shard < 3; shard++) {
            cluster.primaries()
                    .get(shard)
                    .execute(
                            cluster.database(),
                            "SET lock_timeout TO '5s'",
                            "UPDATE t SET v = v WHERE k = " + table.key(shard));
        }
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(40).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
    }
}
