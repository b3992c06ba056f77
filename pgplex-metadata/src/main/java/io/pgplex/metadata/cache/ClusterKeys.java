package io.pgplex.metadata.cache;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.TableName;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Every key under which a cluster's metadata is stored, below {@code /pgplex/<cluster>/}. Immutable.
 *
 * <p>Names in keys are percent-encoded but for ASCII letters, digits, {@code _} and {@code -}: a name may hold dots,
 * slashes and any other character.
 */
public final class ClusterKeys {

    private static final String ROOT = "/pgplex/";
    private static final String NODES = "nodes/";
    private static final String SHARDS = "shards/";
    private static final String LEADER = "/leader";
    private static final String TABLES = "tables/";
    private static final String VIEWS = "views/";
    private static final String SETTINGS = "settings/";
    private static final String CLIENTS = "clients/";
    private static final String REPORTS = "reports/";

    private final String prefix;

    public ClusterKeys(String cluster) {
        if (cluster.isEmpty()) {
            throw new IllegalArgumentException("a cluster's name cannot be empty");
        }
        this.prefix = ROOT + encode(cluster) + "/";
    }

    /** What all keys of the cluster, and no other's, begin with. */
    public String prefix() {
        return prefix;
    }

    /** What is fixed for the cluster, and the counter of node oids; exists if the cluster does. */
    public String cluster() {
        return prefix + "cluster";
    }

    public String node(String name) {
        return prefix + NODES + encode(name);
    }

    public String shard(String name) {
        return prefix + SHARDS + encode(name);
    }

    /** Which member of a shard takes its writes, when that is not the one the shard was set up with. */
    public String leader(String shard) {
        return shard(shard) + LEADER;
    }

    public String table(TableName name) {
        return prefix + TABLES + encode(name);
    }

    public String view(TableName name) {
        return prefix + VIEWS + encode(name);
    }

    /** The state of a move of buckets. */
    public String move(String id) {
        return prefix + "moves/" + encode(id);
    }

    /** A setting; the path's steps are separated by dots, as in {@code SET nodes.pg3.weight}. */
    public String setting(String path) {
        return prefix + SETTINGS + encode(path);
    }

    /** What the keys of all clients, and no others, begin with. */
    public String clients() {
        return prefix + CLIENTS;
    }

    /** A client that lives, under its lease. */
    public String client(String id) {
        return clients() + encode(id);
    }

    /**
     * The election of the client that recovers with one role's rights, under its lease: what a role has prepared, only that
     * role and superusers may commit.
     */
    public String arbiter(String role) {
        return prefix + "arbiter/" + encode(role);
    }

    /** The election of the client that promotes standbys, under its lease. No role's, for they have a slash there. */
    public String failoverArbiter() {
        return prefix + "arbiter.failover";
    }

    /** How a shard's commits reach its standbys, as its primary last said. Not part of the map. */
    public String replication(String shard) {
        return prefix + "replication/" + encode(shard);
    }

    /** There while somebody switches a shard's primary, under a lease. Not part of the map. */
    public String switchover(String shard) {
        return prefix + "switchovers/" + encode(shard);
    }

    /** What the reports of a shard's failed primary, and no others, begin with. */
    public String reports(String shard) {
        return prefix + REPORTS + encode(shard) + "/";
    }

    /** That a client finds a shard's primary gone, under its lease; its id is that of its key. */
    public String report(String shard, String client) {
        return reports(shard) + encode(client);
    }

    /** Whether a key is part of what a cluster map is made from. */
    boolean isPartOfMap(String key) {
        if (!key.startsWith(prefix)) {
            return false;
        }
        String rest = key.substring(prefix.length());
        return rest.equals("cluster")
                || rest.startsWith(NODES)
                || rest.startsWith(SHARDS)
                || rest.startsWith(TABLES)
                || rest.startsWith(VIEWS)
                || rest.equals(SETTINGS + ClusterMap.SNAPSHOT)
                || rest.equals(SETTINGS + ClusterMap.FAILOVER);
    }

    /** The node whose key it is, or null. */
    @Nullable
    String nodeOf(String key) {
        return nameAfter(NODES, key);
    }

    /** The shard whose own key it is, or null. */
    @Nullable
    String shardOf(String key) {
        return nameAfter(SHARDS, key);
    }

    /** The shard whose leader's key it is, or null. */
    @Nullable
    String shardOfLeader(String key) {
        return key.endsWith(LEADER) ? nameAfter(SHARDS, key.substring(0, key.length() - LEADER.length())) : null;
    }

    /** The table whose key it is, or null. */
    @Nullable
    TableName tableOf(String key) {
        return relationAfter(TABLES, key);
    }

    /** The view whose key it is, or null. */
    @Nullable
    TableName viewOf(String key) {
        return relationAfter(VIEWS, key);
    }

    /** The path of the setting whose key it is, or null. */
    @Nullable
    String settingOf(String key) {
        return nameAfter(SETTINGS, key);
    }

    /** The client whose key it is, or null. */
    @Nullable
    String clientOf(String key) {
        return nameAfter(CLIENTS, key);
    }

    /** The client whose report on that shard it is, or null. */
    @Nullable
    String reporterOf(String shard, String key) {
        return nameAfter(REPORTS + encode(shard) + "/", key);
    }

    private @Nullable String nameAfter(String section, String key) {
        return key.startsWith(prefix + section) ? decode(key.substring(prefix.length() + section.length())) : null;
    }

    private @Nullable TableName relationAfter(String section, String key) {
        if (!key.startsWith(prefix + section)) {
            return null;
        }
        String rest = key.substring(prefix.length() + section.length());
        int dot = rest.indexOf('.');
        String schema = dot < 0 ? null : decode(rest.substring(0, dot));
        String name = dot < 0 ? null : decode(rest.substring(dot + 1));
        return schema == null || name == null ? null : new TableName(schema, name);
    }

    private static String encode(TableName name) {
        return encode(name.schema()) + "." + encode(name.name());
    }

    private static String encode(String name) {
        StringBuilder encoded = new StringBuilder(name.length() + 8);
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            if (isPlain((char) (b & 0xff))) {
                encoded.append((char) b);
            } else {
                encoded.append('%')
                        .append(Character.toUpperCase(Character.forDigit(b >> 4 & 0xf, 16)))
                        .append(Character.toUpperCase(Character.forDigit(b & 0xf, 16)));
            }
        }
        return encoded.toString();
    }

    /** The name that was encoded, or null where the text is no name's encoding. */
    private static @Nullable String decode(String encoded) {
        byte[] bytes = new byte[encoded.length()];
        int length = 0;
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            int value = c;
            if (c == '%') {
                int high = i + 2 < encoded.length() ? Character.digit(encoded.charAt(i + 1), 16) : -1;
                int low = high < 0 ? -1 : Character.digit(encoded.charAt(i + 2), 16);
                if (low < 0) {
                    return null;
                }
                value = high << 4 | low;
                i += 2;
            } else if (!isPlain(c)) {
                return null;
            }
            bytes[length++] = (byte) value;
        }
        String name = new String(bytes, 0, length, StandardCharsets.UTF_8);
        return encode(name).equals(encoded) ? name : null;
    }

    private static boolean isPlain(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    }
}
