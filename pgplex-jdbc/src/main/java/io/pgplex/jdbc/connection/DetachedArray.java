package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.LogicalSession;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.jdbc.PgArray;

/**
 * An array that belongs to no physical connection: its element type's name and its text. A shard's own array carries that
 * shard's OID of the type, which another shard need not share; pgjdbc binds an array like this one by name and text.
 * Immutable.
 */
final class DetachedArray implements Array {
    private final @Nullable LogicalSession session;
    private final String baseTypeName;
    private final int baseType;
    private final @Nullable String text;

    private DetachedArray(@Nullable LogicalSession session, String baseTypeName, int baseType, @Nullable String text) {
        this.session = session;
        this.baseTypeName = baseTypeName;
        this.baseType = baseType;
        this.text = text;
    }

    /** A copy of an array as a parameter: of any array its type's name and {@code toString()}, which is what pgjdbc reads. */
    static DetachedArray of(Array array) throws SQLException {
        return array instanceof DetachedArray detached
                ? detached
                : new DetachedArray(null, array.getBaseTypeName(), Types.OTHER, array.toString());
    }

    /** A copy whose elements can be read as well, on the session's home shard. */
    static DetachedArray of(Array array, LogicalSession session) throws SQLException {
        return new DetachedArray(session, array.getBaseTypeName(), array.getBaseType(), array.toString());
    }

    @Override
    public String getBaseTypeName() {
        return baseTypeName;
    }

    @Override
    public int getBaseType() {
        return baseType;
    }

    @Override
    public Object getArray() throws SQLException {
        return session().onHome(connection -> attached(connection).getArray());
    }

    @Override
    public Object getArray(@Nullable Map<String, Class<?>> map) throws SQLException {
        return session().onHome(connection -> attached(connection).getArray(map));
    }

    @Override
    public Object getArray(long index, int count) throws SQLException {
        return session().onHome(connection -> attached(connection).getArray(index, count));
    }

    @Override
    public Object getArray(long index, int count, @Nullable Map<String, Class<?>> map) throws SQLException {
        return session().onHome(connection -> attached(connection).getArray(index, count, map));
    }

    @Override
    public ResultSet getResultSet() throws SQLException {
        return session().rowsFromHome(connection -> attached(connection).getResultSet());
    }

    @Override
    public ResultSet getResultSet(@Nullable Map<String, Class<?>> map) throws SQLException {
        return session().rowsFromHome(connection -> attached(connection).getResultSet(map));
    }

    @Override
    public ResultSet getResultSet(long index, int count) throws SQLException {
        return session().rowsFromHome(connection -> attached(connection).getResultSet(index, count));
    }

    @Override
    public ResultSet getResultSet(long index, int count, @Nullable Map<String, Class<?>> map) throws SQLException {
        return session().rowsFromHome(connection -> attached(connection).getResultSet(index, count, map));
    }

    /** Does nothing: there is nothing held. */
    @Override
    public void free() {}

    /** The array in PostgreSQL's text form; pgjdbc reads it when the array is a parameter. */
    @Override
    @SuppressWarnings("NullAway") // pgjdbc's arrays answer null for the null array, and bind that as NULL
    public @Nullable String toString() {
        return text;
    }

    private PgArray attached(BaseConnection connection) throws SQLException {
        int oid = connection.getTypeInfo().getPGArrayType(baseTypeName);
        return new PgArray(connection, oid, text);
    }

    private LogicalSession session() throws SQLException {
        if (session == null) {
            throw JdbcErrors.connectionClosed();
        }
        return session;
    }
}
