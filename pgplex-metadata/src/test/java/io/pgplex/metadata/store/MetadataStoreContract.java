package io.pgplex.metadata.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.metadata.store.MetadataException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every metadata store does; one server may serve all tests, each of which has a prefix of its own. */
@Timeout(60)
public abstract class MetadataStoreContract {

    protected static final Duration LONG = Duration.ofSeconds(20);

    protected String prefix;
    protected MetadataStore store;

    /** A client of the store under test; all clients see the same pairs. */
    protected abstract MetadataStore newClient() throws MetadataException;

    /** Forgets history before a revision. */
    protected abstract void compact(long revision) throws MetadataException;

    /** Ends a lease behind its holder's back. */
    protected abstract void expire(Lease lease) throws Exception;

    @BeforeEach
    void openStore() throws MetadataException {
        prefix = "/contract/" + UUID.randomUUID() + "/";
        store = newClient();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    private long put(String key, String value) throws MetadataException {
        Outcome outcome =
                store.commit(Transaction.builder().put(prefix + key, value).build());
        return ((Outcome.Committed) outcome).revision();
    }

    private RecordingListener watchFrom(long revision) throws MetadataException {
        RecordingListener listener = new RecordingListener();
        store.watch(prefix, revision, listener);
        return listener;
    }

    @Test
    void readsPairsOfThePrefixInKeyOrderAtOneRevision() throws Exception {
        put("b", "2");
        long revision = put("a", "ş€😀");
        Snapshot snapshot = store.read(prefix);
        assertThat(snapshot.revision()).isEqualTo(revision);
        assertThat(snapshot.pairs())
                .extracting(KeyValue::key, KeyValue::value)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(prefix + "a", "ş€😀"),
                        org.assertj.core.groups.Tuple.tuple(prefix + "b", "2"));
        assertThat(snapshot.pairs().get(0).modRevision()).isEqualTo(revision);
        assertThat(store.read(prefix + "nothing").pairs()).isEmpty();
    }

    @Test
    void commitsWhenEveryComparisonHolds() throws Exception {
        long revision = put("a", "1");
        Outcome outcome = store.commit(Transaction.builder()
                .ifRevision(prefix + "a", revision)
                .ifValue(prefix + "a", "1")
                .ifAbsent(prefix + "b")
                .put(prefix + "b", "2")
                .delete(prefix + "a")
                .build());
        assertThat(outcome).isEqualTo(new Outcome.Committed(revision + 1));
        assertThat(store.read(prefix).pairs()).containsExactly(new KeyValue(prefix + "b", "2", revision + 1));
    }

    @Test
    void changesNothingWhenOneComparisonFails() throws Exception {
        long revision = put("a", "1");
        List<Transaction> losing = List.of(
                Transaction.builder()
                        .ifAbsent(prefix + "a")
                        .delete(prefix + "a")
                        .build(),
                Transaction.builder()
                        .ifRevision(prefix + "a", revision - 1)
                        .put(prefix + "a", "2")
                        .build(),
                Transaction.builder()
                        .ifRevision(prefix + "a", revision)
                        .ifValue(prefix + "a", "other")
                        .put(prefix + "b", "2")
                        .build(),
                Transaction.builder()
                        .ifValue(prefix + "absent", "")
                        .put(prefix + "b", "2")
                        .build());
        for (Transaction transaction : losing) {
            assertThat(store.commit(transaction)).isEqualTo(new Outcome.Conflict());
        }
        assertThat(store.read(prefix))
                .isEqualTo(new Snapshot(revision, List.of(new KeyValue(prefix + "a", "1", revision))));
    }

    @Test
    void deletingWhatIsNotThereMakesNoRevision() throws Exception {
        long revision = put("a", "1");
        Outcome outcome =
                store.commit(Transaction.builder().delete(prefix + "none").build());
        assertThat(outcome).isEqualTo(new Outcome.Committed(revision));
    }

