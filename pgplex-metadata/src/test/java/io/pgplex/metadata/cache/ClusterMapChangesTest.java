package io.pgplex.metadata.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.metadata.model.BucketRange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.Transaction;
import io.pgplex.metadata.store.memory.MemoryStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClusterMapChangesTest {

    private final MemoryStore store = MemoryStore.create(System::nanoTime);

    @AfterEach
    void closeStore() {
        store.close();
    }

    private ClusterMapChanges changes() throws MetadataException {
        return ClusterMapChanges.read(store, "c");
    }

    private ClusterMap commit(ClusterMapChanges changes) throws MetadataException {
        long ignored = Samples.commit(store, changes);
        return ClusterMapCodec.decode("c", store.read(new ClusterKeys("c").prefix()));
    }

    private void assertConflict(ClusterMapChanges late) throws MetadataException {
        assertThat(store.commit(late.toTransaction())).isEqualTo(new Outcome.Conflict());
    }

    @Test
    void theFirstShardOwnsAllBuckets() throws Exception {
        assertThat(changes().clusterExists()).isFalse();
        ClusterMap map = commit(Samples.newCluster(store, "c", 1));
        assertThat(map.homeShard().buckets()).containsExactly(new BucketRange(0, 4095));
        assertThat(changes().clusterExists()).isTrue();
        assertThatThrownBy(() -> changes().createCluster(Samples.PROPERTIES, "x", Samples.node("x")))
                .hasMessage("cluster \"c\" already exists");
    }

    @Test
    void shardsShareTheBucketsEvenlyInRangesWithoutGaps() throws Exception {
        for (int shards = 1; shards <= 7; shards++) {
            ClusterMapChanges changes = shards == 1
                    ? Samples.newCluster(store, "c", 1)
                    : changes().addShard("s" + (shards - 1), Samples.node("n" + (shards - 1)));
            ClusterMap map = commit(changes);
            int next = 0;
            for (Shard shard : map.shards()) {
                assertThat(shard.buckets()).hasSize(1);
                assertThat(shard.buckets().get(0).first()).isEqualTo(next);
                assertThat(shard.buckets().get(0).size()).isBetween(4096 / shards, 4096 / shards + 1);
                next = shard.buckets().get(0).last() + 1;
            }
            assertThat(next).isEqualTo(4096);
        }
    }

    @Test
    void epochsRiseWhereBucketsChange() throws Exception {
        commit(Samples.newCluster(store, "c", 1));
        ClusterMap map = commit(changes().addShard("s1", Samples.node("n1")));
        assertThat(map.shards()).extracting(Shard::epoch).containsExactly(2L, 1L);
    }

    @Test
    void nodeOidsAreNeverUsedAgain() throws Exception {
        commit(Samples.newCluster(store, "c", 1).addStandby("s0", Samples.node("a")));
        commit(changes().removeNode("a"));
        ClusterMap map = commit(changes().addStandby("s0", Samples.node("a")));
        assertThat(map.nodes().values()).extracting(Node::oid).containsExactlyInAnyOrder(1L, 3L);
    }

    @Test
    void aShardLeavesWithItsNodesAndOrdinalsCloseUp() throws Exception {
        commit(Samples.newCluster(store, "c", 3).addStandby("s1", Samples.node("n1b")));
        ClusterKeys keys = new ClusterKeys("c");
        store.commit(Transaction.builder()
                .put(keys.leader("s1"), ClusterMapCodec.encodeLeader("n1b", 3))
                .build());
        ClusterMap map = commit(changes().removeShard("s1"));
        assertThat(map.shards()).extracting(Shard::name).containsExactly("s0", "s2");
        assertThat(map.shards()).extracting(Shard::ordinal).containsExactly(0, 1);
        assertThat(map.nodes()).containsOnlyKeys("n0", "n2");
        assertThat(store.read(keys.leader("s1")).pairs()).isEmpty();
    }

    @Test
    void anotherLeaderTakesThePrimarysPlaceAtTheNextEpoch() throws Exception {
        ClusterMap before = commit(Samples.newCluster(store, "c", 2).addStandby("s1", Samples.node("n1b")));
        ClusterMap map = commit(changes().changeLeader("s1", "n1b"));
        assertThat(map.shard("s1").primary()).isEqualTo("n1b");
        assertThat(map.shard("s1").standbys()).containsExactly("n1");
        assertThat(map.shard("s1").epoch()).isEqualTo(before.shard("s1").epoch() + 1);
        ClusterMap back = commit(changes().changeLeader("s1", "n1"));
        assertThat(back.shard("s1").members()).containsExactly("n1", "n1b");
        assertThat(back.shard("s1").epoch()).isEqualTo(before.shard("s1").epoch() + 2);
        assertThatThrownBy(() -> changes().changeLeader("s1", "n0")).hasMessageContaining("cannot be made the primary");
    }

    @Test
    void aNodeKeepsItsZoneAndWeight() throws Exception {
        commit(Samples.newCluster(store, "c", 1));
        Node changed = commit(changes().changeNode("n0", "a", 5)).nodes().get("n0");
        assertThat(changed.zone()).isEqualTo("a");
        assertThat(changed.weight()).isEqualTo(5);
    }

    @Test
    void whatWouldMoveRowsOrLeaveNoPrimaryIsRefused() throws Exception {
        commit(Samples.newCluster(store, "c", 2).putTable(Samples.table("t")));
        assertThatThrownBy(() -> changes().addShard("s2", Samples.node("n2")))
                .hasMessage("cluster \"c\" holds tables, whose rows would have to move");
        assertThatThrownBy(() -> changes().removeShard("s1")).hasMessageContaining("holds tables");
        assertThatThrownBy(() -> changes().removeShard("s0")).hasMessage("shard \"s0\" is the home shard");
        assertThatThrownBy(() -> changes().removeNode("n1")).hasMessage("node \"n1\" is the primary of shard \"s1\"");
        assertThatThrownBy(() -> changes().removeNode("x")).hasMessage("node \"x\" does not exist");
        assertThatThrownBy(() -> changes().addStandby("s9", Samples.node("x")))
                .hasMessage("shard \"s9\" does not exist");
        assertThatThrownBy(() -> changes().addStandby("s0", Samples.node("n1")))
                .hasMessage("node \"n1\" already exists");
        assertThatThrownBy(() -> ClusterMapChanges.read(store, "other").putTable(Samples.table("t")))
                .hasMessage("cluster \"other\" does not exist");
    }

    @Test
    void tablesAndViewsComeAndGoInOneTransaction() throws Exception {
        commit(Samples.newCluster(store, "c", 2));
        ClusterMap map = commit(changes()
                .putTable(Samples.table("a"))
                .putTable(Samples.replicated("b"))
                .putView(Samples.view("v")));
        assertThat(map.tables()).hasSize(2);
        map = commit(changes()
                .deleteTable(new TableName("public", "a"))
                .deleteView(new TableName("public", "v"))
                .putTable(Samples.replicated("b").withState(io.pgplex.metadata.model.Table.State.ACTIVE)));
        assertThat(map.tables()).containsOnlyKeys(new TableName("public", "b"));
        assertThat(map.views()).isEmpty();
    }

    @Test
    void twoTablesCanBeCreatedAtTheSameTimeButNotOneTwice() throws Exception {
        commit(Samples.newCluster(store, "c", 2).putTable(Samples.table("t")));
        ClusterMapChanges one = changes().putTable(Samples.table("a"));
        ClusterMapChanges two = changes().putTable(Samples.table("b"));
        ClusterMapChanges same = changes().putTable(Samples.replicated("a"));
        commit(one);
        assertThat(commit(two).tables()).hasSize(3);
        assertConflict(same);
    }

    @Test
    void aShardAndATableAddedAtTheSameTimeConflict() throws Exception {
        commit(Samples.newCluster(store, "c", 2));
        ClusterMapChanges shard = changes().addShard("s2", Samples.node("n2"));
        ClusterMapChanges table = changes().putTable(Samples.table("a"));
        commit(table);
        assertConflict(shard);
        ClusterMapChanges lateTable = changes().putTable(Samples.table("b"));
        commit(changes().deleteTable(new TableName("public", "a")));
        commit(changes().addShard("s2", Samples.node("n2")));
        assertConflict(lateTable);
    }

    @Test
    void oneOfTwoCreatorsWins() throws Exception {
        ClusterMapChanges loser = Samples.newCluster(store, "c", 1);
        commit(Samples.newCluster(store, "c", 1));
        assertConflict(loser);
    }
}
