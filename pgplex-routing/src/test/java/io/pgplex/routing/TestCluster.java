package io.pgplex.routing;

import io.pgplex.metadata.model.BucketRange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.ClusterProperties;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Cluster maps for tests: shards s1, s2, ... with equal shares of 4096 buckets. */
public final class TestCluster {

    private TestCluster() {}

    public static ClusterMap of(int shardCount, Table... tables) {
        List<Shard> shards = new ArrayList<>();
        Map<String, Node> nodes = new HashMap<>();
        int buckets = ClusterProperties.DEFAULT_BUCKETS;
        for (int i = 0; i < shardCount; i++) {
            String node = "pg" + (i + 1);
            nodes.put(node, new Node(i + 1, node, "127.0.0.1", 5432 + i, "app"));
            BucketRange range = new BucketRange(buckets * i / shardCount, buckets * (i + 1) / shardCount - 1);
            shards.add(new Shard("s" + (i + 1), i, node, List.of(), 1, List.of(range)));
        }
        Map<TableName, Table> byName = new HashMap<>();
        for (Table table : tables) {
            byName.put(table.name(), table);
        }
        ClusterProperties properties = new ClusterProperties("app", buckets, "C.UTF-8", true, 15);
        return new ClusterMap("default", 1, properties, shards, nodes, byName, Map.of());
    }
}
