package io.pgplex.metadata.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything that routing knows about a cluster at one metadata revision. Immutable and thread-safe; every change makes
 * a new map, and a statement sees one map from parse to result.
 */
public final class ClusterMap {

    /** The setting that says what a snapshot of all shards keeps: {@code global}, its default, or {@link #STRICT}. */
    public static final String SNAPSHOT = "snapshot";

    /** The value of {@link #SNAPSHOT} under which nobody sees a later commit without an earlier one. */
    public static final String STRICT = "strict";

    /** The setting that says when an arbiter may promote a standby: a {@link Failover} in lower case. */
    public static final String FAILOVER = "failover";

    /** When an arbiter may promote a standby of a shard whose primary is gone. */
    public enum Failover {
        /** When the standby surely has all that was acknowledged, which takes synchronous replication. The default. */
        SAFE,
        /** Also when acknowledged transactions may be lost. */
        LOSSY,
        /** Never: only a switchover changes a primary. */
        OFF
    }

    private final String cluster;
    private final long revision;
    private final ClusterProperties properties;
    private final List<Shard> shards;
    private final Map<String, Node> nodes;
    private final Map<TableName, Table> tables;
    private final Map<TableName, View> views;
    private final Map<String, String> settings;
    private final boolean strictSnapshots;
    /** The ordinal of the shard that owns each bucket. */
    private final short[] owners;

    /**
     * A map of these parts.
     *
     * @throws IllegalArgumentException when the parts contradict each other: ordinals with gaps, a node that is not
     *     there, a bucket without an owner or with two
     */
    public ClusterMap(
            String cluster,
            long revision,
            ClusterProperties properties,
            List<Shard> shards,
            Map<String, Node> nodes,
            Map<TableName, Table> tables,
            Map<TableName, View> views,
            Map<String, String> settings) {
        this.cluster = Objects.requireNonNull(cluster, "cluster");
        this.revision = revision;
        this.properties = Objects.requireNonNull(properties, "properties");
        List<Shard> inOrder = new ArrayList<>(shards);
        inOrder.sort(Comparator.comparingInt(Shard::ordinal));
        this.shards = List.copyOf(inOrder);
        this.nodes = Map.copyOf(nodes);
        this.tables = Collections.unmodifiableMap(new TreeMap<>(tables));
        this.views = Collections.unmodifiableMap(new TreeMap<>(views));
        this.settings = Collections.unmodifiableMap(new TreeMap<>(settings));
        this.strictSnapshots = STRICT.equals(settings.get(SNAPSHOT));
        checkShards();
        this.owners = owners();
    }

    /** A map of a cluster in which nothing is set. */
    public ClusterMap(
            String cluster,
            long revision,
            ClusterProperties properties,
            List<Shard> shards,
            Map<String, Node> nodes,
            Map<TableName, Table> tables,
            Map<TableName, View> views) {
        this(cluster, revision, properties, shards, nodes, tables, views, Map.of());
    }

    private void checkShards() {
        if (shards.isEmpty()) {
            throw new IllegalArgumentException("cluster " + cluster + " has no shard");
        }
        for (int i = 0; i < shards.size(); i++) {
            Shard shard = shards.get(i);
            if (shard.ordinal() != i) {
                throw new IllegalArgumentException("shard ordinals of cluster " + cluster + " have a gap at " + i);
            }
            for (String member : shard.members()) {
                if (!nodes.containsKey(member)) {
                    throw new IllegalArgumentException("shard " + shard.name() + " names no node " + member);
                }
            }
        }
    }

