package io.pgplex.metadata.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.metadata.cache.CacheStatus.State;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataException.Kind;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.Transaction;
import io.pgplex.metadata.store.memory.MemoryStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClusterMapCacheTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final MemoryStore memory = MemoryStore.create(System::nanoTime);
    private final BreakableStore store = new BreakableStore(memory);
    private final ClusterKeys keys = new ClusterKeys("c");

    @AfterEach
    void closeStore() {
        memory.close();
    }

    private long put(String key, String value) throws MetadataException {
        Outcome outcome = memory.commit(Transaction.builder().put(key, value).build());
        return ((Outcome.Committed) outcome).revision();
    }

    private ClusterMapChanges changes() throws MetadataException {
        return ClusterMapChanges.read(memory, "c");
    }

    @Test
    void aClusterThatIsCreatedLaterAppears() throws Exception {
        try (ClusterMapCache cache = ClusterMapCache.open(store, "c")) {
            assertThat(cache.current()).isNull();
            long revision = Samples.commit(memory, Samples.newCluster(memory, "c", 2));
            ClusterMap map = cache.awaitRevision(revision, LONG);
            assertThat(map).isSameAs(cache.current());
            assertThat(map.revision()).isEqualTo(revision);
            assertThat(map.shards()).hasSize(2);
            Samples.commit(memory, changes().putTable(Samples.table("t")));
            ClusterMap next = cache.awaitChange(map, LONG);
            assertThat(next.table(new TableName("public", "t"))).isEqualTo(Samples.table("t"));
            assertThat(map.tables()).isEmpty();
        }
    }

    @Test
    void oneTransactionMakesOneMap() throws Exception {
        Samples.commit(memory, Samples.newCluster(memory, "c", 1));
        try (ClusterMapCache cache = ClusterMapCache.open(store, "c")) {
            List<ClusterMap> befores = new CopyOnWriteArrayList<>();
            List<ClusterMap> afters = new CopyOnWriteArrayList<>();
            cache.addListener((before, after) -> {
                befores.add(before);
                afters.add(after);
            });
            cache.addListener((before, after) -> {
                throw new IllegalStateException("a listener's failure is its own");
            });
            ClusterMap first = cache.current();
            long revision = Samples.commit(
                    memory, changes().putTable(Samples.table("a")).putTable(Samples.table("b")));
            ClusterMap second = cache.awaitRevision(revision, LONG);
            revision = Samples.commit(memory, changes().putTable(Samples.table("c")));
            ClusterMap third = cache.awaitRevision(revision, LONG);
            assertThat(befores).containsExactly(first, second);
            assertThat(afters).containsExactly(second, third);
        }
    }

    @Test
    void keysBesideTheMapDoNotMakeANewOne() throws Exception {
        Samples.commit(memory, Samples.newCluster(memory, "c", 1));
        try (ClusterMapCache cache = ClusterMapCache.open(store, "c")) {
            ClusterMap before = cache.current();
            long revision = put(keys.client("1"), "x");
            assertThat(cache.awaitRevision(revision, LONG)).isSameAs(before);
        }
    }

    @Test
    void aCorruptMapLeavesTheLastGoodOneUntilItIsMended() throws Exception {
        Samples.commit(memory, Samples.newCluster(memory, "c", 1));
        try (ClusterMapCache cache = ClusterMapCache.open(store, "c")) {
            ClusterMap good = cache.current();
            long revision = put(keys.node("x"), "garbage");
            assertThat(cache.awaitRevision(revision, LONG)).isSameAs(good);
            assertThat(cache.status().state()).isEqualTo(State.CORRUPT);
            assertThat(cache.status().reason()).contains(keys.node("x"));
            assertThatThrownBy(() -> ClusterMapCache.open(store, "c"))
                    .isInstanceOfSatisfying(
                            MetadataException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT));
            memory.commit(Transaction.builder().delete(keys.node("x")).build());
            assertThat(cache.awaitChange(good, LONG).shards()).isEqualTo(good.shards());
            assertThat(cache.status().state()).isEqualTo(State.FOLLOWING);
        }
    }

    @Test
    void aLostWatchIsReadAgainAndNothingIsMissed() throws Exception {
        Samples.commit(memory, Samples.newCluster(memory, "c", 1));
        try (ClusterMapCache cache = ClusterMapCache.open(store, "c")) {
            ClusterMap before = cache.current();
            store.breakOff("");
            store.loseWatches();
            assertThat(cache.status().state()).isEqualTo(State.DETACHED);
            assertThat(cache.current()).isSameAs(before);
            long revision = Samples.commit(memory, changes().putTable(Samples.table("t")));
            store.mend();
            assertThat(cache.awaitRevision(revision, LONG).tables()).hasSize(1);
            revision = Samples.commit(memory, changes().putTable(Samples.table("u")));
            assertThat(cache.awaitRevision(revision, LONG).tables()).hasSize(2);
            assertThat(cache.status().state()).isEqualTo(State.FOLLOWING);
        }
    }

    @Test
    void readingTheSameAgainMakesNoNewMap() throws Exception {
        Samples.commit(memory, Samples.newCluster(memory, "c", 1));
        try (ClusterMapCache cache = ClusterMapCache.open(store, "c")) {
            ClusterMap before = cache.current();
            long revision = put("/elsewhere", "x");
            store.loseWatches();
            assertThat(cache.awaitRevision(revision, LONG)).isSameAs(before);
        }
    }

    @Test
    void closingLeavesNoThreadEvenWhileTheStoreIsGone() throws Exception {
        Samples.commit(memory, Samples.newCluster(memory, "c", 1));
        ClusterMapCache cache = ClusterMapCache.open(store, "c");
        store.breakOff("");
        store.loseWatches();
        cache.close();
        cache.close();
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().startsWith("pgplex-cluster-map"));
        assertThat(cache.status().state()).isEqualTo(State.CLOSED);
        assertThat(cache.current()).isNotNull();
        assertThatThrownBy(() -> cache.awaitRevision(Long.MAX_VALUE, LONG)).isInstanceOf(MetadataException.class);
    }

    @Test
    void waitingEndsAtItsTimeout() throws Exception {
        try (ClusterMapCache cache = ClusterMapCache.open(store, "c")) {
            assertThatThrownBy(() -> cache.awaitChange(null, Duration.ofMillis(20)))
                    .isInstanceOfSatisfying(
                            MetadataException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TIMEOUT));
        }
    }
}
