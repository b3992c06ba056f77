package io.pgplex.metadata.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.metadata.cache.CacheStatus.State;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.patroni.PatroniScope;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.Transaction;
import io.pgplex.metadata.store.memory.MemoryStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The cluster map of a cluster whose shard s1 a Patroni cluster leads, while s0 is pgplex's own. */
@Timeout(60)
class PatroniShardsTest {

    private static final Duration LONG = Duration.ofSeconds(20);
    private static final String SCOPE = "batman";

    private final MemoryStore memory = MemoryStore.create(System::nanoTime);
    private final BreakableStore store = new BreakableStore(memory);
    private final PatroniScope scope = PatroniScope.of(SCOPE);

    @BeforeEach
    void createCluster() throws MetadataException {
        Samples.commit(memory, Samples.newCluster(memory, "c", 2).declarePatroni("s1", SCOPE));
        member("a", "master", 100);
        member("b", "replica", 100);
        put(scope.leader(), "a");
    }

    @AfterEach
    void closeStore() {
        memory.close();
    }

    private long put(String key, String value) throws MetadataException {
        return revision(Transaction.builder().put(key, value));
    }

    private long delete(String key) throws MetadataException {
        return revision(Transaction.builder().delete(key));
    }

    private long revision(Transaction.Builder transaction) throws MetadataException {
        return ((Outcome.Committed) memory.commit(transaction.build())).revision();
    }

    private long member(String name, String role, long location) throws MetadataException {
        return put(
                scope.member(name),
                "{\"conn_url\":\"postgres://" + name + ":5432/postgres\",\"state\":\"running\",\"role\":\"" + role
                        + "\",\"timeline\":1,\"xlog_location\":" + location + "}");
    }

    private static Shard patroniShard(@Nullable ClusterMap map) {
        return Objects.requireNonNull(Objects.requireNonNull(map).shard("s1"));
    }

    /** Waits until a map shows these nodes. */
    private static ClusterMap await(ClusterMapCache cache, String primary, String... standbys) throws Exception {
        ClusterMap map = cache.current();
        while (!patroniShard(map).members().equals(concat(primary, standbys))) {
            map = cache.awaitChange(map, LONG);
        }
        return Objects.requireNonNull(map);
    }

    private static List<String> concat(String primary, String... standbys) {
        List<String> all = new ArrayList<>(List.of(primary));
        all.addAll(List.of(standbys));
        return all;
    }

    @Test
    void theFirstMapHasPatronisNodes() throws Exception {
        try (ClusterMapCache cache = ClusterMapCache.open(store, "c")) {
            ClusterMap map = Objects.requireNonNull(cache.current());
            assertThat(patroniShard(map).members()).containsExactly("s1/a", "s1/b");
            assertThat(map.primary(patroniShard(map)).conninfo()).isEqualTo("host=a port=5432 dbname=shop");
            assertThat(map.nodes()).containsOnlyKeys("n0", "s1/a", "s1/b");
        }
    }

    @Test
    void onlyAChangeOfNodesMakesANewMap() throws Exception {
        try (ClusterMapCache cache = ClusterMapCache.open(store, "c")) {
            List<List<String>> members = new CopyOnWriteArrayList<>();
            cache.addListener((before, after) -> members.add(patroniShard(after).members()));
            member("a", "master", 200);
            put(scope.prefix() + "status", "{\"optime\":200}");
            member("b", "replica", 150);
            put(scope.history(), "[]");
            member("b", "replica", 200);
            put(scope.leader(), "b");
            await(cache, "s1/b");
            member("b", "master", 300);
            member("a", "replica", 300);
            ClusterMap map = await(cache, "s1/b", "s1/a");
            delete(scope.leader());
            member("c", "replica", 300);
            await(cache, "s1/b", "s1/a", "s1/c");
            assertThat(members)
                    .containsExactly(List.of("s1/b"), List.of("s1/b", "s1/a"), List.of("s1/b", "s1/a", "s1/c"));
            Node unchanged = map.nodes().get("s1/a");
            assertThat(Objects.requireNonNull(cache.current()).nodes().get("s1/a"))
                    .isEqualTo(unchanged);
        }
    }

