package io.pgplex.metadata.patroni;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.model.BucketRange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.ClusterProperties;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PatroniOverlayTest {

    private static final ClusterMap STORED = new ClusterMap(
            "c",
            7,
            new ClusterProperties("shop", 16, "C.UTF-8", true, 15),
            List.of(
                    new Shard("s1", 0, "pg1", List.of(), 1, List.of(new BucketRange(0, 7)), "batman"),
                    new Shard("s2", 1, "pg2", List.of("pg3"), 1, List.of(new BucketRange(8, 15)))),
            Map.of(
                    "pg1", new Node(1, "pg1", "h", 1, "shop_on_1", "z", 5),
                    "pg2", new Node(2, "pg2", "h", 2, "shop"),
                    "pg3", new Node(3, "pg3", "h", 3, "shop")),
            Map.of(),
            Map.of());

    private static PatroniMember member(String name, String role, boolean readable) {
        return new PatroniMember(name, "host-" + name, 5432, role, "running", 1, readable, readable ? null : "far");
    }

    private static PatroniState led(PatroniMember leader, PatroniMember... others) {
        TreeMap<String, PatroniMember> members = new TreeMap<>();
        members.put(leader.name(), leader);
        for (PatroniMember other : others) {
            members.put(other.name(), other);
        }
        return new PatroniState("1", 1, leader, members);
    }

    @Test
    void membersTakeThePlaceOfTheStoredNode() {
        ClusterMap map = PatroniOverlay.apply(
                STORED,
                Map.of("s1", led(member("a", "master", true), member("b", "replica", false), member("c", "x", true))));
        Shard shard = Objects.requireNonNull(map.shard("s1"));
        assertThat(shard.primary()).isEqualTo("s1/a");
        assertThat(shard.standbys()).containsExactly("s1/b");
        assertThat(shard.patroni()).isEqualTo("batman");
        assertThat(map.nodes()).containsOnlyKeys("s1/a", "s1/b", "pg2", "pg3");
        Node primary = map.primary(shard);
        assertThat(primary.conninfo()).isEqualTo("host=host-a port=5432 dbname=shop_on_1");
        assertThat(primary.weight()).isEqualTo(Node.DEFAULT_WEIGHT);
        assertThat(primary.zone()).isEqualTo("z");
        Node standby = Objects.requireNonNull(map.nodes().get("s1/b"));
        assertThat(standby.weight()).isZero();
        assertThat(standby.zone()).isEqualTo("far");
        assertThat(map.shard("s2")).isEqualTo(STORED.shard("s2"));
        assertThat(map.revision()).isEqualTo(STORED.revision());
    }

    @Test
    void withoutALeaderTheStoredNodeStays() {
        assertThat(PatroniOverlay.apply(STORED, Map.of()).shards()).isEqualTo(STORED.shards());
        ClusterMap map = PatroniOverlay.apply(STORED, Map.of("s1", PatroniState.UNKNOWN));
        assertThat(map.shards()).isEqualTo(STORED.shards());
        assertThat(map.nodes()).isEqualTo(STORED.nodes());
    }

    @Test
    void aMemberKeepsItsOidWhoeverLeads() {
        PatroniMember a = member("a", "master", true);
        PatroniMember b = member("b", "replica", true);
        ClusterMap before = PatroniOverlay.apply(STORED, Map.of("s1", led(a, b)));
        ClusterMap after = PatroniOverlay.apply(
                STORED, Map.of("s1", led(member("b", "master", true), member("a", "replica", true))));
        assertThat(after.nodes()).isEqualTo(before.nodes());
        assertThat(after.nodes().values().stream().filter(node -> node.name().startsWith("s1/")))
                .allSatisfy(node -> assertThat(node.oid()).isBetween(1L << 31, (1L << 32) - 1));
    }

    /** CRC-32 of plumless and buckeroo is the same, and so it stays behind an equal beginning. */
    @Test
    void equalChecksumsMakeDifferentOids() {
        ClusterMap map = PatroniOverlay.apply(
                STORED, Map.of("s1", led(member("plumless", "master", true), member("buckeroo", "replica", true))));
        long one = Objects.requireNonNull(map.nodes().get("s1/plumless")).oid();
        long other = Objects.requireNonNull(map.nodes().get("s1/buckeroo")).oid();
        assertThat(one).isEqualTo(other + 1);
    }
}
