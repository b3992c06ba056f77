package io.pgplex.metadata.cache;

import io.pgplex.metadata.cache.ClusterMapCodec.ClusterDocument;
import io.pgplex.metadata.model.BucketRange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.ClusterProperties;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.model.View;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Snapshot;
import io.pgplex.metadata.store.Transaction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Changes of a cluster, collected on top of what the store holds, to be made by one transaction. Confined to a thread.
 *
 * <p>The transaction succeeds only on what the changes were computed from, so two clients cannot overwrite each other:
 * on a conflict, read and collect again. Each changed key is compared. So is the {@code cluster} key, which every
 * change of shards or nodes, every delete of a table or view, and the put of the first table or view rewrites: that is
 * what keeps "add a shard while there is no table" and "create a table on these shards" apart, while two tables can be
 * created at the same time.
 *
 * <p>Methods throw {@link IllegalStateException} on a change that the collected state does not allow.
 */
public final class ClusterMapChanges {

    private static final long FIRST_NODE_OID = 1;

    private final String cluster;
    private final ClusterKeys keys;
    private final Snapshot snapshot;
    private final List<Shard> shards = new ArrayList<>();
    private final Map<String, Node> nodes = new HashMap<>();
    private final Map<TableName, Table> tables = new HashMap<>();
    private final Map<TableName, View> views = new HashMap<>();
    private final Map<String, String> settings = new HashMap<>();

    /** The leader keys that are written, by shard. */
    private final Map<String, String> leaders = new TreeMap<>();

    /** The documents of the map that was read, as this version writes them. */
    private final Map<String, String> stored = new TreeMap<>();

    private @Nullable ClusterDocument document;
    private boolean touchesCluster;

    private ClusterMapChanges(String cluster, Snapshot snapshot) throws MetadataException {
        this.cluster = cluster;
        this.keys = new ClusterKeys(cluster);
        this.snapshot = snapshot;
        ClusterMap map = ClusterMapCodec.decode(cluster, snapshot);
        KeyValue root = snapshot.get(keys.cluster());
        if (map != null && root != null) {
            document = ClusterMapCodec.decodeCluster(root);
            shards.addAll(map.shards());
            nodes.putAll(map.nodes());
            tables.putAll(map.tables());
            views.putAll(map.views());
            settings.putAll(map.settings());
            stored.putAll(documents(map));
        }
    }

    /** Changes on top of what the store holds now. */
    public static ClusterMapChanges read(MetadataStore store, String cluster) throws MetadataException {
        return of(cluster, store.read(new ClusterKeys(cluster).prefix()));
    }

    /**
     * Changes on top of a snapshot of the cluster's whole prefix.
     *
     * @throws MetadataException CORRUPT when it cannot be understood
     */
    public static ClusterMapChanges of(String cluster, Snapshot snapshot) throws MetadataException {
        return new ClusterMapChanges(cluster, snapshot);
    }

    /** Whether the cluster exists, or was created here. */
    public boolean clusterExists() {
        return document != null;
    }

    /** Creates the cluster with its home shard, which owns all buckets. */
    public ClusterMapChanges createCluster(ClusterProperties properties, String shard, NodeAddress primary) {
        if (document != null) {
            throw new IllegalStateException("cluster \"" + cluster + "\" already exists");
        }
        document = new ClusterDocument(properties, FIRST_NODE_OID);
        addNode(primary);
        List<BucketRange> all = List.of(new BucketRange(0, properties.buckets() - 1));
        shards.add(new Shard(shard, 0, primary.name(), List.of(), 1, all));
        touchesCluster = true;
        return this;
    }

    /**
     * Adds a shard and spreads the buckets evenly over all shards, in ranges without gaps.
     *
     * @throws IllegalStateException when there are tables or views: their rows would have to move
     */
    public ClusterMapChanges addShard(String shard, NodeAddress primary) {
        if (findShard(shard) != null) {
            throw new IllegalStateException("shard \"" + shard + "\" already exists");
        }
        checkNothingToMove();
        addNode(primary);
        shards.add(new Shard(shard, shards.size(), primary.name(), List.of(), 1, List.of()));
        spreadBuckets();
        return this;
    }

    /** Leaves the choice of a shard's primary to the Patroni cluster of that scope; its node is who leads that now. */
    public ClusterMapChanges declarePatroni(String shard, String scope) {
        replace(existingShard(shard).chosenBy(scope));
        return this;
    }

    /**
     * Adds a node that follows a shard's primary.
     *
     * @throws IllegalStateException when Patroni knows the shard's nodes
     */
    public ClusterMapChanges addStandby(String shard, NodeAddress standby) {
        Shard old = existingShard(shard);
        if (old.patroni() != null) {
            throw new IllegalStateException("shard \"" + shard + "\" has the nodes that Patroni's keys name");
        }
        addNode(standby);
        List<String> standbys = new ArrayList<>(old.standbys());
        standbys.add(standby.name());
        replace(old.followedBy(standbys));
        return this;
    }