    @Test
    void rivalTransactionsHaveOneWinner() throws Exception {
        ExecutorService rivals = Executors.newFixedThreadPool(8);
        try {
            for (int round = 0; round < 10; round++) {
                String key = prefix + round;
                AtomicInteger wins = new AtomicInteger();
                CountDownLatch done = new CountDownLatch(8);
                for (int i = 0; i < 8; i++) {
                    String value = "rival " + i;
                    Future<?> ignored = rivals.submit(() -> {
                        Transaction transaction = Transaction.builder()
                                .ifAbsent(key)
                                .put(key, value)
                                .build();
                        if (store.commit(transaction) instanceof Outcome.Committed) {
                            wins.incrementAndGet();
                        }
                        done.countDown();
                        return null;
                    });
                }
                assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
                assertThat(wins).hasValue(1);
            }
        } finally {
            rivals.shutdownNow();
        }
    }

    @Test
    void watchGivesEveryChangeFromItsRevisionOnInOrder() throws Exception {
        long before = put("a", "0");
        long first = put("a", "1");
        RecordingListener listener = watchFrom(before + 1);
        long last = 0;
        for (int i = 2; i <= 200; i++) {
            last = put("a", String.valueOf(i));
        }
        listener.awaitEvents(200);
        assertThat(listener.events())
                .extracting(WatchEvent::revision)
                .isSorted()
                .first()
                .isEqualTo(first);
        assertThat(listener.events().get(199)).isEqualTo(new WatchEvent.Put(new KeyValue(prefix + "a", "200", last)));
        assertThat(listener.losses()).isEmpty();
    }

    @Test
    void watchGivesOneTransactionInOneCall() throws Exception {
        long revision = put("old", "1");
        RecordingListener listener = watchFrom(revision + 1);
        Outcome outcome = store.commit(Transaction.builder()
                .put(prefix + "a", "1")
                .put(prefix + "b", "2")
                .delete(prefix + "old")
                .build());
        assertThat(outcome).isInstanceOf(Outcome.Committed.class);
        listener.awaitEvents(3);
        assertThat(listener.calls()).hasSize(1);
        assertThat(listener.events())
                .containsExactlyInAnyOrder(
                        new WatchEvent.Put(new KeyValue(prefix + "a", "1", revision + 1)),
                        new WatchEvent.Put(new KeyValue(prefix + "b", "2", revision + 1)),
                        new WatchEvent.Delete(prefix + "old", revision + 1));
    }

    @Test
    void watchGivesNothingOfOtherPrefixesNorAfterItsEnd() throws Exception {
        long revision = put("a", "1");
        RecordingListener closed = new RecordingListener();
        Watch watch = store.watch(prefix, revision + 1, closed);
        RecordingListener open = new RecordingListener();
        store.watch(prefix + "a", revision + 1, open);
        watch.close();
        watch.close();
        put("b", "2");
        put("a", "3");
        open.awaitEvents(1);
        assertThat(open.events()).extracting(WatchEvent::key).containsExactly(prefix + "a");
        assertThat(closed.events()).isEmpty();
        assertThat(closed.losses()).isEmpty();
    }

    @Test
    void watchFromACompactedRevisionIsLostOnce() throws Exception {
        long early = put("a", "1");
        for (int i = 0; i < 5; i++) {
            put("a", "later");
        }
        compact(early + 4);
        RecordingListener listener = watchFrom(early);
        listener.awaitLoss();
        put("a", "after");
        RecordingListener healthy = watchFrom(store.read(prefix).revision() + 1);
        put("a", "again");
        healthy.awaitEvents(1);
        assertThat(listener.losses()).extracting(MetadataException::kind).containsExactly(Kind.COMPACTED);
        assertThat(listener.events()).isEmpty();
    }

    @Test
    void leasedKeysVanishWithARevokedLease() throws Exception {
        AtomicInteger lost = new AtomicInteger();
        Lease lease = store.grantLease(Duration.ofSeconds(1), lost::incrementAndGet);
        store.commit(Transaction.builder().put(prefix + "a", "1", lease).build());
        RecordingListener listener = watchFrom(store.read(prefix).revision() + 1);
        lease.revoke();
        listener.awaitEvents(1);
        assertThat(listener.events().get(0)).isInstanceOf(WatchEvent.Delete.class);
        assertThat(store.read(prefix).pairs()).isEmpty();
        assertThat(lease.isAlive()).isFalse();
        lease.revoke();
        assertThat(lost).hasValue(0);
    }

