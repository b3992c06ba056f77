package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.intermediate.MovedRelations;
import io.pgplex.jdbc.pool.Backend;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.plan.Fragment;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;
import org.postgresql.jdbc.PgStatement;

/**
 * Sends one fragment to one shard and takes its answer.
 *
 * @param fetchSize rows per round trip; 0 for all at once
 * @param textTransfer whether values must arrive in the server's own text form
 * @param keep whether the physical statement may be one that the backend keeps, which is only right while the lease is held
 *     as long as the answer is open
 */
record ShardCall(Fragment fragment, int fetchSize, boolean textTransfer, boolean keep) {

    /** The application's own text to one shard. */
    static ShardCall original(Fragment fragment, ExecuteOptions options) {
        return new ShardCall(fragment, options.fetchSize(), false, true);
    }

    /**
     * Runs the fragment.
     *
     * @throws SQLException what the server or pgjdbc said; nothing stays open then
     */
    ShardAnswer run(Shard shard, Lease lease, Execution execution) throws SQLException {
        Backend backend = lease.backend();
        int parameters = fragment.parameters().length;
        MovedRelations.Text text =
                execution.relations().text(fragment.sql(), shard.ordinal(), execution.questionMark(parameters));
        String sql = text.sql();
        boolean prepares = execution.text().jdbcParameters() || parameters > 0 || text.hasArrays();
        boolean kept = prepares
                && keep
                && !textTransfer
                && fetchSize == 0
                && isPlain(execution.options())
                && execution.relations().isEmpty();
        Statement statement = kept
                ? backend.prepared(sql)
                : prepares
                        ? prepare(sql, backend.connection(), execution.options())
                        : configured(create(backend.connection(), execution.options()), execution.options());
        try {
            boolean rows = prepares
                    ? executePrepared((PreparedStatement) statement, text, execution)
                    : execute(statement, sql, execution);
            return answer(shard.name(), lease, statement, kept ? sql : null, rows, execution.options());
        } catch (SQLException e) {
            backend.failed(e);
            giveBackQuietly(backend, kept ? sql : null, statement, e);
            throw PgplexErrors.onShard(e, shard.name(), backend.node().name());
        }
    }

    private static boolean isPlain(ExecuteOptions options) {
        return options.forwardReadOnly()
                && options.holdability() == ResultSet.CLOSE_CURSORS_AT_COMMIT
                && options.maxRows() == 0
                && options.maxFieldSizeBytes() == 0
                && options.queryTimeoutMillis() == 0
                && options.generatedKeys() instanceof GeneratedKeys.None;
    }

    private static Statement create(Connection connection, ExecuteOptions options) throws SQLException {
        return connection.createStatement(options.resultSetType(), options.concurrency(), options.holdability());
    }

    /** A physical statement for this fragment with the application's settings; the caller closes it. */
    PreparedStatement prepare(Connection connection, ExecuteOptions options) throws SQLException {
        return prepare(fragment.sql(), connection, options);
    }

    private PreparedStatement prepare(String sql, Connection connection, ExecuteOptions options) throws SQLException {
        GeneratedKeys keys = options.generatedKeys();
        if (keys instanceof GeneratedKeys.All) {
            return configured(connection.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS), options);
        }
        if (keys instanceof GeneratedKeys.Columns columns) {
            return configured(connection.prepareStatement(sql, columns.names().toArray(new String[0])), options);
        }
        return configured(
                connection.prepareStatement(sql, options.resultSetType(), options.concurrency(), options.holdability()),
                options);
    }

    private <S extends Statement> S configured(S statement, ExecuteOptions options) throws SQLException {
        try {
            configure(statement, options);
            return statement;
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }

    private void configure(Statement statement, ExecuteOptions options) throws SQLException {
        if (!options.escapeProcessing()) {
            statement.setEscapeProcessing(false);
        }
        if (fetchSize > 0) {
            statement.setFetchSize(fetchSize);
        }
        if (options.maxRows() > 0) {
            statement.setMaxRows((int) Math.min(options.maxRows(), Integer.MAX_VALUE));
        }
        if (options.maxFieldSizeBytes() > 0) {
            statement.setMaxFieldSize(options.maxFieldSizeBytes());
        }
        if (options.queryTimeoutMillis() > 0) {
            statement.unwrap(PgStatement.class).setQueryTimeoutMs(options.queryTimeoutMillis());
        }
        if (textTransfer) {
            statement.unwrap(PGStatement.class).setPrepareThreshold(0);
        }
    }

    private boolean executePrepared(PreparedStatement statement, MovedRelations.Text text, Execution execution)
            throws SQLException {
        int position = text.bind(statement);
        for (int parameter : fragment.parameters()) {
            execution.parameters().apply(parameter, statement, position++);
        }
        execution.running().started(statement);
        try {
            return statement.execute();
        } finally {
            execution.running().finished(statement);
        }
    }

    private boolean execute(Statement statement, String sql, Execution execution) throws SQLException {
        GeneratedKeys keys = execution.options().generatedKeys();
        execution.running().started(statement);
        try {
            if (keys instanceof GeneratedKeys.All) {
                return statement.execute(sql, Statement.RETURN_GENERATED_KEYS);
            }
            if (keys instanceof GeneratedKeys.Columns columns) {
                return statement.execute(sql, columns.names().toArray(new String[0]));
            }
            return statement.execute(sql);
        } finally {
            execution.running().finished(statement);
        }
    }

    private static ShardAnswer answer(
            String shard,
            Lease lease,
            Statement statement,
            @Nullable String keptSql,
            boolean rows,
            ExecuteOptions options)
            throws SQLException {
        if (rows) {
            return new ShardAnswer(shard, lease, statement, keptSql, statement.getResultSet(), -1, null);
        }
        ResultSet keys = options.generatedKeys() instanceof GeneratedKeys.None ? null : statement.getGeneratedKeys();
        return new ShardAnswer(shard, lease, statement, keptSql, null, statement.getLargeUpdateCount(), keys);
    }

    private static void giveBackQuietly(
            Backend backend, @Nullable String keptSql, Statement statement, SQLException failure) {
        try {
            if (keptSql == null) {
                statement.close();
            } else {
                backend.giveBack(keptSql, (PreparedStatement) statement);
            }
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }
}
