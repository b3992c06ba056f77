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
import io.pgplex.routing.plan.Effect;
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
 * Temporary tables that hold rows on their way, all of them ON COMMIT DROP. They belong to the open transaction: one of the
 * statement's own, which may have them on every shard as it only reads and is never prepared, or the application's, which
 * may have them on one. Belongs to one session.
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

    /** Work on one shard's connection. */
    @FunctionalInterface
    private interface ShardWork {
        void on(Shard shard, PgConnection connection) throws SQLException, IOException;
    }

    /**
     * Whether the open transaction may have temporary tables on these shards.
     *
     * @param everywhere whether it is one that is never prepared
     */
    boolean mayBeOn(List<Shard> shards, boolean everywhere) throws SQLException {
        Transaction transaction = session.transactions().required();
        for (Shard shard : shards) {
            boolean elsewhere =
                    shards.size() > 1 || !transaction.mayHoldTemporary(shard) || session.temporaryElsewhere(shard);
            if ((elsewhere && !everywhere) || isReadOnly(shard)) {
                return false;
            }
        }
        return true;
    }

    private boolean isReadOnly(Shard shard) throws SQLException {
        Lease lease = session.lease(shard, Effect.READ);
        try (Statement statement = lease.backend().connection().createStatement();
                ResultSet row = statement.executeQuery(READ_ONLY)) {
            return row.next() && row.getBoolean(1);
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw PgplexErrors.onShard(e, shard.name(), lease.backend().node().name());
        }
    }

    /** Creates a table of that name on each shard. */
    void create(String name, Shape shape, List<Shard> shards, boolean everywhere) throws SQLException {
        if (!everywhere) {
            shards.forEach(session.transactions().required()::holdTemporary);
        }
        execute(
                "CREATE TEMPORARY TABLE pg_temp." + Identifiers.quote(name) + " " + shape.tableColumns()
                        + " ON COMMIT DROP",
                shards);
    }

    /** Adds the same rows to each shard's table. */
    void copy(String name, HeapRows rows, List<Shard> shards, RunningStatement running) throws SQLException {
        if (rows.rowCount() == 0) {
            return;
        }
        byte[] text = CopyText.of(rows);
        String sql = "COPY pg_temp." + Identifiers.quote(name) + " FROM STDIN";
        onEach(shards, (shard, connection) -> {
            running.copyStarted(connection);
            try {
                connection.getCopyAPI().copyIn(sql, new ByteArrayInputStream(text));
            } finally {
                running.copyFinished(connection);
            }
        });
    }

    /** Has the servers look at what came, so that they plan for it. */
    void analyze(String name, List<Shard> shards) throws SQLException {
        execute("ANALYZE pg_temp." + Identifiers.quote(name), shards);
    }

    /** Drops a table that no open cursor reads any more. */
    void drop(String name, List<Shard> shards) throws SQLException {
        execute("DROP TABLE IF EXISTS pg_temp." + Identifiers.quote(name), shards);
    }

    private void execute(String sql, List<Shard> shards) throws SQLException {
        onEach(shards, (shard, connection) -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
        });
    }

    private void onEach(List<Shard> shards, ShardWork work) throws SQLException {
        if (shards.isEmpty()) {
            return;
        }
        List<Lease> leases = session.leaseAll(shards, Effect.READ, false);
        List<Callable<@Nullable Void>> calls = new ArrayList<>();
        for (int i = 0; i < shards.size(); i++) {
            Shard shard = shards.get(i);
            Lease lease = leases.get(i);
            calls.add(() -> {
                run(work, shard, lease);
                return null;
            });
        }
        for (Outcome<@Nullable Void> outcome : fanOut.all(calls, () -> {})) {
            if (outcome.failed()) {
                throw outcome.sqlFailure();
            }
        }
    }

    private static void run(ShardWork work, Shard shard, Lease lease) throws SQLException {
        try {
            work.on(shard, lease.backend().connection());
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw PgplexErrors.onShard(e, shard.name(), lease.backend().node().name());
        } catch (IOException e) {
            throw PgplexErrors.bug("rows in the heap could not be read", e);
        }
    }
}
