package io.pgplex.jdbc.merge;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.Oid;
import org.postgresql.core.TypeInfo;
import org.postgresql.jdbc.PgResultSet;

/**
 * Types as SQL that means the same on every shard: qualified and quoted, free of the OIDs, which differ between servers
 * for types that an application created.
 */
public final class TypeNames {

    /** The first OID that initdb does not give; types below have the same OID and schema everywhere. */
    private static final int FIRST_NORMAL_OID = 16384;

    private static final String NAME_QUERY = """
            SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.typname)
            FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
            WHERE t.oid = ?""";

    private TypeNames() {}

    /**
     * The types of an answer's columns in SQL, without modifiers.
     *
     * @param rows one shard's rows, or rows merged of several shards'
     * @throws SQLException 0A000 for rows of anonymous composite type, whose columns no other server would know
     */
    public static List<String> of(ResultSet rows) throws SQLException {
        PgResultSet sample = rows.isWrapperFor(PgResultSet.class)
                ? rows.unwrap(PgResultSet.class)
                : rows.unwrap(MergedResultSet.class).sample();
        int columns = rows.getMetaData().getColumnCount();
        List<String> types = new ArrayList<>(columns);
        for (int i = 1; i <= columns; i++) {
            types.add(of(sample, i));
        }
        return types;
    }

    /** The type of one column, as {@link #of(ResultSet)} says. */
    static String of(PgResultSet sample, int column) throws SQLException {
        int oid = sample.getColumnOID(column);
        if (oid == Oid.RECORD || oid == Oid.RECORD_ARRAY) {
            throw PgplexErrors.error(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "rows of anonymous composite type cannot be combined across shards",
                    "Cast the row to a named composite type, or select its columns.");
        }
        return of(oid, sample.getStatement().getConnection());
    }

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
