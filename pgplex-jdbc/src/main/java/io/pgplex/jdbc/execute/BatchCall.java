package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.pool.Backend;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.plan.Fragment;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a batch that belong to one shard, sent as one batch there.
 *
 * @param entries the parameters of each entry
 */
record BatchCall(Fragment fragment, List<? extends BoundParameters> entries) {

    /**
     * What a shard answered.
     *
     * @param counts one an entry
     * @param keys generated keys of all entries in order, in memory, or null; closing them closes the physical statement
     */
    record Answer(long[] counts, @Nullable ResultSet keys) {}

    /**
     * Runs the batch.
     *
     * @throws java.sql.BatchUpdateException as pgjdbc throws it, its counts those of this shard's entries
     */
    Answer run(Shard shard, Lease lease, ExecuteOptions options, RunningStatement running) throws SQLException {
        Backend backend = lease.backend();
        PreparedStatement statement = new ShardCall(fragment, 0, false, false).prepare(backend.connection(), options);
        boolean keysOpen = false;
        try {
            for (BoundParameters entry : entries) {
                for (int i = 0; i < fragment.parameters().length; i++) {
                    entry.apply(fragment.parameters()[i], statement, i + 1);
                }
                statement.addBatch();
            }
            running.started(statement);
            long[] counts;
            try {
                counts = statement.executeLargeBatch();
            } finally {
                running.finished(statement);
            }
            if (options.generatedKeys() instanceof GeneratedKeys.None) {
                return new Answer(counts, null);
            }
            statement.closeOnCompletion();
            keysOpen = true;
            return new Answer(counts, statement.getGeneratedKeys());
        } catch (SQLException e) {
            backend.failed(e);
            throw PgplexErrors.onShard(e, shard.name(), backend.node().name());
        } finally {
            if (!keysOpen) {
                statement.close();
            }
        }
    }
}
