package io.pgplex.jdbc.transaction;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.Exchange;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.ProtocolWatch;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** What a commit costs, counted between the driver and each server. */
@PgplexCluster(shards = 4, links = true, etcd = false, exclusive = true, parameters = "arbiter=false")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class CommitRoundTripsIT {

    private static final String BEGIN = "BEGIN";

    private LocalCluster cluster;
    private ShardedTable table;
    private Connection connection;

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        table = new ShardedTable(cluster);
    }

    @BeforeEach
    void connect() throws SQLException {
        table.reset();
        connection = DriverManager.getConnection(cluster.jdbcUrl());
        // whatever a new connection says once
        for (int shard = 0; shard < 4; shard++) {
            get(shard);
        }
        connection.setAutoCommit(false);
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        cluster.primaries().forEach(server -> server.link().protocol().clear());
    }

    private ProtocolWatch watch(int shard) {
        return cluster.primaries().get(shard).link().protocol();
    }

    private void record() {
        for (int shard = 0; shard < 4; shard++) {
            watch(shard).record();
        }
    }

    /** The round trips with one shard's server, each as the statements in it, cut to their first two words. */
    private List<List<String>> trips(int shard) {
        List<List<String>> trips = new ArrayList<>();
        for (Exchange exchange : watch(shard).recorded()) {
            List<String> trip = exchange.statements().stream()
                    .map(CommitRoundTripsIT::firstWords)
                    .toList();
            if (!trip.stream().allMatch(MONITORS::contains)) {
                trips.add(trip);
            }
        }
        return trips;
    }

    /** How the statements begin by which the client looks at its nodes now and then, on connections of their own. */
    private static final Set<String> MONITORS = Set.of("WITH s", "SELECT m.epoch,");

    private static String firstWords(String sql) {
        String[] words = sql.trim().split("[\\s(]+", 4);
        return words.length == 1 ? words[0] : words[0] + " " + words[1];
    }

    private void set(int shard) throws SQLException {
        table.set(connection, shard, 1);
    }

    private String get(int shard) throws SQLException {
        return ask(connection, "SELECT v FROM t WHERE k = " + table.key(shard));
    }

    private static final List<String> PREPARE =
            List.of("SELECT pg_catalog.pg_advisory_xact_lock_shared", "PREPARE TRANSACTION");
    private static final List<String> BARRIER = List.of("SELECT pg_catalog.pg_advisory_xact_lock_shared");
    private static final List<String> COMMIT_PREPARED = List.of("COMMIT PREPARED");
    private static final List<String> COMMIT = List.of("COMMIT");
    private static final List<String> MARK = List.of("SELECT pg_catalog.pg_current_xact_id_if_assigned");

    /** The first words of the decision; it also removes the records of transactions that are finished, when there are some. */
    private static List<String> decision(boolean removes) {
        List<String> decision = new ArrayList<>(List.of("SELECT pg_catalog.pg_advisory_xact_lock_shared"));
        if (removes) {
            decision.add(0, "DELETE FROM");
        }
        decision.addAll(List.of("INSERT INTO", "COMMIT"));
        return decision;
    }

    private boolean removes(int shard) {
        return watch(shard).recorded().stream()
                .flatMap(exchange -> exchange.statements().stream())
                .anyMatch(sql -> sql.trim().startsWith("DELETE FROM pgplex.commit_record"));
    }

    @Test
    void twoWrittenShardsCostOneRoundTripOnTheAnchorAndTwoOnTheOther() throws SQLException {
        set(1);
        set(3);
        record();
        connection.commit();
        assertThat(trips(1)).containsExactly(decision(removes(1)));
        assertThat(trips(3)).containsExactly(PREPARE, COMMIT_PREPARED);
        assertThat(trips(0)).isEmpty();
        assertThat(trips(2)).isEmpty();
    }

    @Test
    void fourWrittenShardsCostNoMoreOnEachButTheBarrierOnTheLast() throws SQLException {
        for (int shard = 0; shard < 4; shard++) {
            set(shard);
        }
        record();
        connection.commit();
        assertThat(trips(0)).containsExactly(decision(removes(0)));
        assertThat(trips(1)).containsExactly(PREPARE, COMMIT_PREPARED);
        assertThat(trips(2)).containsExactly(PREPARE, COMMIT_PREPARED);
        assertThat(trips(3)).containsExactly(BARRIER, PREPARE, COMMIT_PREPARED);
    }

    @Test
    void removingEarlierRecordsCostsNoRoundTrip() throws SQLException {
        boolean removed = false;
        for (int i = 0; i <= FinishedRecords.BATCH; i++) {
            set(0);
            set(1);
            record();
            connection.commit();
            assertThat(trips(0)).containsExactly(decision(removes(0)));
            removed |= removes(0);
        }
        assertThat(removed).isTrue();
        int left = Integer.parseInt(
                table.onServers("SELECT count(*) FROM pgplex.commit_record").get(0));
        assertThat(left).isBetween(1, FinishedRecords.BATCH);
    }

    @Test
    void aShardThatOnlyReadCostsOneCommitAndNoPrepare() throws SQLException {
        set(0);
        set(1);
        get(2);
        get(3);
        record();
        connection.commit();
        assertThat(trips(0)).containsExactly(decision(removes(0)));
        assertThat(trips(1)).containsExactly(PREPARE, COMMIT_PREPARED);
        assertThat(trips(2)).containsExactly(COMMIT);
        assertThat(trips(3)).containsExactly(COMMIT);
    }

    @Test
    void oneWrittenShardCostsAMarkAndAPlainCommitAndThoseThatReadOneEach() throws SQLException {
        get(0);
        set(1);
        get(2);
        record();
        connection.commit();
        assertThat(trips(0)).containsExactly(COMMIT);
        assertThat(trips(1)).containsExactly(MARK, COMMIT);
        assertThat(trips(2)).containsExactly(COMMIT);
    }

    @Test
    void aTransactionThatHasWrittenNothingCostsNoMark() throws SQLException {
        get(1);
        record();
        connection.commit();
        assertThat(trips(1)).containsExactly(COMMIT);
    }

    @Test
    void joiningAShardCostsNothingBesideTheFirstStatementThere() throws SQLException {
        record();
        set(0);
        get(1);
        set(2);
        assertThat(trips(0)).containsExactly(List.of(BEGIN, "UPDATE t"));
        assertThat(trips(1)).containsExactly(List.of(BEGIN, "SELECT v"));
        assertThat(trips(2)).containsExactly(List.of(BEGIN, "UPDATE t"));
        record();
        connection.rollback();
        for (int shard = 0; shard < 3; shard++) {
            assertThat(trips(shard)).containsExactly(List.of("ROLLBACK"));
        }
    }

    @Test
    void aStatementOnOneShardOutsideATransactionCostsOneRoundTrip() throws SQLException {
        connection.setAutoCommit(true);
        record();
        set(1);
        get(2);
        try (PreparedStatement update = connection.prepareStatement("UPDATE t SET v = v + 1 WHERE k = ?")) {
            update.setLong(1, table.key(3));
            for (int i = 0; i < 10; i++) {
                update.executeUpdate();
            }
        }
        assertThat(trips(0)).isEmpty();
        assertThat(trips(1)).containsExactly(List.of("UPDATE t"));
        assertThat(trips(2)).containsExactly(List.of("SELECT v"));
        assertThat(trips(3)).hasSize(10).containsOnly(List.of("UPDATE t"));
    }

    @Test
    void aWriteOnAllShardsOutsideATransactionCostsItsRoundTripAndTheCommit() throws SQLException {
        connection.setAutoCommit(true);
        record();
        run(connection, "UPDATE t SET v = 1");
        assertThat(trips(0)).containsExactly(List.of(BEGIN, "UPDATE t"), decision(removes(0)));
        for (int shard = 1; shard < 3; shard++) {
            assertThat(trips(shard)).containsExactly(List.of(BEGIN, "UPDATE t"), PREPARE, COMMIT_PREPARED);
        }
        assertThat(trips(3)).containsExactly(List.of(BEGIN, "UPDATE t"), BARRIER, PREPARE, COMMIT_PREPARED);
    }

    /** Holds one message on each of several shards until all of them are there: sent one after another, none ever would. */
    private void commitWithAllAtOnce(List<Integer> shards, List<String> messages) throws Exception {
        CyclicBarrier together = new CyclicBarrier(shards.size());
        List<CompletableFuture<Void>> held = new ArrayList<>();
        for (int i = 0; i < shards.size(); i++) {
            held.add(watch(shards.get(i)).before(messages.get(i), () -> await(together)));
        }
        connection.commit();
        for (CompletableFuture<Void> one : held) {
            one.get(1, TimeUnit.SECONDS);
        }
    }

    private static void await(CyclicBarrier together) {
        try {
            together.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException("they do not come at once", e);
        }
    }

    @Test
    void allPrepareAtOnce() throws Exception {
        for (int shard = 0; shard < 4; shard++) {
            set(shard);
        }
        String prepare = "PREPARE TRANSACTION";
        commitWithAllAtOnce(List.of(1, 2, 3), List.of(prepare, prepare, prepare));
    }

    @Test
    void allCommitWhatTheyPreparedAtOnceTogetherWithThoseThatRead() throws Exception {
        for (int shard = 0; shard < 3; shard++) {
            set(shard);
        }
        get(3);
        String commit = "COMMIT PREPARED";
        commitWithAllAtOnce(List.of(1, 2, 3), List.of(commit, commit, "COMMIT"));
    }

    @Test
    void allThatReadCommitAtOnce() throws Exception {
        set(0);
        for (int shard = 1; shard < 4; shard++) {
            get(shard);
        }
        commitWithAllAtOnce(List.of(1, 2, 3), List.of("COMMIT", "COMMIT", "COMMIT"));
    }

    @Test
    void aShardThatReadAndIsLostChangesNothing() throws Exception {
        set(0);
        set(1);
        get(2);
        CompletableFuture<Void> cut =
                watch(2).before("COMMIT", cluster.primaries().get(2).link()::cut);
        connection.commit();
        cut.get(5, TimeUnit.SECONDS);
        assertThat(table.values("t")).containsExactly("1", "1", "0", "0");
        assertThat(table.prepared()).isZero();
        assertThat(get(0)).as("the session goes on").isEqualTo("1");
    }
}