    private short[] owners() {
        short[] owner = new short[properties.buckets()];
        Arrays.fill(owner, (short) -1);
        for (Shard shard : shards) {
            for (BucketRange range : shard.buckets()) {
                for (int bucket = range.first(); bucket <= range.last(); bucket++) {
                    if (bucket >= owner.length || owner[bucket] >= 0) {
                        throw new IllegalArgumentException("bucket " + bucket + " of shard " + shard.name()
                                + " is outside the cluster or has another owner");
                    }
                    owner[bucket] = (short) shard.ordinal();
                }
            }
        }
        for (int bucket = 0; bucket < owner.length; bucket++) {
            if (owner[bucket] < 0) {
                throw new IllegalArgumentException("bucket " + bucket + " has no owner");
            }
        }
        return owner;
    }

    public String cluster() {
        return cluster;
    }

    /** The store's revision that this map was read at. */
    public long revision() {
        return revision;
    }

    public ClusterProperties properties() {
        return properties;
    }

    /** The shards by ordinal; never empty. */
    public List<Shard> shards() {
        return shards;
    }

    public Shard homeShard() {
        return shards.get(0);
    }

    /** The shard of that name, or null. */
    public @Nullable Shard shard(String name) {
        for (Shard shard : shards) {
            if (shard.name().equals(name)) {
                return shard;
            }
        }
        return null;
    }

    public Map<String, Node> nodes() {
        return nodes;
    }

    /** The node that takes the shard's writes. */
    public Node primary(Shard shard) {
        return Objects.requireNonNull(nodes.get(shard.primary()));
    }

    /** Distributed and replicated tables by name, in order. */
    public Map<TableName, Table> tables() {
        return tables;
    }

    /** The distributed or replicated table of that name, or null where it would be local. */
    public @Nullable Table table(TableName name) {
        return tables.get(name);
    }

    /** Views that exist on every shard, by name, in order. */
    public Map<TableName, View> views() {
        return views;
    }

    /** What is set for the whole cluster, by path; what is not there has its default. */
    public Map<String, String> settings() {
        return settings;
    }

    /**
     * Whether snapshots of all shards keep the order of cause and effect: then whoever commits on one shard alone takes part
     * in the barrier, too.
     */
    public boolean strictSnapshots() {
        return strictSnapshots;
    }

    /** When an arbiter may promote a standby. */
    public Failover failover() {
        String set = settings.get(FAILOVER);
        return set == null ? Failover.SAFE : Failover.valueOf(set.toUpperCase(Locale.ROOT));
    }

    public int buckets() {
        return owners.length;
    }

    /** The ordinal of the shard that owns a bucket. */
    public int ownerOf(int bucket) {
        return owners[bucket];
    }

    /** The same map with other nodes, and shards that name them. */
    public ClusterMap withNodes(List<Shard> changedShards, Map<String, Node> changedNodes) {
        return new ClusterMap(cluster, revision, properties, changedShards, changedNodes, tables, views, settings);
    }

    /** The same map with a table added or replaced. */
    public ClusterMap withTable(Table table) {
        Map<TableName, Table> changed = new HashMap<>(tables);
        changed.put(table.name(), table);
        return new ClusterMap(cluster, revision, properties, shards, nodes, changed, views, settings);
    }

    /** The same map without a table. */
    public ClusterMap withoutTable(TableName name) {
        Map<TableName, Table> changed = new HashMap<>(tables);
        changed.remove(name);
        return new ClusterMap(cluster, revision, properties, shards, nodes, changed, views, settings);
    }

    /** The same map with a view added or replaced. */
    public ClusterMap withView(View view) {
        Map<TableName, View> changed = new HashMap<>(views);
        changed.put(view.name(), view);
        return new ClusterMap(cluster, revision, properties, shards, nodes, tables, changed, settings);
    }

    /** The same map without a view. */
    public ClusterMap withoutView(TableName name) {
        Map<TableName, View> changed = new HashMap<>(views);
        changed.remove(name);
        return new ClusterMap(cluster, revision, properties, shards, nodes, tables, changed, settings);
    }

    @Override
    public String toString() {
        return "ClusterMap[" + cluster + " at " + revision + ", " + shards.size() + " shards, " + tables.size()
                + " tables]";
    }
}
