package io.pgplex.metadata.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataException.Kind;
import io.pgplex.metadata.store.Snapshot;
import io.pgplex.metadata.store.memory.MemoryStore;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClusterMapCodecTest {

    private final MemoryStore store = MemoryStore.create(System::nanoTime);
    private final ClusterKeys keys = new ClusterKeys("c");
    private ClusterMapChanges changes;
    private Snapshot snapshot;

    @BeforeEach
    void storeCluster() throws MetadataException {
        changes = Samples.newCluster(store, "c", 3)
                .addStandby("s1", Samples.node("n1b"))
                .putTable(Samples.table(Samples.AWKWARD))
                .putTable(Samples.replicated("countries"))
                .putView(Samples.view("v"));
        long ignored = Samples.commit(store, changes);
        snapshot = store.read(keys.prefix());
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    private Snapshot with(String key, UnaryOperator<String> change) {
        List<KeyValue> pairs = new ArrayList<>();
        for (KeyValue pair : snapshot.pairs()) {
            if (!pair.key().equals(key)) {
                pairs.add(pair);
            }
        }
        KeyValue old = snapshot.get(key);
        String value = change.apply(old == null ? "" : old.value());
        if (value != null) {
            pairs.add(new KeyValue(key, value, snapshot.revision()));
        }
        return new Snapshot(snapshot.revision(), pairs);
    }

    private void assertCorrupt(String key, String blamed, UnaryOperator<String> change) {
        assertThatThrownBy(() -> ClusterMapCodec.decode("c", with(key, change)))
                .isInstanceOfSatisfying(MetadataException.class, e -> {
                    assertThat(e.kind()).isEqualTo(Kind.CORRUPT);
                    assertThat(e).hasMessageContaining("\"" + blamed + "\"");
                });
    }

    private void assertCorrupt(String key, UnaryOperator<String> change) {
        assertCorrupt(key, key, change);
    }

    @Test
    void whatIsStoredIsWhatIsRead() throws Exception {
        ClusterMap map = ClusterMapCodec.decode("c", snapshot);
        ClusterMap expected = changes.map();
        assertThat(map.revision()).isEqualTo(snapshot.revision());
        assertThat(map.properties()).isEqualTo(expected.properties());
        assertThat(map.shards()).isEqualTo(expected.shards());
        assertThat(map.nodes()).isEqualTo(expected.nodes());
        assertThat(map.tables()).isEqualTo(expected.tables());
        assertThat(map.views()).isEqualTo(expected.views());
    }

    @Test
    void aTableWithoutThatFieldHasNoKnownPrimaryKey() throws Exception {
        String table = keys.table(Samples.AWKWARD);
        String field = "\"primary_key\":[\"name\",\"id\"],";
        assertThat(snapshot.get(table).value()).contains(field);
        ClusterMap map = ClusterMapCodec.decode("c", with(table, value -> value.replace(field, "")));
        assertThat(map.table(Samples.AWKWARD).primaryKey()).isEmpty();
        assertThat(snapshot.get(keys.table(new TableName("public", "countries")))
                        .value())
                .doesNotContain("primary_key");
    }

    @Test
    void aPrefixWithoutAClusterIsNoCluster() throws Exception {
        assertThat(ClusterMapCodec.decode("c", new Snapshot(7, List.of()))).isNull();
        assertThat(ClusterMapCodec.decode("c", with(keys.cluster(), value -> null)))
                .isNull();
    }

    @Test
    void theLeaderKeyNamesThePrimary() throws Exception {
        String leader = keys.leader("s1");
        ClusterMap map = ClusterMapCodec.decode("c", with(leader, value -> ClusterMapCodec.encodeLeader("n1b", 7)));
        assertThat(map.shard("s1").primary()).isEqualTo("n1b");
        assertThat(map.shard("s1").standbys()).containsExactly("n1");
        assertThat(map.shard("s1").epoch()).isEqualTo(7);
        ClusterMap same = ClusterMapCodec.decode("c", with(leader, value -> ClusterMapCodec.encodeLeader("n1", 1)));
        assertThat(same.shards()).isEqualTo(changes.map().shards());
        assertCorrupt(leader, value -> ClusterMapCodec.encodeLeader("n2", 3));
        assertCorrupt(keys.leader("s9"), value -> ClusterMapCodec.encodeLeader("n1", 1));
    }

    @Test
    void keysThatAreNotOfTheMapDoNotMatter() throws Exception {
        assertThat(ClusterMapCodec.decode("c", with(keys.client("x"), value -> "no json")))
                .isNotNull();
        assertThat(ClusterMapCodec.decode("c", with(keys.setting("nodes.n1.weight"), value -> "2")))
                .isNotNull();
    }

    @Test
    void documentsThatCannotBeUnderstoodAreCorrupt() {
        String table = keys.table(Samples.AWKWARD);
        assertCorrupt(keys.cluster(), value -> value.replace("\"format\":1", "\"format\":2"));
        assertCorrupt(keys.cluster(), value -> value.replace("4096", "4095"));
        assertCorrupt(keys.cluster(), value -> value.replace("4096", "\"4096\""));
        assertCorrupt(keys.cluster(), value -> value.replace("4096", "1e99"));
        assertCorrupt(keys.node("n1"), value -> "");
        assertCorrupt(keys.node("n1"), value -> "{");
        assertCorrupt(keys.node("n1"), value -> "[]");
        assertCorrupt(keys.node("n1"), value -> "{format: 1}");
        assertCorrupt(keys.node("n1"), value -> value + " {}");
        assertCorrupt(keys.node("n1"), value -> value.replace("\"host\"", "\"hast\""));
        assertCorrupt(keys.node("n1"), value -> value.replace("5432", "0"));
        assertCorrupt(keys.shard("s1"), value -> value.replace("[{", "[7,{"));
        assertCorrupt(table, value -> value.replace("\"distributed\"", "\"scattered\""));
        assertCorrupt(table, value -> value.replace("\"active\"", "\"ACTIVE\""));
        assertCorrupt(table, value -> value.replace("\"key_column\":\"id\"", "\"key_column\":\"none\""));
        assertCorrupt(table, value -> value.replace("[\"name\",\"id\"]", "[\"none\"]"));
        assertCorrupt(table, value -> value.replace("[\"name\",\"id\"]", "\"id\""));
        assertCorrupt(table, value -> value.replace("true", "null"));
        assertCorrupt("/pgplex/c/tables/nodot", value -> "{}");
    }

    @Test
    void partsThatContradictEachOtherAreCorrupt() {
        assertCorrupt(keys.node("n1"), keys.cluster(), value -> null);
        assertCorrupt(keys.shard("s2"), keys.cluster(), value -> null);
        assertCorrupt(keys.shard("s2"), keys.cluster(), value -> value.replace("\"ordinal\":2", "\"ordinal\":1"));
        assertCorrupt(keys.shard("s2"), keys.cluster(), value -> value.replace("4095", "4094"));
        assertCorrupt(keys.shard("s2"), keys.cluster(), value -> value.replace("4095", "4096"));
    }

    @Test
    void errorsDoNotShowTheValue() {
        assertThatThrownBy(() -> ClusterMapCodec.decode("c", with(keys.node("n1"), value -> "{\"secret")))
                .hasMessageNotContaining("secret");
    }
}