    /**
     * Removes a standby.
     *
     * @throws IllegalStateException when the node is a shard's primary
     */
    public ClusterMapChanges removeNode(String name) {
        for (Shard shard : List.copyOf(shards)) {
            if (shard.primary().equals(name)) {
                throw new IllegalStateException(
                        "node \"" + name + "\" is the primary of shard \"" + shard.name() + "\"");
            }
            if (shard.standbys().contains(name)) {
                List<String> standbys = new ArrayList<>(shard.standbys());
                standbys.remove(name);
                replace(shard.followedBy(standbys));
            }
        }
        if (nodes.remove(name) == null) {
            throw new IllegalStateException("node \"" + name + "\" does not exist");
        }
        touchesCluster = true;
        return this;
    }

    /**
     * Removes a shard with all its nodes; the shards behind it move up.
     *
     * @throws IllegalStateException for the home shard, and for one that owns buckets while there are tables or views
     */
    public ClusterMapChanges removeShard(String name) {
        Shard shard = existingShard(name);
        if (shard.ordinal() == 0) {
            throw new IllegalStateException("shard \"" + name + "\" is the home shard");
        }
        if (!shard.buckets().isEmpty()) {
            checkNothingToMove();
        }
        nodes.remove(shard.primary());
        shard.standbys().forEach(nodes::remove);
        shards.remove(shard);
        for (int i = 0; i < shards.size(); i++) {
            shards.set(i, shards.get(i).at(i));
        }
        touchesCluster = true;
        if (!shard.buckets().isEmpty()) {
            spreadBuckets();
        }
        return this;
    }

    /**
     * Makes another node of a shard its primary and gives the shard its next epoch.
     *
     * @throws IllegalStateException when the node is not of the shard, or Patroni chooses its primary
     */
    public ClusterMapChanges changeLeader(String shard, String node) {
        return changeLeader(shard, node, existingShard(shard).epoch() + 1);
    }

    /**
     * Makes a node of a shard, perhaps the one that is it already, its primary at an epoch.
     *
     * @throws IllegalStateException when the node is not of the shard, Patroni chooses its primary, or the epoch is no later
     *     one
     */
    public ClusterMapChanges changeLeader(String shard, String node, long epoch) {
        Shard old = existingShard(shard);
        if (old.patroni() != null || !old.members().contains(node) || epoch <= old.epoch()) {
            throw new IllegalStateException(
                    "node \"" + node + "\" cannot be made the primary of shard \"" + shard + "\"");
        }
        Shard led = old.ledBy(node, epoch);
        shards.set(led.ordinal(), led);
        leaders.put(shard, ClusterMapCodec.encodeLeader(node, led.epoch()));
        return this;
    }

    /** Gives a node another zone and weight. */
    public ClusterMapChanges changeNode(String name, @Nullable String zone, int weight) {
        Node old = nodes.get(name);
        if (old == null) {
            throw new IllegalStateException("node \"" + name + "\" does not exist");
        }
        nodes.put(name, new Node(old.oid(), name, old.host(), old.port(), old.database(), zone, weight));
        return this;
    }

    /** Adds or replaces a table. */
    public ClusterMapChanges putTable(Table table) {
        existingCluster();
        touchesCluster |= hasNoRelation();
        tables.put(table.name(), table);
        return this;
    }

    /** Removes a table; one that does not exist is no error. */
    public ClusterMapChanges deleteTable(TableName name) {
        touchesCluster |= tables.remove(name) != null;
        return this;
    }

    /** Adds or replaces a view. */
    public ClusterMapChanges putView(View view) {
        existingCluster();
        touchesCluster |= hasNoRelation();
        views.put(view.name(), view);
        return this;
    }

    /** Removes a view; one that does not exist is no error. */
    public ClusterMapChanges deleteView(TableName name) {
        touchesCluster |= views.remove(name) != null;
        return this;
    }

    /** Sets something for the whole cluster. */
    public ClusterMapChanges putSetting(String path, String value) {
        existingCluster();
        settings.put(path, value);
        return this;
    }

    /** Gives a setting its default back. */
    public ClusterMapChanges deleteSetting(String path) {
        existingCluster();
        settings.remove(path);
        return this;
    }

    /**
     * The map as it will be, with the revision that the changes were computed from.
     *
     * @throws IllegalStateException when the cluster does not exist
     */
    public ClusterMap map() {
        return new ClusterMap(
                cluster, snapshot.revision(), existingCluster().properties(), shards, nodes, tables, views, settings);
    }