    @Test
    void leasesAreKeptAliveBeyondTheirTime() throws Exception {
        Lease lease = store.grantLease(Duration.ofSeconds(1), () -> {});
        store.commit(Transaction.builder().put(prefix + "a", "1", lease).build());
        RecordingListener listener = watchFrom(store.read(prefix).revision() + 1);
        assertThat(listener.firstEventWithin(Duration.ofMillis(3500))).isFalse();
        assertThat(lease.isAlive()).isTrue();
        assertThat(store.read(prefix).pairs()).hasSize(1);
    }

    @Test
    void leasesOfAClosedClientRunOut() throws Exception {
        MetadataStore dying = newClient();
        Lease lease = dying.grantLease(Duration.ofSeconds(1), () -> {});
        dying.commit(Transaction.builder().put(prefix + "a", "1", lease).build());
        RecordingListener listener = watchFrom(store.read(prefix).revision() + 1);
        dying.close();
        assertThat(lease.isAlive()).isFalse();
        listener.awaitEvents(1);
        assertThat(store.read(prefix).pairs()).isEmpty();
    }

    @Test
    void theHolderOfALostLeaseIsTold() throws Exception {
        CountDownLatch lost = new CountDownLatch(1);
        Lease lease = store.grantLease(Duration.ofSeconds(1), lost::countDown);
        expire(lease);
        assertThat(lost.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(lease.isAlive()).isFalse();
    }

    @Test
    void oneCandidateLeadsAndTheNextFollowsWhenItResigns() throws Exception {
        Election election = new Election(store, prefix + "arbiter", Duration.ofSeconds(2));
        assertThat(election.leader()).isNull();
        Leadership first = election.campaign("first", LONG, () -> {});
        assertThat(election.leader()).isEqualTo("first");
        assertThatThrownBy(() -> election.campaign("impatient", Duration.ofMillis(200), () -> {}))
                .isInstanceOfSatisfying(
                        MetadataException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TIMEOUT));
        ExecutorService other = Executors.newSingleThreadExecutor();
        try (MetadataStore second = newClient()) {
            Future<Leadership> waiting = other.submit(() ->
                    new Election(second, prefix + "arbiter", Duration.ofSeconds(2)).campaign("second", LONG, () -> {}));
            first.resign();
            Leadership next = waiting.get(20, TimeUnit.SECONDS);
            assertThat(election.leader()).isEqualTo("second");
            assertThat(next.revision()).isGreaterThan(first.revision());
            assertThat(first.isHeld()).isFalse();
            assertThat(next.isHeld()).isTrue();
            Transaction stale = new Transaction(
                    List.of(first.compare()), List.of(new Transaction.Put(prefix + "x", "1", null)), List.of());
            assertThat(store.commit(stale)).isEqualTo(new Outcome.Conflict());
        } finally {
            other.shutdownNow();
        }
    }

    @Test
    void aDeadLeaderIsFollowedAndObserved() throws Exception {
        MetadataStore dying = newClient();
        new Election(dying, prefix + "arbiter", Duration.ofSeconds(1)).campaign("first", LONG, () -> {});
        Election election = new Election(store, prefix + "arbiter", Duration.ofSeconds(1));
        RecordingListener.Names names = new RecordingListener.Names();
        try (Watch watch = election.observe(names)) {
            assertThat(watch).isNotNull();
            dying.close();
            Leadership next = election.campaign("second", LONG, () -> {});
            names.await("second");
            assertThat(names.seen()).containsExactly("first", null, "second");
            next.close();
        }
    }

    @Test
    void aClosedStoreRefusesEverything() {
        store.close();
        store.close();
        assertThatThrownBy(() -> store.read(prefix))
                .isInstanceOfSatisfying(
                        MetadataException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));
        assertThatThrownBy(() -> store.grantLease(LONG, () -> {})).isInstanceOf(MetadataException.class);
        assertThatThrownBy(() -> watchFrom(1)).isInstanceOf(MetadataException.class);
    }
}
