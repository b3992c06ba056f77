package io.pgplex.metadata.cache;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.MetadataException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a shard's commits reach its standbys: kept in the metadata store, because the primary cannot be asked once it is gone.
 * Immutable.
 *
 * @param primary the node that it is about
 * @param count how many of the standbys each commit waits for; 0 for none
 * @param standbys the names of the nodes among which these are; for a standby that is no node, what it is called with a
 *     question mark before it
 * @param wanted how many a commit shall wait for once so many standbys are there
 * @param managed whether pgplex has set the primary's {@code synchronous_standby_names}, and keeps it
 */
public record ShardReplication(String primary, int count, List<String> standbys, int wanted, boolean managed) {

    public ShardReplication {
        standbys = List.copyOf(standbys);
    }

    /** Commits wait for nobody. */
    public static ShardReplication none(String primary, int wanted, boolean managed) {
        return new ShardReplication(primary, 0, List.of(), wanted, managed);
    }

    /**
     * Whether the most advanced of these nodes surely has every commit that was acknowledged: each is on at least {@code
     * count} of the standbys, so that it is on one of these, whatever it was, where fewer than that are missing.
     */
    public boolean isSafe(Set<String> reachable) {
        long missing =
                standbys.stream().filter(node -> !reachable.contains(node)).count();
        return count > 0 && missing < count;
    }

    public String encode() {
        JsonObject json = JsonDocument.create();
        json.addProperty("primary", primary);
        json.addProperty("count", count);
        JsonArray names = new JsonArray();
        standbys.forEach(names::add);
        json.add("standbys", names);
        json.addProperty("wanted", wanted);
        json.addProperty("managed", managed);
        return json.toString();
    }

    /** What a pair holds, null for no pair. */
    public static @Nullable ShardReplication decode(@Nullable KeyValue pair) throws MetadataException {
        if (pair == null) {
            return null;
        }
        JsonDocument json = JsonDocument.parse(pair);
        return new ShardReplication(
                json.string("primary"),
                json.smallInteger("count"),
                json.strings("standbys"),
                json.smallInteger("wanted"),
                json.bool("managed"));
    }
}