    /**
     * The transaction that makes the changes.
     *
     * @throws IllegalStateException when the cluster does not exist
     */
    public Transaction toTransaction() {
        Map<String, String> wanted = documents(map()); // refuses contradictions before they are stored
        Transaction.Builder transaction = Transaction.builder();
        transaction.ifRevision(keys.cluster(), revisionOf(keys.cluster()));
        if (touchesCluster) {
            transaction.put(keys.cluster(), ClusterMapCodec.encodeCluster(existingCluster()));
        }
        for (String key : stored.keySet()) {
            if (!wanted.containsKey(key)) {
                transaction.ifRevision(key, revisionOf(key)).delete(key);
                addLeader(transaction, key, true);
            }
        }
        wanted.forEach((key, value) -> {
            if (!value.equals(stored.get(key))) {
                transaction.ifRevision(key, revisionOf(key)).put(key, value);
                addLeader(transaction, key, false);
            }
        });
        return transaction.build();
    }

    private long revisionOf(String key) {
        KeyValue pair = snapshot.get(key);
        return pair == null ? 0 : pair.modRevision();
    }

    /** A change of a shard must not meet a change of its leader, and takes it along when the shard goes. */
    private void addLeader(Transaction.Builder transaction, String key, boolean delete) {
        String shard = keys.shardOf(key);
        if (shard == null) {
            return;
        }
        String leader = keys.leader(shard);
        long revision = revisionOf(leader);
        transaction.ifRevision(leader, revision);
        String changed = leaders.get(shard);
        if (delete && revision != 0) {
            transaction.delete(leader);
        } else if (changed != null) {
            transaction.put(leader, changed);
        }
    }

    private Map<String, String> documents(ClusterMap target) {
        Map<String, String> documents = new TreeMap<>();
        for (Shard shard : target.shards()) {
            documents.put(keys.shard(shard.name()), ClusterMapCodec.encodeShard(shard));
        }
        for (Node node : target.nodes().values()) {
            documents.put(keys.node(node.name()), ClusterMapCodec.encodeNode(node));
        }
        for (Table table : target.tables().values()) {
            documents.put(keys.table(table.name()), ClusterMapCodec.encodeTable(table));
        }
        for (View view : target.views().values()) {
            documents.put(keys.view(view.name()), ClusterMapCodec.encodeView(view));
        }
        target.settings()
                .forEach((path, value) -> documents.put(keys.setting(path), ClusterMapCodec.encodeSetting(value)));
        return documents;
    }

    private void addNode(NodeAddress address) {
        ClusterDocument old = existingCluster();
        if (nodes.containsKey(address.name())) {
            throw new IllegalStateException("node \"" + address.name() + "\" already exists");
        }
        nodes.put(
                address.name(),
                new Node(old.nextNodeOid(), address.name(), address.host(), address.port(), address.database()));
        document = new ClusterDocument(old.properties(), old.nextNodeOid() + 1);
        touchesCluster = true;
    }

    /** Shard i of n owns buckets i/n to (i+1)/n of all; a changed shard gets its next epoch. */
    private void spreadBuckets() {
        long buckets = existingCluster().properties().buckets();
        int count = shards.size();
        if (count > buckets) {
            throw new IllegalStateException("cluster \"" + cluster + "\" has no bucket for another shard");
        }
        for (int i = 0; i < count; i++) {
            Shard old = shards.get(i);
            BucketRange range = new BucketRange((int) (buckets * i / count), (int) (buckets * (i + 1) / count) - 1);
            List<BucketRange> ranges = List.of(range);
            if (!old.buckets().equals(ranges)) {
                long epoch = old.buckets().isEmpty() ? old.epoch() : old.epoch() + 1;
                shards.set(i, old.owning(ranges, epoch));
            }
        }
    }

    private ClusterDocument existingCluster() {
        if (document == null) {
            throw new IllegalStateException("cluster \"" + cluster + "\" does not exist");
        }
        return document;
    }

    private boolean hasNoRelation() {
        return tables.isEmpty() && views.isEmpty();
    }

    private void checkNothingToMove() {
        existingCluster();
        if (!hasNoRelation()) {
            throw new IllegalStateException("cluster \"" + cluster + "\" holds tables, whose rows would have to move");
        }
    }

    private @Nullable Shard findShard(String name) {
        return shards.stream()
                .filter(shard -> shard.name().equals(name))
                .min(Comparator.comparingInt(Shard::ordinal))
                .orElse(null);
    }

    private Shard existingShard(String name) {
        Shard shard = findShard(name);
        if (shard == null) {
            throw new IllegalStateException("shard \"" + name + "\" does not exist");
        }
        return shard;
    }

    private void replace(Shard shard) {
        shards.set(shard.ordinal(), shard);
        touchesCluster = true;
    }
}
