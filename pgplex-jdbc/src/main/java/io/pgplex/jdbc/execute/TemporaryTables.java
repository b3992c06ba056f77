package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.intermediate.CopyText;
import io.pgplex.jdbc.intermediate.HeapRows;
import io.pgplex.jdbc.intermediate.Shape;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.transaction.Transaction;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.scan.Identifiers;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/**
 * Temporary tables that hold rows on their way, all of them ON COMMIT DROP. They belong to the transaction that is open on
 * the connection: one of the statement's own, which may have them on every shard while it only reads, as it is never
 * prepared; or one that writes or is the application's, which may have them on one shard. Belongs to one session.
 */
final class TemporaryTables {

    private static final String READ_ONLY =
            "SELECT pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool";

    private final Session session;
    private final FanOut fanOut;

    TemporaryTables(Session session, FanOut fanOut) {
        this.session = session;
        this.fanOut = fanOut;
    }

    /** A shard that needs rows, and the connection by which they reach it. */
    record Target(Shard shard, Lease lease) {

        PgConnection connection() {
            return lease.backend().connection();
        }

        /** A failure on it with its place. */
        SQLException failed(SQLException failure) {
            lease.backend().failed(failure);
            return PgplexErrors.onShard(
                    failure, shard.name(), lease.backend().node().name());
        }
    }

    /** A table that was created. */
    record Created(String name, List<Target> targets) {}

    /** Work on one shard's connection. */
    @FunctionalInterface
    private interface Work {
        void on(PgConnection connection) throws SQLException, IOException;
    }

    /**
     * Whether there may be temporary tables on these shards.
     *
     * @param everywhere whether the transaction is one that is never prepared
     */
    boolean mayBeOn(List<Target> targets, boolean everywhere) throws SQLException {
        if (targets.isEmpty() || (targets.size() > 1 && !everywhere)) {
            return false;
        }
        for (Target target : targets) {
            if ((!everywhere && !session.mayHoldTemporary(target.shard())) || isReadOnly(target)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isReadOnly(Target target) throws SQLException {
        try (Statement statement = target.connection().createStatement();
                ResultSet row = statement.executeQuery(READ_ONLY)) {
            return row.next() && row.getBoolean(1);
        } catch (SQLException e) {
            throw target.failed(e);
        }
    }

    /** Creates a table of that name on each shard. */
    void create(String name, Shape shape, List<Target> targets, boolean everywhere) throws SQLException {
        if (!everywhere) {
            for (Target target : targets) {
                session.holdTemporary(target.shard());
            }
        }
        execute(
                "CREATE TEMPORARY TABLE pg_temp." + Identifiers.quote(name) + " " + shape.tableColumns()
                        + " ON COMMIT DROP",
                targets);
    }

    /** Adds the same rows to each shard's table. */
    void copy(String name, HeapRows rows, List<Target> targets, RunningStatement running) throws SQLException {
        if (rows.rowCount() == 0) {
            return;
        }
        byte[] text = CopyText.of(rows);
        String sql = "COPY pg_temp." + Identifiers.quote(name) + " FROM STDIN";
        onEach(targets, connection -> {
            running.copyStarted(connection);
            try {
                connection.getCopyAPI().copyIn(sql, new ByteArrayInputStream(text));
            } finally {
                running.copyFinished(connection);
            }
        });
    }

    /** Makes an index on the columns. */
    void index(String name, List<String> columns, List<Target> shards) throws SQLException {
        String list = String.join(", ", columns.stream().map(Identifiers::quote).toList());
        execute("CREATE INDEX ON pg_temp." + Identifiers.quote(name) + " (" + list + ")", shards);
    }

    /** Has the servers look at what came, so that they plan for it. */
    void analyze(String name, List<Target> targets) throws SQLException {
        execute("ANALYZE pg_temp." + Identifiers.quote(name), targets);
    }

    /**
     * Drops tables when an answer has been read, where the transaction goes on then. Its end drops what is left where the
     * application closes no rows.
     */
    @SuppressWarnings("ReferenceEquality") // the same transaction, not an equal one
    StatementResult droppedAfter(StatementResult result, List<Created> created) throws SQLException {
        Transaction transaction = session.transaction();
        if (transaction == null || created.isEmpty()) {
            return result;
        }
        HeldRows.Release drop = () -> {
            if (session.transaction() == transaction && !transaction.failed()) {
                for (Created one : created) {
                    drop(one.name(), one.targets());
                }
            }
        };
        if (result instanceof StatementResult.Rows rows) {
            return new StatementResult.Rows(new HeldRows(rows.rows(), e -> e, drop));
        }
        drop.release();
        return result;
    }

    private void drop(String name, List<Target> targets) throws SQLException {
        execute("DROP TABLE IF EXISTS pg_temp." + Identifiers.quote(name), targets);
    }

    private void execute(String sql, List<Target> targets) throws SQLException {
        onEach(targets, connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
        });
    }

    private void onEach(List<Target> targets, Work work) throws SQLException {
        if (targets.isEmpty()) {
            return;
        }
        List<Callable<@Nullable Void>> calls = new ArrayList<>();
        for (Target target : targets) {
            calls.add(() -> {
                run(work, target);
                return null;
            });
        }
        for (Outcome<@Nullable Void> outcome : fanOut.all(calls, () -> {})) {
            if (outcome.failed()) {
                throw outcome.sqlFailure();
            }
        }
    }

    private static void run(Work work, Target target) throws SQLException {
        try {
            work.on(target.connection());
        } catch (SQLException e) {
            throw target.failed(e);
        } catch (IOException e) {
            throw PgplexErrors.bug("rows in the heap could not be read", e);
        }
    }
}
