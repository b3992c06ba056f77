package io.pgplex.metadata.cache;

import com.google.gson.JsonObject;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import java.util.HashSet;
import java.util.Set;

/**
 * The clients of a cluster that live: each keeps a key under a lease, so that it vanishes with its client. Stateless.
 *
 * <p>One client may keep several keys, for it may have opened the cluster in several ways: the key's name is the client's
 * and a number behind a hyphen.
 */
public final class Clients {

    private Clients() {}

    /** The name of one of a client's keys. */
    public static String id(String client, int number) {
        return client + "-" + number;
    }

    /**
     * What stands under a client's key, and under the key of an election that it has won: for people to read.
     *
     * @param client the client's name, with which the names of its transactions begin
     * @param pid its process
     */
    public static String document(String client, long pid) {
        JsonObject json = JsonDocument.create();
        json.addProperty("client", client);
        json.addProperty("pid", pid);
        return json.toString();
    }

    /**
     * The names of all clients that live.
     *
     * @throws MetadataException whatever the store throws: then nothing is known of anybody
     */
    public static Set<String> alive(MetadataStore store, String cluster) throws MetadataException {
        ClusterKeys keys = new ClusterKeys(cluster);
        Set<String> alive = new HashSet<>();
        for (KeyValue pair : store.read(keys.clients()).pairs()) {
            String id = keys.clientOf(pair.key());
            int hyphen = id == null ? -1 : id.lastIndexOf('-');
            if (id != null && hyphen > 0) {
                alive.add(id.substring(0, hyphen));
            }
        }
        return alive;
    }

    /** What stands under a client's report that the primary of a shard is gone. */
    public static String report(String node, long epoch) {
        JsonObject json = JsonDocument.create();
        json.addProperty("node", node);
        json.addProperty("epoch", epoch);
        return json.toString();
    }

    /**
     * How many of the clients that live find a shard's primary gone.
     *
     * @param clients the keys of clients that live: one that has opened the cluster in several ways counts several times
     * @param reporters those of them that report this primary at this epoch
     */
    public record Poll(int clients, int reporters) {

        public boolean isMajority() {
            return 2 * reporters > clients;
        }
    }

    /**
     * Asks who finds a shard's primary gone.
     *
     * @throws MetadataException whatever the store throws
     */
    public static Poll poll(MetadataStore store, String cluster, String shard, String node, long epoch)
            throws MetadataException {
        ClusterKeys keys = new ClusterKeys(cluster);
        Set<String> alive = new HashSet<>();
        for (KeyValue pair : store.read(keys.clients()).pairs()) {
            alive.add(String.valueOf(keys.clientOf(pair.key())));
        }
        int reporters = 0;
        String report = report(node, epoch);
        for (KeyValue pair : store.read(keys.reports(shard)).pairs()) {
            String client = keys.reporterOf(shard, pair.key());
            if (client != null && alive.contains(client) && pair.value().equals(report)) {
                reporters++;
            }
        }
        return new Poll(alive.size(), reporters);
    }
}
