package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.hash.KeyBuckets;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.routing.bind.KeyHashSql;
import io.pgplex.routing.plan.Effect;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import org.jspecify.annotations.Nullable;

/**
 * Which shard owns a key that travels as text. The client hashes it as the server would; what it cannot read in the
 * server's own text form the home shard hashes. Confined to its session's thread.
 */
final class KeyPlaces {

    private final Session session;
    private final ClusterMap map;
    private final KeyType type;

    KeyPlaces(Session session, ClusterMap map, KeyType type) {
        this.session = session;
        this.map = map;
        this.type = type;
    }

    /** The ordinal of the shard that owns the key. */
    int owner(@Nullable String key) throws SQLException {
        if (key == null) {
            return map.ownerOf(KeyBuckets.bucketOfNull(map.buckets()));
        }
        int bucket = KeyBuckets.bucketOfLiteral(type, key, true, map.buckets());
        return map.ownerOf(bucket >= 0 ? bucket : askServer(key));
    }

    /** The type without a modifier; {@code character} alone would be one of a single character. */
    private String sqlType() {
        return type == KeyType.CHAR ? "pg_catalog.bpchar" : type.sqlName();
    }

    private int askServer(String key) throws SQLException {
        Lease lease = session.lease(map.homeShard(), Effect.READ);
        try (PreparedStatement statement =
                lease.backend().connection().prepareStatement("SELECT " + KeyHashSql.of(sqlType()))) {
            statement.setObject(1, key, Types.OTHER);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return KeyBuckets.bucketOfHash(row.getLong(1), map.buckets());
            }
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw e;
        } finally {
            session.giveBack(lease);
        }
    }
}
