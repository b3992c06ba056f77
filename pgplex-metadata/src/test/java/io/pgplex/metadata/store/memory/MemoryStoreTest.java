package io.pgplex.metadata.store.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.store.Lease;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.MetadataStoreContract;
import io.pgplex.metadata.store.Transaction;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MemoryStoreTest extends MetadataStoreContract {

    private final MemoryStore server = MemoryStore.create(System::nanoTime);

    @Override
    protected MetadataStore newClient() {
        return server.anotherClient();
    }

    @Override
    protected void compact(long revision) throws MetadataException {
        server.compact(revision);
    }

    @Override
    protected void expire(Lease lease) throws MetadataException {
        server.expire(lease);
    }

    @Test
    void clientsOfOneNameShareAStoreUntilItIsDropped() throws Exception {
        try (MemoryStore one = MemoryStore.named("shared");
                MemoryStore two = MemoryStore.named("shared");
                MemoryStore other = MemoryStore.named("other")) {
            one.commit(Transaction.builder().put("a", "1").build());
            assertThat(two.read("a").pairs()).hasSize(1);
            assertThat(other.read("a").pairs()).isEmpty();
        }
        try (MemoryStore later = MemoryStore.named("shared")) {
            assertThat(later.read("a").pairs()).hasSize(1);
        }
        MemoryStore.drop("shared");
        try (MemoryStore fresh = MemoryStore.named("shared")) {
            assertThat(fresh.read("a").pairs()).isEmpty();
        }
        MemoryStore.drop("shared");
        MemoryStore.drop("other");
    }

    @Test
    void leasesEndByTheStoresClock() throws Exception {
        AtomicLong nanos = new AtomicLong();
        try (MemoryStore watching = MemoryStore.create(nanos::get)) {
            MemoryStore dying = watching.anotherClient();
            Lease lease = dying.grantLease(Duration.ofHours(1), () -> {});
            dying.commit(Transaction.builder().put("a", "1", lease).build());
            nanos.addAndGet(Duration.ofHours(2).toNanos());
            assertThat(watching.read("a").pairs()).hasSize(1);
            dying.close();
            nanos.addAndGet(Duration.ofMinutes(59).toNanos());
            assertThat(watching.read("a").pairs()).hasSize(1);
            nanos.addAndGet(Duration.ofMinutes(2).toNanos());
            assertThat(watching.read("a").pairs()).isEmpty();
        }
    }
}
