package io.pgplex.jdbc.merge;

import io.pgplex.jdbc.error.PgplexErrors;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TypeInfo;

/**
 * Types as SQL that means the same on every shard: qualified and quoted, free of the OIDs, which differ between servers
 * for types that an application created.
 */
final class TypeNames {

    /** The first OID that initdb does not give; types below have the same OID and schema everywhere. */
    private static final int FIRST_NORMAL_OID = 16384;

    private static final String NAME_QUERY = """
            SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.typname)
            FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
            WHERE t.oid = ?""";

    private TypeNames() {}

    /**
     * The type's name in SQL, without a modifier.
     *
     * @param connection the connection that reported the OID
     */
    static String of(int oid, Connection connection) throws SQLException {
        TypeInfo types = connection.unwrap(BaseConnection.class).getTypeInfo();
        long unsigned = types.intOidToLong(oid);
        if (unsigned < FIRST_NORMAL_OID) {
            String name = types.getPGType(oid);
            if (name != null) {
                // quoted, because bit, char and interval mean something else as keywords
                return "pg_catalog.\"" + name + '"';
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(NAME_QUERY)) {
            statement.setLong(1, unsigned);
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    throw PgplexErrors.bug("type " + unsigned + " of a result column does not exist", null);
                }
                return rows.getString(1);
            }
        }
    }
}
