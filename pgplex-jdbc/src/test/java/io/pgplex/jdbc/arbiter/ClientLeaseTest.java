package io.pgplex.jdbc.arbiter;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.transaction.GlobalTransactionId;
import io.pgplex.metadata.cache.Clients;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.memory.MemoryStore;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
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

    @Test
    void aStoreThatIsAwayKeepsNobodyWaiting() {
        store.close();
        new ClientLease(store, "c").close();
    }
}
