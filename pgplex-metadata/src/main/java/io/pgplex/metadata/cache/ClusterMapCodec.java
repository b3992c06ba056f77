package io.pgplex.metadata.cache;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pgplex.metadata.model.BucketRange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.ClusterProperties;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.model.View;
import io.pgplex.metadata.patroni.PatroniScope;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.Snapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Between the cluster map and its stored JSON documents. Every document has a {@code format} number; a client refuses
 * one that it does not know rather than guess. Fields beyond the known ones are ignored. Stateless and thread-safe.
 */
public final class ClusterMapCodec {

    private ClusterMapCodec() {}

    /**
     * The {@code cluster} document.
     *
     * @param nextNodeOid the oid that the next node gets; only rises, so that no oid is used twice
     */
    record ClusterDocument(ClusterProperties properties, long nextNodeOid) {}

    /**
     * The map that a snapshot of a cluster's whole prefix holds.
     *
     * @return null when the cluster does not exist
     * @throws MetadataException CORRUPT, naming the key that cannot be understood or contradicts others
     */
    public static @Nullable ClusterMap decode(String cluster, Snapshot snapshot) throws MetadataException {
        ClusterKeys keys = new ClusterKeys(cluster);
        KeyValue root = snapshot.get(keys.cluster());
        if (root == null) {
            return null;
        }
        ClusterProperties properties = decodeCluster(root).properties();
        Map<String, Node> nodes = new HashMap<>();
        Map<String, Shard> shards = new HashMap<>();
        Map<String, KeyValue> leaders = new HashMap<>();
        Map<TableName, Table> tables = new HashMap<>();
        Map<TableName, View> views = new HashMap<>();
        Map<String, String> settings = new HashMap<>();
        for (KeyValue pair : snapshot.pairs()) {
            String key = pair.key();
            if (!keys.isPartOfMap(key) || key.equals(keys.cluster())) {
                continue;
            }
            String node = keys.nodeOf(key);
            String shard = keys.shardOf(key);
            String led = keys.shardOfLeader(key);
            TableName table = keys.tableOf(key);
            TableName view = keys.viewOf(key);
            String setting = keys.settingOf(key);
            if (node != null) {
                nodes.put(node, decodeNode(node, pair));
            } else if (shard != null) {
                shards.put(shard, decodeShard(shard, pair));
            } else if (led != null) {
                leaders.put(led, pair);
            } else if (table != null) {
                tables.put(table, decodeTable(table, pair));
            } else if (view != null) {
                views.put(view, decodeView(view, pair));
            } else if (setting != null) {
                settings.put(setting, JsonDocument.parse(pair).string("value"));
            } else {
                throw JsonDocument.corrupt(key, "is not the key of anything", null);
            }
        }
        for (Map.Entry<String, KeyValue> leader : leaders.entrySet()) {
            shards.put(leader.getKey(), withLeader(shards.get(leader.getKey()), leader.getValue()));
        }
        List<Shard> inAnyOrder = new ArrayList<>(shards.values());
        return checked(
                keys.cluster(),
                () -> new ClusterMap(
                        cluster, snapshot.revision(), properties, inAnyOrder, nodes, tables, views, settings));
    }

    static String encodeCluster(ClusterDocument cluster) {
        JsonObject json = JsonDocument.create();
        ClusterProperties properties = cluster.properties();
        json.addProperty("database", properties.database());
        json.addProperty("buckets", properties.buckets());
        json.addProperty("collation", properties.collation());
        json.addProperty("bytewise_collation", properties.bytewiseCollation());
        json.addProperty("server_version", properties.serverVersion());
        json.addProperty("next_node_oid", cluster.nextNodeOid());
        return json.toString();
    }

    static ClusterDocument decodeCluster(KeyValue pair) throws MetadataException {
        JsonDocument json = JsonDocument.parse(pair);
        String database = json.string("database");
        int buckets = json.smallInteger("buckets");
        String collation = json.string("collation");
        boolean bytewise = json.bool("bytewise_collation");
        int serverVersion = json.smallInteger("server_version");
        long nextNodeOid = json.integer("next_node_oid");
        return checked(
                pair.key(),
                () -> new ClusterDocument(
                        new ClusterProperties(database, buckets, collation, bytewise, serverVersion), nextNodeOid));
    }

    static String encodeNode(Node node) {
        JsonObject json = JsonDocument.create();
        json.addProperty("oid", node.oid());
        json.addProperty("host", node.host());
        json.addProperty("port", node.port());
        json.addProperty("database", node.database());
        if (node.zone() != null) {
            json.addProperty("zone", node.zone());
        }
        if (node.weight() != Node.DEFAULT_WEIGHT) {
            json.addProperty("weight", node.weight());
        }
        return json.toString();
    }

    private static Node decodeNode(String name, KeyValue pair) throws MetadataException {
        JsonDocument json = JsonDocument.parse(pair);
        long oid = json.integer("oid");
        String host = json.string("host");
        int port = json.smallInteger("port");
        String database = json.string("database");
        String zone = json.optionalString("zone");
        int weight = json.has("weight") ? json.smallInteger("weight") : Node.DEFAULT_WEIGHT;
        return checked(pair.key(), () -> new Node(oid, name, host, port, database, zone, weight));
    }

    static String encodeShard(Shard shard) {
        JsonObject json = JsonDocument.create();
        json.addProperty("ordinal", shard.ordinal());
        json.addProperty("primary", shard.primary());
        JsonArray standbys = new JsonArray();
        shard.standbys().forEach(standbys::add);
        json.add("standbys", standbys);
        json.addProperty("epoch", shard.epoch());
        JsonArray buckets = new JsonArray();
        for (BucketRange range : shard.buckets()) {
            JsonObject element = new JsonObject();
            element.addProperty("first", range.first());
            element.addProperty("last", range.last());
            buckets.add(element);
        }
        json.add("buckets", buckets);
        if (shard.patroni() != null) {
            json.addProperty("patroni", shard.patroni());
        }
        return json.toString();
    }

