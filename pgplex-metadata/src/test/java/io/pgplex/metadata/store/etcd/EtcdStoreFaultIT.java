package io.pgplex.metadata.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.pgplex.metadata.store.Lease;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataException.Kind;
import io.pgplex.metadata.store.RecordingListener;
import io.pgplex.metadata.store.Transaction;
import io.pgplex.testkit.EtcdServer;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client of etcd sees when etcd is gone. */
@Timeout(90)
class EtcdStoreFaultIT {

    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    private EtcdServer etcd;

    @BeforeEach
    void startEtcd() {
        etcd = EtcdServer.launch();
    }

    @AfterEach
    void stopEtcd() {
        etcd.close();
    }

    private EtcdStore open() throws MetadataException {
        return EtcdStore.open(EtcdOptions.of(TIMEOUT, URI.create(etcd.endpoint())));
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .collect(Collectors.toSet());
    }

    /** Threads that were not there before, once those that are ending have ended. */
    private static Set<Thread> awaitNoneBeside(Set<Thread> before) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        Set<Thread> left = threads();
        left.removeAll(before);
        while (!left.isEmpty() && System.nanoTime() < deadline) {
            for (Thread thread : left) {
                thread.join(100);
            }
            left.removeIf(thread -> !thread.isAlive());
        }
        return left;
    }

    @Test
    void openingFailsInTimeAndLeavesNoThreadWhenNobodyListens() throws Exception {
        open().close(); // what the JVM and the libraries start once is there now
        etcd.stop();
        Set<Thread> before = threads();
        long start = System.nanoTime();
        assertThatThrownBy(this::open).isInstanceOfSatisfying(MetadataException.class, e -> assertThat(e.kind())
                .isIn(Kind.UNAVAILABLE, Kind.TIMEOUT));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TIMEOUT.plusSeconds(2));
        assertThat(awaitNoneBeside(before)).isEmpty();
    }

    @Test
    void openingFailsInTimeAndLeavesNoThreadWhenNobodyAnswers() throws Exception {
        open().close();
        etcd.pause();
        Set<Thread> before = threads();
        long start = System.nanoTime();
        assertThatThrownBy(this::open).isInstanceOfSatisfying(MetadataException.class, e -> assertThat(e.kind())
                .isIn(Kind.UNAVAILABLE, Kind.TIMEOUT));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TIMEOUT.plusSeconds(2));
        assertThat(awaitNoneBeside(before)).isEmpty();
        etcd.resume();
    }

    @Test
    void closingLeavesNoThread() throws Exception {
        open().close();
        Set<Thread> before = threads();
        EtcdStore store = open();
        store.watch("/a", 1, new RecordingListener());
        store.grantLease(Duration.ofSeconds(1), () -> {});
        store.close();
        assertThat(awaitNoneBeside(before)).isEmpty();
    }

    @Test
    void callsFailInTimeWhileEtcdIsDownAndWorkAgainAfterwards() throws Exception {
        try (EtcdStore store = open()) {
            store.commit(Transaction.builder().put("/a", "1").build());
            etcd.kill();
            long start = System.nanoTime();
            assertThatThrownBy(() -> store.read("/a")).isInstanceOf(MetadataException.class);
            assertThatThrownBy(() -> store.grantLease(TIMEOUT, () -> {})).isInstanceOf(MetadataException.class);
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isLessThan(TIMEOUT.multipliedBy(2).plusSeconds(2));
            etcd.start();
            assertThat(readUntilItWorks(store)).isEqualTo(1);
        }
    }

    private static int readUntilItWorks(EtcdStore store) throws MetadataException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            try {
                return store.read("/a").pairs().size();
            } catch (MetadataException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
            }
        }
    }

    @Test
    void aWatchIsLostOnceWhenEtcdIsKilled() throws Exception {
        try (EtcdStore store = open()) {
            for (int round = 0; round < 5; round++) {
                RecordingListener listener = new RecordingListener();
                store.watch("/a", readUntilItWorks(store) + 1, listener);
                store.commit(Transaction.builder().put("/a", "x").build());
                listener.awaitEvents(1);
                etcd.kill();
                listener.awaitLoss();
                etcd.start();
                assertThat(readUntilItWorks(store)).isEqualTo(1);
                assertThat(listener.losses()).hasSize(1);
            }
        }
    }

    @Test
    void aLeaseIsLostWhenEtcdStaysAway() throws Exception {
        try (EtcdStore store = open()) {
            CountDownLatch lost = new CountDownLatch(1);
            Lease lease = store.grantLease(Duration.ofSeconds(1), lost::countDown);
            etcd.kill();
            assertThat(lost.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(lease.isAlive()).isFalse();
        }
    }

    private EtcdOptions withPassword(String password) {
        return new EtcdOptions(List.of(URI.create(etcd.endpoint())), "root", password, null, null, null, null, TIMEOUT);
    }

    @Test
    void onlyTheRightPasswordOpensAndNoneIsShown() throws Exception {
        try (Client client = Client.builder().endpoints(etcd.endpoint()).build()) {
            Auth auth = client.getAuthClient();
            ByteSequence root = EtcdConnection.bytes("root");
            auth.userAdd(root, EtcdConnection.bytes("right")).get();
            auth.roleAdd(root).get();
            auth.userGrantRole(root, root).get();
            auth.authEnable().get();
        }
        try (EtcdStore store = EtcdStore.open(withPassword("right"))) {
            store.commit(Transaction.builder().put("/a", "1").build());
            RecordingListener listener = new RecordingListener();
            store.watch("/a", 1, listener);
            listener.awaitEvents(1);
        }
        assertThatThrownBy(() -> EtcdStore.open(withPassword("wr0ng")))
                .hasMessageNotContaining("wr0ng")
                .isInstanceOfSatisfying(
                        MetadataException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DENIED));
        assertThatThrownBy(this::open).isInstanceOfSatisfying(MetadataException.class, e -> assertThat(e.kind())
                .isEqualTo(Kind.DENIED));
        assertThat(withPassword("wr0ng").toString()).contains("root").doesNotContain("wr0ng");
    }

    @Test
    void aPasswordForAnEtcdWithoutAuthenticationIsDenied() {
        assertThatThrownBy(() -> EtcdStore.open(withPassword("any")))
                .isInstanceOfSatisfying(
                        MetadataException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DENIED));
    }
}
