package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.hash.KeyBuckets;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.routing.bind.KeyHashSql;
import io.pgplex.routing.plan.Effect;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which shard owns a key that travels as text. The client hashes it as the server would; what it cannot read in the
 * server's own text form the home shard hashes. Confined to its session's thread.
 */
final class KeyPlaces {

    /** {@link #owner}: the client cannot read the key as the server does. */
    static final int UNKNOWN = -1;

    private final Session session;
    private final ClusterMap map;
    private final KeyType type;

    KeyPlaces(Session session, ClusterMap map, KeyType type) {
        this.session = session;
        this.map = map;
        this.type = type;
    }

    /** The ordinal of the shard that owns the key, or {@link #UNKNOWN}. */
    int owner(@Nullable String key) {
        if (key == null) {
            return map.ownerOf(KeyBuckets.bucketOfNull(map.buckets()));
        }
        int bucket = KeyBuckets.bucketOfLiteral(type, key, true, map.buckets());
        return bucket >= 0 ? map.ownerOf(bucket) : UNKNOWN;
    }

    /** The ordinals of the shards that own keys of which {@link #owner} does not know it, in their order. */
    int[] askForOwners(List<String> keys) throws SQLException {
        int[] owners = new int[keys.size()];
        Lease lease = session.lease(map.homeShard(), Effect.READ);
        try (PreparedStatement statement = lease.backend().connection().prepareStatement(query())) {
            statement.setArray(1, statement.getConnection().createArrayOf("text", keys.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                for (int i = 0; i < owners.length && rows.next(); i++) {
                    owners[i] = map.ownerOf(KeyBuckets.bucketOfHash(rows.getLong(1), map.buckets()));
                }
            }
            return owners;
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw PgplexErrors.onShard(
                    e, map.homeShard().name(), lease.backend().node().name());
        } finally {
            session.giveBack(lease);
        }
    }

    /** The type without a modifier; {@code character} alone would be one of a single character. */
    private String query() {
        String sqlType = type == KeyType.CHAR ? "pg_catalog.bpchar" : type.sqlName();
        return "SELECT " + KeyHashSql.of(sqlType, "u.k")
                + " FROM pg_catalog.unnest(?::pg_catalog.text[]) WITH ORDINALITY AS u(k, place) ORDER BY u.place";
    }
}
