package io.pgplex.metadata.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.store.Lease;
import io.pgplex.metadata.store.Transaction;
import io.pgplex.metadata.store.memory.MemoryStore;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ClientsTest {

    private final ClusterKeys keys = new ClusterKeys("c");

    @Test
    void aClientLivesAsLongAsOneOfItsKeysDoes() throws Exception {
        try (MemoryStore store = MemoryStore.create(System::nanoTime)) {
            Lease first = put(store, keys, "abc", 1);
            Lease second = put(store, keys, "abc", 2);
            Lease other = put(store, keys, "d-e", 1);
            assertThat(Clients.alive(store, "c")).containsExactlyInAnyOrder("abc", "d-e");
            first.revoke();
            other.revoke();
            assertThat(Clients.alive(store, "c")).containsExactly("abc");
            second.revoke();
            assertThat(Clients.alive(store, "c")).isEmpty();
        }
    }

    @Test
    void otherClustersClientsAndOtherKeysAreNone() throws Exception {
        try (MemoryStore store = MemoryStore.create(System::nanoTime)) {
            put(store, new ClusterKeys("cc"), "abc", 1);
            store.commit(Transaction.builder()
                    .put(keys.arbiter("abc-1"), "x")
                    .put(keys.clients() + "nohyphen", "x")
                    .put(keys.clients() + "abc.1", "x")
                    .build());
            assertThat(Clients.alive(store, "c")).isEmpty();
        }
    }

    private static Lease put(MemoryStore store, ClusterKeys keys, String client, int number) throws Exception {
        Lease lease = store.grantLease(Duration.ofSeconds(60), () -> {});
        store.commit(Transaction.builder()
                .put(keys.client(Clients.id(client, number)), Clients.document(client, 1), lease)
                .build());
        return lease;
    }
}
