package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.ExecuteOptions;
import io.pgplex.jdbc.execute.LogicalSession.HeldConnection;
import io.pgplex.jdbc.execute.PreparedText;
import io.pgplex.jdbc.execute.RunningStatement;
import io.pgplex.jdbc.execute.StatementResult;
import java.sql.CallableStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLState;

/**
 * A call of a function or procedure. It runs whole on one shard, as a physical callable statement that is kept until the
 * next execution or until this one is closed, since out parameters are read from it. Setters, and mistakes in registering
 * out parameters, reach pgjdbc when the call is executed. Used by one thread at a time; any thread may cancel or close it.
 */
public final class PgplexCallableStatement extends DelegatingCallableStatement {
    private final String sql;
    private final Map<Integer, Registration> outParameters = new TreeMap<>();
    private @Nullable HeldConnection held;
    private @Nullable CallableStatement physical;

    /** An out parameter's registration, to be repeated. */
    @FunctionalInterface
    private interface Registration {
        void on(CallableStatement call) throws SQLException;
    }

    PgplexCallableStatement(PgplexConnection connection, String sql, PreparedText text, ExecuteOptions options) {
        super(connection, text, options);
        this.sql = sql;
    }

    @Override
    public void registerOutParameter(int position, int sqlType) throws SQLException {
        register(position, call -> call.registerOutParameter(position, sqlType));
    }

    @Override
    public void registerOutParameter(int position, int sqlType, int scale) throws SQLException {
        register(position, call -> call.registerOutParameter(position, sqlType, scale));
    }

    private void register(int position, Registration registration) throws SQLException {
        requireOpen();
        if (position < 1 || position > values().count()) {
            throw JdbcErrors.indexOutOfRange(position, values().count());
        }
        outParameters.put(position, registration);
    }

    @Override
    void runPrepared() throws SQLException {
        requireOpen();
        for (int i = 0; i < values().count(); i++) {
            if (!values().isSet(i) && !outParameters.containsKey(i + 1)) {
                throw JdbcErrors.parameterNotSet(i + 1);
            }
        }
        RunningStatement inFlight = begin();
        try {
            call(inFlight);
        } catch (Throwable failure) {
            closeQuietly(failure);
            throw failure;
        } finally {
            end();
        }
        requireStillOpen();
    }

    private void call(RunningStatement inFlight) throws SQLException {
        HeldConnection lease = connection.session().hold(text(), values());
        held = lease;
        ExecuteOptions options = options();
        CallableStatement call = lease.connection()
                .prepareCall(sql, options.resultSetType(), options.concurrency(), options.holdability());
        physical = call;
        connection.holds(this);
        prepare(call);
        inFlight.started(call);
        try {
            show(lease.call(() -> answers(call)));
        } finally {
            inFlight.finished(call);
        }
    }

    private void prepare(CallableStatement call) throws SQLException {
        call.setFetchSize(options().fetchSize());
        call.setMaxRows((int) Math.min(options().maxRows(), Integer.MAX_VALUE));
        call.setMaxFieldSize(options().maxFieldSizeBytes());
        call.setQueryTimeout((int) Math.ceil(options().queryTimeoutMillis() / 1000.0));
        for (Registration outParameter : outParameters.values()) {
            outParameter.on(call);
        }
        for (int i = 0; i < values().count(); i++) {
            if (values().isSet(i)) {
                values().apply(i, call, i + 1);
            }
        }
    }

    private static List<StatementResult> answers(CallableStatement call) throws SQLException {
        List<StatementResult> answers = new ArrayList<>();
        boolean rows = call.execute();
        while (true) {
            if (rows) {
                answers.add(new StatementResult.Rows(call.getResultSet()));
            } else {
                long count = call.getLargeUpdateCount();
                if (count < 0) {
                    return answers;
                }
                answers.add(new StatementResult.Count(count, null));
            }
            rows = call.getMoreResults(Statement.KEEP_CURRENT_RESULT);
        }
    }

    private void closeQuietly(Throwable failure) {
        try {
            closeResults();
        } catch (SQLException next) {
            failure.addSuppressed(next);
        }
    }

    /** 0 for a call in braces, whatever it returned, as in pgjdbc. */
    @Override
    public long executeLargeUpdate() throws SQLException {
        if (!sql.stripLeading().startsWith("{")) {
            return super.executeLargeUpdate();
        }
        runPrepared();
        return 0;
    }

    /** Closes the result sets, the physical statement, and gives the physical connection back. */
    @Override
    void closeResults() throws SQLException {
        HeldConnection lease = held;
        CallableStatement call = physical;
        held = null;
        physical = null;
        try {
            super.closeResults();
            if (call != null) {
                call.close();
            }
        } finally {
            if (lease != null) {
                lease.close();
            }
        }
    }

    @Override
    public boolean wasNull() throws SQLException {
        if (physical == null) {
            requireOpen();
            throw JdbcErrors.state("wasNull cannot be call before fetching a result.", PSQLState.OBJECT_NOT_IN_STATE);
        }
        return super.wasNull();
    }

    @Override
    protected CallableStatement delegate() throws SQLException {
        requireOpen();
        CallableStatement call = physical;
        if (call == null) {
            throw JdbcErrors.state(
                    "Results cannot be retrieved from a CallableStatement before it is executed.", PSQLState.NO_DATA);
        }
        return call;
    }
}