    private static Shard decodeShard(String name, KeyValue pair) throws MetadataException {
        JsonDocument json = JsonDocument.parse(pair);
        int ordinal = json.smallInteger("ordinal");
        String primary = json.string("primary");
        List<String> standbys = json.strings("standbys");
        long epoch = json.integer("epoch");
        List<BucketRange> buckets = new ArrayList<>();
        for (JsonDocument range : json.documents("buckets")) {
            int first = range.smallInteger("first");
            int last = range.smallInteger("last");
            buckets.add(checked(pair.key(), () -> new BucketRange(first, last)));
        }
        String patroni = json.optionalString("patroni");
        if (patroni != null) {
            PatroniScope ignored = checked(pair.key(), () -> PatroniScope.of(patroni));
        }
        return checked(pair.key(), () -> new Shard(name, ordinal, primary, standbys, epoch, buckets, patroni));
    }

    /** The value of a shard's leader key. */
    public static String encodeLeader(String node, long epoch) {
        JsonObject json = JsonDocument.create();
        json.addProperty("node", node);
        json.addProperty("epoch", epoch);
        return json.toString();
    }

    /** The leader takes the primary's place, and the primary the leader's. The higher epoch counts: buckets change it, too. */
    private static Shard withLeader(@Nullable Shard shard, KeyValue pair) throws MetadataException {
        if (shard == null) {
            throw JsonDocument.corrupt(pair.key(), "belongs to no shard", null);
        }
        JsonDocument json = JsonDocument.parse(pair);
        String leader = json.string("node");
        long epoch = Math.max(shard.epoch(), json.integer("epoch"));
        return checked(pair.key(), () -> shard.ledBy(leader, epoch));
    }

    static String encodeTable(Table table) {
        JsonObject json = JsonDocument.create();
        JsonObject distribution = new JsonObject();
        if (table.distribution() instanceof TableDistribution.Distributed distributed) {
            distribution.addProperty("kind", "distributed");
            distribution.addProperty("key_column", distributed.keyColumn());
            distribution.addProperty("key_type", JsonDocument.nameOf(distributed.keyType()));
        } else {
            distribution.addProperty("kind", "replicated");
        }
        json.add("distribution", distribution);
        json.add("columns", encodeColumns(table.columns()));
        if (!table.primaryKey().isEmpty()) {
            JsonArray primaryKey = new JsonArray();
            table.primaryKey().forEach(primaryKey::add);
            json.add("primary_key", primaryKey);
        }
        json.addProperty("state", JsonDocument.nameOf(table.state()));
        return json.toString();
    }

    private static Table decodeTable(TableName name, KeyValue pair) throws MetadataException {
        JsonDocument json = JsonDocument.parse(pair);
        TableDistribution distribution = decodeDistribution(json.document("distribution"), pair.key());
        List<Column> columns = decodeColumns(json);
        List<String> primaryKey = json.optionalStrings("primary_key");
        Table.State state = json.oneOf(Table.State.class, "state");
        return checked(pair.key(), () -> new Table(name, distribution, columns, primaryKey, state));
    }

    private static TableDistribution decodeDistribution(JsonDocument json, String key) throws MetadataException {
        return switch (json.string("kind")) {
            case "distributed" ->
                new TableDistribution.Distributed(json.string("key_column"), json.oneOf(KeyType.class, "key_type"));
            case "replicated" -> new TableDistribution.Replicated();
            default -> throw JsonDocument.corrupt(key, "has an unknown distribution", null);
        };
    }

    static String encodeSetting(String value) {
        JsonObject json = JsonDocument.create();
        json.addProperty("value", value);
        return json.toString();
    }

    static String encodeView(View view) {
        JsonObject json = JsonDocument.create();
        json.addProperty("definition", view.definition());
        json.add("columns", encodeColumns(view.columns()));
        return json.toString();
    }

    private static View decodeView(TableName name, KeyValue pair) throws MetadataException {
        JsonDocument json = JsonDocument.parse(pair);
        return new View(name, json.string("definition"), decodeColumns(json));
    }

    private static JsonArray encodeColumns(List<Column> columns) {
        JsonArray array = new JsonArray();
        for (Column column : columns) {
            JsonObject json = new JsonObject();
            json.addProperty("name", column.name());
            json.addProperty("type", column.type());
            json.addProperty("not_null", column.notNull());
            if (column.collation() != null) {
                json.addProperty("collation", column.collation());
            }
            if (column.defaultExpression() != null) {
                json.addProperty("default", column.defaultExpression());
            }
            json.addProperty("default_kind", JsonDocument.nameOf(column.defaultKind()));
            array.add(json);
        }
        return array;
    }

    private static List<Column> decodeColumns(JsonDocument json) throws MetadataException {
        List<Column> columns = new ArrayList<>();
        for (JsonDocument column : json.documents("columns")) {
            columns.add(new Column(
                    column.string("name"),
                    column.string("type"),
                    column.bool("not_null"),
                    column.optionalString("collation"),
                    column.optionalString("default"),
                    column.oneOf(Column.DefaultKind.class, "default_kind")));
        }
        return columns;
    }

    /** Makes a value whose constructor refuses contradictions. */
    private static <T> T checked(String key, Supplier<T> constructor) throws MetadataException {
        try {
            return Objects.requireNonNull(constructor.get());
        } catch (IllegalArgumentException e) {
            throw JsonDocument.corrupt(key, "is contradictory: " + e.getMessage(), e);
        }
    }
}