    @Test
    void aShardDeclaredLaterIsFollowedWhenItsTransactionIsSeen() throws Exception {
        try (ClusterMapCache cache = ClusterMapCache.open(store, "c")) {
            PatroniScope other = PatroniScope.of("/elsewhere/robin");
            put(other.leader(), "x");
            put(
                    other.member("x"),
                    "{\"conn_url\":\"postgres://x/postgres\",\"state\":\"running\",\"role\":\"primary\"}");
            long revision = Samples.commit(
                    memory,
                    ClusterMapChanges.read(memory, "c")
                            .addShard("s2", Samples.node("n2"))
                            .declarePatroni("s2", "/elsewhere/robin"));
            ClusterMap map = Objects.requireNonNull(cache.awaitRevision(revision, LONG));
            assertThat(Objects.requireNonNull(map.shard("s2")).primary()).isEqualTo("s2/x");
            revision =
                    Samples.commit(memory, ClusterMapChanges.read(memory, "c").removeShard("s2"));
            assertThat(Objects.requireNonNull(cache.awaitRevision(revision, LONG))
                            .nodes())
                    .containsOnlyKeys("n0", "s1/a", "s1/b");
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                if (thread.getName().equals("pgplex-cluster-map-c-s2")) {
                    thread.join(LONG.toMillis());
                    assertThat(thread.isAlive()).isFalse();
                }
            }
        }
    }

    @Test
    void whatPatroniSaysIsNeverWrittenBack() throws Exception {
        try (ClusterMapCache cache = ClusterMapCache.open(store, "c")) {
            await(cache, "s1/a", "s1/b");
            ClusterKeys keys = new ClusterKeys("c");
            ClusterMapChanges changes = ClusterMapChanges.read(memory, "c").putTable(Samples.table("t"));
            assertThat(changes.map().nodes()).containsOnlyKeys("n0", "n1");
            assertThat(changes.toTransaction().puts())
                    .extracting(Transaction.Put::key)
                    .containsExactlyInAnyOrder(
                            keys.cluster(), keys.table(Samples.table("t").name()));
            assertThatThrownBy(() -> changes.changeLeader("s1", "n1")).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> changes.addStandby("s1", Samples.node("n2")))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aLostWatchIsReadAgainAndNothingIsMissed() throws Exception {
        try (ClusterMapCache cache = ClusterMapCache.open(store, "c")) {
            await(cache, "s1/a", "s1/b");
            ClusterMap before = cache.current();
            store.breakOff("");
            store.loseWatches();
            put(scope.leader(), "b");
            assertThat(cache.current()).isSameAs(before);
            store.mend();
            await(cache, "s1/b");
        }
    }

    @Test
    void keysThatCannotBeReadLeaveTheStoredNode() throws Exception {
        store.breakOff(scope.prefix());
        try (ClusterMapCache cache = ClusterMapCache.open(store, "c")) {
            assertThat(patroniShard(cache.current()).members()).containsExactly("n1");
            assertThat(cache.status().state()).isEqualTo(State.FOLLOWING);
            store.mend();
            await(cache, "s1/a", "s1/b");
        }
    }

    @Test
    void documentsThatMakeNoSenseLeaveTheLastGoodState() throws Exception {
        try (ClusterMapCache cache = ClusterMapCache.open(store, "c")) {
            ClusterMap before = cache.current();
            put(scope.member("a"), "garbage");
            put(scope.member("b"), "{}");
            put(scope.leader(), "nobody");
            member("c", "replica", 1);
            ClusterMap after = cache.awaitChange(before, LONG);
            assertThat(patroniShard(after).members()).containsExactly("s1/a", "s1/b", "s1/c");
            assertThat(cache.status().state()).isEqualTo(State.FOLLOWING);
        }
    }

    @Test
    void closingLeavesNoThread() throws Exception {
        ClusterMapCache cache = ClusterMapCache.open(store, "c");
        store.breakOff(scope.prefix());
        store.loseWatches();
        cache.close();
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().startsWith("pgplex-cluster-map"));
        assertThat(patroniShard(cache.current()).primary()).isEqualTo("s1/a");
    }
}
