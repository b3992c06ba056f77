package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.BatchResult;
import io.pgplex.jdbc.execute.ExecuteOptions;
import io.pgplex.jdbc.execute.GeneratedKeys;
import io.pgplex.jdbc.execute.PreparedText;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prepared statement: a text scanned once and the values of its parameters. A value is converted when a physical
 * statement gets it, so an object that pgjdbc cannot send is refused by the execution and not by the setter. Used by one
 * thread at a time; any thread may cancel or close it.
 */
public class PgplexPreparedStatement extends RecordingPreparedStatement {
    private final PreparedText text;
    private final ParameterValues values;
    private @Nullable List<ParameterValues> batch;

    PgplexPreparedStatement(PgplexConnection connection, PreparedText text, ExecuteOptions options) {
        super(connection, options);
        this.text = text;
        this.values = new ParameterValues(text.parameterCount());
    }

    final PreparedText text() {
        return text;
    }

    final ParameterValues values() {
        return values;
    }

    /** Executes with the values set now. */
    void runPrepared() throws SQLException {
        requireOpen();
        values.requireAll();
        run(text, values, options());
    }

    @Override
    public final boolean execute() throws SQLException {
        runPrepared();
        return currentIsRows();
    }

    @Override
    public final ResultSet executeQuery() throws SQLException {
        runPrepared();
        return onlyRows();
    }

    @Override
    public long executeLargeUpdate() throws SQLException {
        runPrepared();
        return updated(options().generatedKeys());
    }

    @Override
    public final int executeUpdate() throws SQLException {
        return narrowed(executeLargeUpdate());
    }

    @Override
    public final void addBatch() throws SQLException {
        requireOpen();
        if (batch == null) {
            batch = new ArrayList<>();
        }
        batch.add(values.copy());
    }

    @Override
    public final void clearBatch() {
        batch = null;
    }

    @Override
    @Nullable
    BatchResult runBatch() throws SQLException {
        List<ParameterValues> entries = batch;
        batch = null;
        if (entries == null) {
            return null;
        }
        for (ParameterValues entry : entries) {
            entry.requireAll();
        }
        return runBatch(inFlight -> connection.session().executeBatch(text, entries, options(), inFlight));
    }

    @Override
    final void runText(String sql, GeneratedKeys keys) throws SQLException {
        throw JdbcErrors.textOnPreparedStatement();
    }

    @Override
    public final void addBatch(String sql) throws SQLException {
        requireOpen();
        throw JdbcErrors.textOnPreparedStatement();
    }

    @Override
    public final void clearParameters() throws SQLException {
        requireOpen();
        values.clear();
    }

    @Override
    final void record(int position, @Nullable Object value, ParameterSetter setter) throws SQLException {
        requireOpen();
        values.set(position, value, setter);
    }

    @Override
    public final void setNull(int position, int sqlType) throws SQLException {
        requireOpen();
        values.setNull(position, sqlType);
    }

    @Override
    public final void setByte(int position, byte value) throws SQLException {
        requireOpen();
        values.setByte(position, value);
    }

    @Override
    public final void setShort(int position, short value) throws SQLException {
        requireOpen();
        values.setShort(position, value);
    }

    @Override
    public final void setInt(int position, int value) throws SQLException {
        requireOpen();
        values.setInt(position, value);
    }

    @Override
    public final void setLong(int position, long value) throws SQLException {
        requireOpen();
        values.setLong(position, value);
    }

    @Override
    public final void setString(int position, @Nullable String value) throws SQLException {
        requireOpen();
        values.setString(position, value);
    }

    @Override
    public final void setObject(int position, @Nullable Object value) throws SQLException {
        requireOpen();
        if (value instanceof Long number) {
            values.setLong(position, number);
        } else if (value instanceof Integer number) {
            values.setInt(position, number);
        } else if (value instanceof String string) {
            values.setString(position, string);
        } else if (value instanceof Short number) {
            values.setShort(position, number);
        } else if (value instanceof Byte number) {
            values.setByte(position, number);
        } else if (value == null) {
            values.setNull(position, Types.OTHER);
        } else if (value instanceof java.sql.SQLXML xml) {
            setSQLXML(position, xml);
        } else {
            values.setObject(position, Snapshot.of(value));
        }
    }

    @Override
    public final void setObject(int position, @Nullable Object value, int sqlType) throws SQLException {
        Object copy = value == null ? null : Snapshot.of(value);
        record(
                position,
                TargetTypes.readable(copy, sqlType),
                (target, at) -> target.setObject(at, Snapshot.replayed(copy), sqlType));
    }

    @Override
    public final void setObject(int position, @Nullable Object value, int sqlType, int scale) throws SQLException {
        Object copy = value == null ? null : Snapshot.of(value);
        boolean rounds = sqlType == Types.NUMERIC || sqlType == Types.DECIMAL;
        record(
                position,
                rounds ? Snapshot.opaque(copy) : TargetTypes.readable(copy, sqlType),
                (target, at) -> target.setObject(at, Snapshot.replayed(copy), sqlType, scale));
    }

    /** The text without its values, which are an application's secrets. */
    @Override
    public final String toString() {
        return text.sql();
    }

    /** The columns of the current result, else of the result that an execution would have; null when it would have none. */
    @Override
    @SuppressWarnings("NullAway") // it does not see that the answer's type is nullable
    public final @Nullable ResultSetMetaData getMetaData() throws SQLException {
        requireOpen();
        ResultSet rows = getResultSet();
        if (rows != null && !rows.isClosed()) {
            return rows.getMetaData();
        }
        return connection.<@Nullable ResultSetMetaData>onHome(physical -> {
            try (PreparedStatement described = physical.prepareStatement(text.sql())) {
                ResultSetMetaData metaData = described.getMetaData();
                return metaData == null ? null : new PgplexResultSetMetaData(metaData);
            }
        });
    }

    @Override
    public final ParameterMetaData getParameterMetaData() throws SQLException {
        requireOpen();
        return connection.onHome(physical -> {
            try (PreparedStatement described = physical.prepareStatement(text.sql())) {
                return new CopiedParameterMetaData(described.getParameterMetaData());
            }
        });
    }
}
