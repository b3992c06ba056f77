package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.cache.NodeAddress;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.ClusterProperties;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.store.MetadataStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DISCOVER, JOIN, LEAVE and ALTER CLUSTER SET. Thread-safe. What changes a server is safe to repeat and comes first; what decides
 * is one transaction of the metadata store.
 */
public final class ClusterCommands {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterCommands.class);

    /** Names are part of a prepared transaction's gid, which has at most 200 bytes and colons between its parts. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_-]{0,39}");

    private final ClusterRegistry registry;
    private final NodeConnector connector;
    private final String database;

    /**
     * The commands of one session.
     *
     * @param cache the session's map, which a command waits for before it returns
     * @param connector opens connections with the session's credentials
     * @param database the database's name in the JDBC URL: that of a new cluster, and of a conninfo without dbname
     * @param timeout how long to wait for the map
     */
    public ClusterCommands(
            MetadataStore store, ClusterMapCache cache, NodeConnector connector, String database, Duration timeout) {
        this.registry = new ClusterRegistry(store, cache, timeout);
        this.connector = connector;
        this.database = database;
    }

    /**
     * A row of DISCOVER CLUSTER, shaped like {@code pg_cluster}.
     *
     * @param oid the node's number, or null where it is none of this cluster's
     * @param name the node's name, or null
     * @param conn its conninfo, without credentials
     * @param state primary, standby, or what keeps it from being one of this cluster's nodes
     */
    public record DiscoveredNode(
            @Nullable Long oid, @Nullable String name, String conn, String state) {}

    /** What may be set for a whole cluster: the values of each setting, its default first. */
    private static final Map<String, List<String>> SETTINGS = Map.of(
            ClusterMap.SNAPSHOT,
            List.of("global", ClusterMap.STRICT),
            ClusterMap.FAILOVER,
            List.of("safe", "lossy", "off"));

    /**
     * Sets something for the whole cluster: {@code snapshot} to {@code global} or {@code strict}, {@code failover} to {@code
     * safe}, {@code lossy} or {@code off}.
     *
     * @param value null for the default
     * @throws SQLException 42704 for an unknown name, 22023 for an unknown value, 08006 when the store does not answer
     */
    public void set(String name, @Nullable String value) throws SQLException {
        List<String> values = SETTINGS.get(name);
        if (values == null) {
            throw PgplexErrors.error(
                    SqlState.UNDEFINED_OBJECT,
                    "unknown setting \"" + name + "\" of a cluster",
                    "Settings are: " + String.join(", ", new TreeSet<>(SETTINGS.keySet())) + ".");
        }
        if (value != null && !values.contains(value)) {
            throw PgplexErrors.error(
                    SqlState.INVALID_PARAMETER,
                    "invalid value for setting \"" + name + "\": \"" + value + "\"",
                    "Valid values are: " + String.join(", ", values) + ".");
        }
        registry.change(changes -> {
            if (value == null || value.equals(values.get(0))) {
                changes.deleteSetting(name);
            } else {
                changes.putSetting(name, value);
            }
        });
    }

    /**
     * Looks at a server and changes nothing.
     *
     * @throws SQLException 22023 for a malformed conninfo, 08001 when the server cannot be reached
     */
    public DiscoveredNode discover(String conninfo) throws SQLException {
        Conninfo address = Conninfo.parse(conninfo, database);
        NodeProbe probe = probe(address);
        ClusterMapChanges cluster = registry.read();
        String conn = new Node(0, "", address.host(), address.port(), address.database()).conninfo();
        Node member = cluster.clusterExists() ? node(cluster.map(), address) : null;
        String role = probe.inRecovery() ? "standby" : "primary";
        if (member != null) {
            return new DiscoveredNode(member.oid(), member.name(), conn, role);
        }
        String state = probe.cluster() == null || probe.cluster().equals(registry.cluster())
                ? role + ", not joined"
                : role + " of cluster " + probe.cluster();
        return new DiscoveredNode(null, null, conn, state);
    }

    /**
     * Makes a server a node: the first one of a new cluster, a new shard, or a standby of a shard. For a node that is there
     * already under that very name and shard, brings its schema up to date.
     *
     * @param nodeName the new node's name, or null for the next free one of pg1, pg2, ...
     * @param shardName the new shard's name, or null for the next free one of s1, s2, ...
     * @param replicaOf the node that the server follows, or null for a new shard
     * @param inTransaction whether the session is inside a transaction
     * @return what the application should be warned of, or null
     * @throws SQLException 25001 inside a transaction, 42710 for a name or server that is there already, 42704 for an
     *     unknown node, 55000 or 0A000 for a server that cannot join, 0A000 for a new shard while there are tables
     */
    public @Nullable String join(
            String conninfo,
            @Nullable String nodeName,
            @Nullable String shardName,
            @Nullable String replicaOf,
            boolean inTransaction)
            throws SQLException {
        refuseTransaction("JOIN CLUSTER", inTransaction);
        checkName("node", nodeName);
        checkName("shard", shardName);
        Conninfo address = Conninfo.parse(conninfo, database);
        ClusterMapChanges cluster = registry.read();
        ClusterMap map = cluster.clusterExists() ? cluster.map() : null;
        try (Connection connection = connect(address)) {
            NodeProbe probe = NodeProbe.of(connection);
            probe.checkFitness();
            if (map != null && isMember(map, address, probe, nodeName, shardName, replicaOf)) {
                if (replicaOf == null) {
                    SchemaInstaller.install(connection);
                    Shard shard = Objects.requireNonNull(map.shard(Objects.requireNonNull(shardName)));
                    SchemaInstaller.writeMembership(connection, registry.cluster(), shard.name(), shard.epoch());
                }
                return null;
            }
            if (map != null) {
                refuseMember(map, address, probe, replicaOf != null);
            }
            if (replicaOf != null) {
                joinStandby(map, address, probe, nodeName, replicaOf);
                return null;
            }
            joinShard(map, address, connection, probe, nodeName, shardName, null);
            return otherVersion(map, probe);
        }
    }

    /**
     * Makes a Patroni cluster a shard, whose nodes are from then on those that Patroni's keys name. For a shard that it is
     * already, brings its leader's schema up to date.
     *
     * @param conninfo any member, with the shard's database
     * @param nodeName the name that stands for the shard's nodes in LEAVE, or null for the next free one
     * @param shardName the new shard's name, or null for the next free one of s1, s2, ...
     * @param scope Patroni's scope, or the whole prefix of its keys
     * @param inTransaction whether the session is inside a transaction
     * @return what the application should be warned of, or null
     * @throws SQLException as {@link #join} does; 55000 when the keys name no leader, or the server is not of that Patroni
     *     cluster; 0A000 without an etcd
     */
    public @Nullable String joinPatroni(
            String conninfo, @Nullable String nodeName, @Nullable String shardName, String scope, boolean inTransaction)
            throws SQLException {
        refuseTransaction("JOIN CLUSTER", inTransaction);
        checkName("node", nodeName);
        checkName("shard", shardName);
        Conninfo address = Conninfo.parse(conninfo, database);
        PatroniCluster patroni = PatroniCluster.read(registry, scope, address.database());
        ClusterMapChanges cluster = registry.read();
        ClusterMap map = cluster.clusterExists() ? cluster.map() : null;
        NodeProbe member = probe(address);
        try (Connection connection = connect(patroni.leader())) {
            NodeProbe leader = NodeProbe.of(connection);
            checkLeads(leader, member, patroni);
            leader.checkFitness();
            Shard declared = map == null ? null : patroni.shard(map);
            if (declared != null) {
                if (!declared.name().equals(shardName)
                        || (nodeName != null && !declared.primary().equals(nodeName))) {
                    throw Refusals.error(
                            "42710",
                            "the Patroni cluster is shard \"" + declared.name() + "\" already",
                            "Name it as it is, and its schema is brought up to date.");
                }
                SchemaInstaller.install(connection);
                SchemaInstaller.writeMembership(connection, registry.cluster(), declared.name(), declared.epoch());
                return null;
            }
            if (map != null) {
                for (Conninfo each : patroni.members()) {
                    refuseMember(map, each, leader, false);
                }
            }
            joinShard(map, patroni.leader(), connection, leader, nodeName, shardName, patroni);
            return otherVersion(map, leader);
        }
    }

    private static void checkLeads(NodeProbe leader, NodeProbe member, PatroniCluster patroni) throws SQLException {
        if (leader.systemIdentifier() != member.systemIdentifier()
                || !leader.database().equals(member.database())) {
            throw Refusals.error(
                    "55000",
                    "the server is not a member of the Patroni cluster",
                    "By the keys " + patroni.scope().prefix() + " its leader is at "
                            + patroni.leader().host() + ":" + patroni.leader().port() + ", which is another database.",
                    null);
        }
        if (leader.inRecovery()) {
            throw Refusals.error("55000", "the leader of the Patroni cluster has not been promoted yet", "Try again.");
        }
    }

    private static @Nullable String otherVersion(@Nullable ClusterMap map, NodeProbe probe) {
        return map == null || map.properties().serverVersion() == probe.majorVersion()
                ? null
                : "the node runs PostgreSQL " + probe.majorVersion() + ", the cluster's first node "
                        + map.properties().serverVersion();
    }

    /**
     * Whether the command names a node as it is already: then it only brings the server's schema up to this version, and
     * repairs what the server says of itself.
     */
    private boolean isMember(
            ClusterMap map,
            Conninfo address,
            NodeProbe probe,
            @Nullable String nodeName,
            @Nullable String shardName,
            @Nullable String replicaOf) {
        Node member = member(map, address);
        if (member == null || !member.name().equals(nodeName)) {
            return false;
        }
        Shard shard = shardOf(map, member.name());
        if (replicaOf != null) {
            return shard.primary().equals(replicaOf) && shard.standbys().contains(nodeName);
        }
        boolean mayBeOurs = probe.cluster() == null || probe.cluster().equals(registry.cluster());
        return shard.name().equals(shardName) && shard.primary().equals(nodeName) && !probe.inRecovery() && mayBeOurs;
    }

    private void joinShard(
            @Nullable ClusterMap map,
            Conninfo address,
            Connection connection,
            NodeProbe probe,
            @Nullable String nodeName,
            @Nullable String shardName,
            @Nullable PatroniCluster patroni)
            throws SQLException {
        if (probe.inRecovery()) {
            throw Refusals.error(
                    "55000", "the server is a standby", "Join its primary, then this one with REPLICA OF.");
        }
        if (map != null) {
            probe.checkSameOrder(map.properties().collation());
            refuseTables(map, "join a shard to");
        }
        SchemaInstaller.install(connection);
        try {
            registry.change(changes -> {
                // another client may have taken the name since: choose again on each attempt
                ClusterMap now = changes.clusterExists() ? changes.map() : null;
                String shard =
                        shardName != null ? shardName : freeName("s", name -> now != null && now.shard(name) != null);
                addShard(changes, address, probe, nodeName, shard);
                if (patroni != null) {
                    changes.declarePatroni(shard, patroni.name());
                }
                long epoch = Objects.requireNonNull(changes.map().shard(shard)).epoch();
                SchemaInstaller.writeMembership(connection, registry.cluster(), shard, epoch);
            });
        } catch (SQLException e) {
            forget(connection, address, e);
            throw e;
        }
    }

    private void addShard(
            ClusterMapChanges changes, Conninfo address, NodeProbe probe, @Nullable String nodeName, String shard)
            throws SQLException {
        if (!changes.clusterExists()) {
            ClusterProperties properties = new ClusterProperties(
                    database,
                    ClusterProperties.DEFAULT_BUCKETS,
                    probe.collation(),
                    probe.bytewiseCollation(),
                    probe.majorVersion());
            changes.createCluster(properties, shard, node(null, nodeName, address));
            return;
        }
        ClusterMap map = changes.map();
        probe.checkSameOrder(map.properties().collation());
        refuseTables(map, "join a shard to");
        if (map.shard(shard) != null) {
            throw Refusals.error(
                    "42710", "shard \"" + shard + "\" already exists", "A standby joins with REPLICA OF its primary.");
        }
        changes.addShard(shard, node(map, nodeName, address));
    }

    private void joinStandby(
            @Nullable ClusterMap map, Conninfo address, NodeProbe probe, @Nullable String nodeName, String replicaOf)
            throws SQLException {
        if (map == null) {
            throw Refusals.error(
                    "42704", "node \"" + replicaOf + "\" does not exist", "The first node joins without REPLICA OF.");
        }
        Shard patroni = patroniShardOf(map, replicaOf);
        if (patroni != null) {
            throw Refusals.error(
                    "55000",
                    "node \"" + replicaOf + "\" is of shard \"" + patroni.name() + "\", which Patroni keeps",
                    "Make the server a member of that Patroni cluster: its members need no JOIN.");
        }
        Shard shard = shardOfPrimary(map, replicaOf);
        if (!probe.inRecovery()) {
            throw Refusals.error(
                    "55000", "the server is not a standby", "Set up streaming replication from the primary first.");
        }
        NodeProbe primary = probe(map.primary(shard));
        if (primary.systemIdentifier() != probe.systemIdentifier()
                || !primary.database().equals(probe.database())) {
            throw Refusals.error(
                    "55000",
                    "the server is not a standby of node \"" + replicaOf + "\"",
                    "Both must have one system identifier and database.");
        }
        if (probe.timeline() > primary.timeline()) {
            throw Refusals.error(
                    "55000",
                    "the server is on a later timeline than node \"" + replicaOf + "\"",
                    "It follows another primary.");
        }
        registry.change(changes -> {
            ClusterMap now = changes.map();
            changes.addStandby(shardOfPrimary(now, replicaOf).name(), node(now, nodeName, address));
        });
    }

    /**
     * Takes a node out of the cluster: a standby, a shard while there are no tables, or the last node and with it the
     * cluster.
     *
     * @param nodeName the node, or null for the only one
     * @param inTransaction whether the session is inside a transaction
     * @throws SQLException 25001 inside a transaction, 42704 for an unknown node, 55006 when rows would be lost
     */
    public void leave(@Nullable String nodeName, boolean inTransaction) throws SQLException {
        refuseTransaction("LEAVE CLUSTER", inTransaction);
        ClusterMapChanges cluster = registry.read();
        if (!cluster.clusterExists()) {
            throw Refusals.error("42704", "cluster \"" + registry.cluster() + "\" does not exist", null);
        }
        ClusterMap map = cluster.map();
        Node node = leaving(map, nodeName);
        Shard shard = shardOf(map, node.name());
        Node server = leader(map, shard);
        if (!shard.primary().equals(node.name())) {
            registry.change(changes -> changes.removeNode(node.name()));
            return;
        }
        checkShardMayLeave(map, node.name());
        if (map.shards().size() == 1) {
            registry.removeCluster(changes -> checkShardMayLeave(changes.map(), node.name()));
        } else {
            registry.change(changes -> changes.removeShard(
                    checkShardMayLeave(changes.map(), node.name()).name()));
        }
        forget(server);
    }

    private Node leaving(ClusterMap map, @Nullable String nodeName) throws SQLException {
        if (nodeName == null) {
            if (map.nodes().size() > 1) {
                throw Refusals.error("42601", "LEAVE CLUSTER does not say which node", "Write LEAVE CLUSTER ON node.");
            }
            return map.primary(map.homeShard());
        }
        Node node = map.nodes().get(nodeName);
        if (node != null) {
            return node;
        }
        Shard patroni = patroniShardOf(map, nodeName);
        if (patroni == null) {
            throw Refusals.error("42704", "node \"" + nodeName + "\" does not exist", null);
        }
        if (!leader(map, patroni).name().equals(nodeName)) {
            throw Refusals.error(
                    "55006",
                    "node \"" + nodeName + "\" is a replica that Patroni keeps",
                    "Remove it from the Patroni cluster; LEAVE CLUSTER ON " + patroni.primary()
                            + " takes the whole shard out of this cluster.");
        }
        return map.primary(patroni);
    }

    /** The Patroni shard whose node this is, by its stored name or as a member; or null. */
    private @Nullable Shard patroniShardOf(ClusterMap stored, String node) {
        ClusterMap seen = registry.seen();
        for (Shard shard : stored.shards()) {
            Shard members = seen == null ? null : seen.shard(shard.name());
            if (shard.patroni() != null
                    && (shard.primary().equals(node)
                            || (members != null && members.members().contains(node)))) {
                return shard;
            }
        }
        return null;
    }

    /** The node that leads a shard now: what is stored of a Patroni shard is who led it when it joined. */
    private Node leader(ClusterMap stored, Shard shard) {
        ClusterMap seen = shard.patroni() == null ? null : registry.seen();
        Shard now = seen == null ? null : seen.shard(shard.name());
        return seen == null || now == null ? stored.primary(shard) : seen.primary(now);
    }

    /** The shard of a primary that wants to leave. */
    private static Shard checkShardMayLeave(ClusterMap map, String node) throws SQLException {
        Shard shard = shardOf(map, node);
        if (!shard.primary().equals(node)) {
            throw Refusals.error("55006", "node \"" + node + "\" is no longer a primary", "Try again.");
        }
        if (!shard.standbys().isEmpty()) {
            throw Refusals.error(
                    "55006",
                    "node \"" + node + "\" has standbys",
                    "LEAVE CLUSTER ON " + shard.standbys().get(0) + " first.");
        }
        if (!map.tables().isEmpty() || !map.views().isEmpty()) {
            throw Refusals.error(
                    "55006",
                    "shard \"" + shard.name() + "\" holds rows of distributed or replicated tables",
                    "Drop them first; moving rows off a shard is not supported yet.");
        }
        if (shard.ordinal() == 0 && map.shards().size() > 1) {
            throw Refusals.error(
                    "55006",
                    "node \"" + node + "\" is the home shard's, which holds the local tables",
                    "The home shard leaves last.");
        }
        return shard;
    }

    private void refuseMember(ClusterMap map, Conninfo address, NodeProbe probe, boolean standby) throws SQLException {
        Node member = member(map, address);
        if (member != null) {
            throw Refusals.error(
                    "42710",
                    "the server is node \"" + member.name() + "\" already",
                    "Name it and its shard as they are, and its schema is brought up to date.");
        }
        String cluster = probe.cluster();
        if (cluster == null) {
            return;
        }
        if (!cluster.equals(registry.cluster())) {
            throw Refusals.error(
                    "55000",
                    "the database belongs to cluster \"" + cluster + "\"",
                    "LEAVE CLUSTER there first. If that cluster is gone for good, drop schema pgplex in the database.");
        }
        Shard shard = probe.shard() == null ? null : map.shard(probe.shard());
        if (standby || shard == null) {
            return;
        }
        // what an earlier cluster of this name wrote there does not count: ask the shard's primary who it is
        NodeProbe primary = probe(leader(map, shard));
        if (primary.systemIdentifier() == probe.systemIdentifier()
                && primary.database().equals(probe.database())) {
            throw Refusals.error("42710", "the server is node \"" + shard.primary() + "\" already", null);
        }
    }

    private static void refuseTables(ClusterMap map, String what) throws SQLException {
        if (!map.tables().isEmpty() || !map.views().isEmpty()) {
            throw Refusals.notSupported(
                    "cannot " + what + " a cluster that has distributed or replicated tables yet",
                    "Join all shards before the first such table is created; standbys can join at any time.");
        }
    }

    private static NodeAddress node(@Nullable ClusterMap map, @Nullable String nodeName, Conninfo address)
            throws SQLException {
        Predicate<String> taken = name -> map != null && map.nodes().containsKey(name);
        if (nodeName != null && taken.test(nodeName)) {
            throw Refusals.error("42710", "node \"" + nodeName + "\" already exists", null);
        }
        String name = nodeName != null ? nodeName : freeName("pg", taken);
        return new NodeAddress(name, address.host(), address.port(), address.database());
    }

    private static String freeName(String prefix, Predicate<String> taken) {
        int number = 1;
        while (taken.test(prefix + number)) {
            number++;
        }
        return prefix + number;
    }

    private static @Nullable Node member(ClusterMap map, Conninfo address) {
        for (Node node : map.nodes().values()) {
            if (node.host().equals(address.host())
                    && node.port() == address.port()
                    && node.database().equals(address.database())) {
                return node;
            }
        }
        return null;
    }

    /** The node at an address; a Patroni shard has those that Patroni names. */
    private @Nullable Node node(ClusterMap stored, Conninfo address) {
        Node node = member(stored, address);
        ClusterMap seen = registry.seen();
        boolean own = node != null && patroniShardOf(stored, node.name()) == null;
        return own || seen == null ? node : member(seen, address);
    }

    private static Shard shardOf(ClusterMap map, String node) {
        for (Shard shard : map.shards()) {
            if (shard.primary().equals(node) || shard.standbys().contains(node)) {
                return shard;
            }
        }
        throw new IllegalStateException("node \"" + node + "\" belongs to no shard");
    }

    private static Shard shardOfPrimary(ClusterMap map, String node) throws SQLException {
        if (!map.nodes().containsKey(node)) {
            throw Refusals.error("42704", "node \"" + node + "\" does not exist", null);
        }
        Shard shard = shardOf(map, node);
        if (!shard.primary().equals(node)) {
            throw Refusals.error(
                    "55000", "node \"" + node + "\" is a standby itself", "Name the primary: " + shard.primary() + ".");
        }
        return shard;
    }

    private NodeProbe probe(Node node) throws SQLException {
        return probe(new Conninfo(node.host(), node.port(), node.database()));
    }

    private NodeProbe probe(Conninfo address) throws SQLException {
        try (Connection connection = connect(address)) {
            return NodeProbe.of(connection);
        }
    }

    private Connection connect(Conninfo address) throws SQLException {
        try {
            return connector.connect(address.host(), address.port(), address.database());
        } catch (SQLException e) {
            if (!Objects.requireNonNullElse(e.getSQLState(), "").startsWith("08")) {
                throw e;
            }
            throw PgplexErrors.error(
                    SqlState.NO_ELIGIBLE_NODE,
                    "cannot reach the server at " + address.host() + ":" + address.port(),
                    null,
                    "Check the conninfo, and that the server runs and listens there.",
                    e);
        }
    }

    /**
     * Takes back what a JOIN that failed has written, unless another client has joined that server meanwhile. A failure
     * here only leaves a row that the next JOIN replaces.
     */
    private void forget(Connection connection, Conninfo address, SQLException failure) {
        try {
            ClusterMapChanges cluster = registry.read();
            if (!cluster.clusterExists() || member(cluster.map(), address) == null) {
                SchemaInstaller.removeMembership(connection);
            }
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    private void forget(Node node) {
        try (Connection connection = connector.connect(node.host(), node.port(), node.database())) {
            SchemaInstaller.removeMembership(connection);
        } catch (SQLException e) {
            LOG.warn(
                    "node {} has left, but still says that it belongs to the cluster: {}", node.name(), e.getMessage());
        }
    }

    private static void refuseTransaction(String command, boolean inTransaction) throws SQLException {
        if (inTransaction) {
            throw Refusals.error("25001", command + " cannot run inside a transaction block", "Switch autocommit on.");
        }
    }

    private static void checkName(String what, @Nullable String name) throws SQLException {
        if (name != null && !NAME.matcher(name).matches()) {
            throw Refusals.error(
                    "22023",
                    "\"" + name + "\" is not a " + what + "'s name",
                    "Use up to 40 ASCII letters, digits, underscores and hyphens, no hyphen first.");
        }
    }
}
