package io.pgplex.jdbc.arbiter;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.transaction.GlobalTransactionId;
import io.pgplex.metadata.cache.Clients;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.Lease;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.Snapshot;
import io.pgplex.metadata.store.Transaction;
import io.pgplex.metadata.store.Watch;
import io.pgplex.metadata.store.WatchListener;
import io.pgplex.metadata.store.memory.MemoryStore;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClientLeaseTest {

    private final AtomicLong nanos = new AtomicLong();
    private final MemoryStore store = MemoryStore.create(nanos::get);

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
    }

    @Test
    void tellsThatTheClientLivesUntilItIsClosed() throws Exception {
        try (ClientLease lease = new ClientLease(store.anotherClient(), "c")) {
            assertThat(lease).isNotNull();
            await(() -> Clients.alive(store, "c").contains(GlobalTransactionId.client()));
            KeyValue pair = store.read(new ClusterKeys("c").clients()).pairs().get(0);
            assertThat(pair.value())
                    .isEqualTo("{\"format\":1,\"client\":\"" + GlobalTransactionId.client() + "\",\"pid\":"
                            + ProcessHandle.current().pid() + "}");
            assertThat(GlobalTransactionId.next()).startsWith(GlobalTransactionId.client() + "-");
        }
        assertThat(Clients.alive(store, "c")).isEmpty();
    }

    @Test
    void eachOpeningHasAKeyOfItsOwn() throws Exception {
        try (ClientLease one = new ClientLease(store, "c")) {
            assertThat(one).isNotNull();
            ClientLease two = new ClientLease(store, "c");
            await(() -> store.read(new ClusterKeys("c").clients()).pairs().size() == 2);
            two.close();
            assertThat(Clients.alive(store, "c")).containsExactly(GlobalTransactionId.client());
        }
    }

    /** A store that fails for the first so many leases, and loses them when it is told to. */
    private static final class UnsteadyStore implements MetadataStore {
        private final MetadataStore steady;
        private final AtomicInteger failures;
        private volatile @Nullable Lease lease;
        private volatile Runnable onLost = () -> {};

        UnsteadyStore(MetadataStore steady, int failures) {
            this.steady = steady;
            this.failures = new AtomicInteger(failures);
        }

        void loseLease() throws MetadataException {
            Objects.requireNonNull(lease).revoke();
            onLost.run();
        }

        @Override
        public Lease grantLease(Duration timeToLive, Runnable lost) throws MetadataException {
            if (failures.getAndDecrement() > 0) {
                throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "away");
            }
            Lease granted = steady.grantLease(timeToLive, lost);
            onLost = lost;
            lease = granted;
            return granted;
        }

        @Override
        public Snapshot read(String prefix) throws MetadataException {
            return steady.read(prefix);
        }

        @Override
        public Outcome commit(Transaction transaction) throws MetadataException {
            return steady.commit(transaction);
        }

        @Override
        public Watch watch(String prefix, long fromRevision, WatchListener listener) throws MetadataException {
            return steady.watch(prefix, fromRevision, listener);
        }

        @Override
        public void close() {
            steady.close();
        }
    }

    @Test
    void isTakenAgainAfterItWasLostAndAfterTheStoreWasAway() throws Exception {
        UnsteadyStore unsteady = new UnsteadyStore(store.anotherClient(), 1);
        try (ClientLease lease = new ClientLease(unsteady, "c")) {
            assertThat(lease).isNotNull();
            await(() -> Clients.alive(store, "c").contains(GlobalTransactionId.client()));
            long revision = store.read("").revision();
            unsteady.loseLease();
            await(() -> store.read("").revision() >= revision + 2);
            assertThat(Clients.alive(store, "c")).containsExactly(GlobalTransactionId.client());
        }
        assertThat(Clients.alive(store, "c")).isEmpty();
    }

    @Test
    void aStoreThatIsAwayKeepsNobodyWaiting() {
        store.close();
        new ClientLease(store, "c").close();
    }
}
