package io.pgplex.metadata.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.model.TableName;
import org.junit.jupiter.api.Test;

class ClusterKeysTest {

    private final ClusterKeys keys = new ClusterKeys("default");

    @Test
    void plainNamesStayReadable() {
        assertThat(keys.cluster()).isEqualTo("/pgplex/default/cluster");
        assertThat(keys.node("pg-1")).isEqualTo("/pgplex/default/nodes/pg-1");
        assertThat(keys.leader("s1")).isEqualTo("/pgplex/default/shards/s1/leader");
        assertThat(keys.table(new TableName("public", "Orders"))).isEqualTo("/pgplex/default/tables/public.Orders");
        assertThat(keys.arbiter("app.owner")).isEqualTo("/pgplex/default/arbiter/app%2Eowner");
    }

    @Test
    void namesOfAnyCharactersComeBack() {
        for (String name : new String[] {"a.b", "a/leader", "ı\"İ", "%41", "😀", " ", "..", "a\nb", ""}) {
            assertThat(keys.nodeOf(keys.node(name))).isEqualTo(name);
            assertThat(keys.shardOf(keys.shard(name))).isEqualTo(name);
            assertThat(keys.shardOfLeader(keys.leader(name))).isEqualTo(name);
            TableName table = new TableName(name, name + ".x");
            assertThat(keys.tableOf(keys.table(table))).isEqualTo(table);
            assertThat(keys.viewOf(keys.view(table))).isEqualTo(table);
            assertThat(keys.table(table)).matches("[ -~]+");
        }
        assertThat(keys.tableOf(keys.table(Samples.AWKWARD))).isEqualTo(Samples.AWKWARD);
    }

    @Test
    void noKeyIsTakenForAnother() {
        assertThat(keys.shardOf(keys.leader("s1"))).isNull();
        assertThat(keys.shardOfLeader(keys.shard("s1"))).isNull();
        assertThat(keys.nodeOf(keys.shard("s1"))).isNull();
        assertThat(keys.tableOf("/pgplex/default/tables/nodot")).isNull();
        assertThat(keys.nodeOf("/pgplex/default/nodes/a%4")).isNull();
        assertThat(keys.nodeOf("/pgplex/default/nodes/%61")).isNull();
        assertThat(new ClusterKeys("a").prefix()).isNotEqualTo(new ClusterKeys("a/b").prefix());
        assertThat(new ClusterKeys("a/b").prefix()).doesNotStartWith(new ClusterKeys("a").prefix());
    }
}
