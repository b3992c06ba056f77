package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.merge.DriverRows;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.sql.ServerSql;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.command.QualifiedName;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.Oid;

/**
 * COMPARE REPLICATED TABLE: each shard counts the rows of its copy and adds up a hash of each, so that no row travels and
 * their order does not matter. While it reads, no other transaction writes to the table. Belongs to one session.
 */
final class CopyComparison {

    private static final List<DriverRows.Column> COLUMNS = List.of(
            DriverRows.Column.text("shard"),
            new DriverRows.Column("rows", Oid.INT8),
            new DriverRows.Column("checksum", Oid.NUMERIC),
            new DriverRows.Column("equal", Oid.BOOL));

    private final Session session;
    private final ScatterCalls calls;
    private final CopyLocks locks;

    CopyComparison(Session session, ScatterCalls calls) {
        this.session = session;
        this.calls = calls;
        this.locks = new CopyLocks(session, calls);
    }

    /** One shard's copy. */
    private record Copy(String shard, String rows, String checksum) {

        boolean isLike(Copy other) {
            return rows.equals(other.rows) && checksum.equals(other.checksum);
        }
    }

    /** One row for each shard: its name, how many rows its copy has, their checksum, whether that is the first shard's. */
    StatementResult run(QualifiedName name, Execution execution) throws SQLException {
        if (session.transaction() != null) {
            throw PgplexErrors.error(
                    SqlState.ACTIVE_TRANSACTION,
                    "COMPARE REPLICATED TABLE cannot run inside a transaction block",
                    "Switch autocommit on.");
        }
        Table table = table(name, execution);
        List<Copy> copies = session.atomically(() -> read(table, execution));
        return new StatementResult.Rows(session.onHome(connection -> {
            DriverRows rows = new DriverRows(connection, COLUMNS);
            for (Copy copy : copies) {
                rows.add(copy.shard(), copy.rows(), copy.checksum(), copy.isLike(copies.get(0)) ? "t" : "f");
            }
            return rows.open();
        }));
    }

    private Table table(QualifiedName name, Execution execution) throws SQLException {
        List<String> schemas =
                name.schema() != null ? List.of(name.schema()) : session.scope().searchPath();
        for (String schema : schemas) {
            @Nullable Table table = execution.map().table(new TableName(schema, name.name()));
            if (table != null && table.distribution() instanceof TableDistribution.Replicated) {
                return table;
            }
        }
        throw PgplexErrors.error(
                SqlState.UNDEFINED_TABLE,
                "replicated table \"" + name.name() + "\" does not exist",
                "SELECT * FROM pg_distributed_tables lists the tables.");
    }

    private List<Copy> read(Table table, Execution execution) throws SQLException {
        // the snapshots that are compared must be younger than the lock
        Objects.requireNonNull(session.transaction())
                .characteristic("SET TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY");
        List<Shard> shards = execution.map().shards();
        List<Lease> leases = session.leaseAll(shards, Effect.READ, false);
        locks.forReading(table.name(), execution, shards, leases);
        Execution part =
                execution.with(execution.options().ofPart(0, execution.options().queryTimeoutMillis()));
        for (ShardAnswer answer : calls.run(shards, leases, call(ServerSql.COMPARABLE_TEXT), part)) {
            answer.close();
        }
        List<Copy> copies = new ArrayList<>();
        for (ShardAnswer answer : calls.run(shards, leases, call(ServerSql.compareCopies(table)), part)) {
            try (ResultSet row = Objects.requireNonNull(answer.rows())) {
                row.next();
                copies.add(new Copy(answer.shard(), row.getString(1), row.getString(2)));
            } finally {
                answer.close();
            }
        }
        return copies;
    }

    private static ShardCall call(String sql) {
        return new ShardCall(new Fragment(sql, new int[0]), 0, true, false);
    }
}
