package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.hint.Hints.CrossShard;
import io.pgplex.routing.plan.Unsupported;
import java.sql.SQLException;
import java.sql.SQLWarning;

/**
 * What becomes of a statement that concerns several shards: a statement's hint says so, else the connection. It is about
 * rows of distributed tables, read or written; writes of replicated tables and definitions must reach every shard and are
 * never warned of or refused. A batch that travels to several shards counts as one statement. Immutable.
 *
 * @param ofConnection the connection's setting
 */
record CrossShardRule(CrossShard ofConnection) {

    /** SQLState "warning" of the standard, which PostgreSQL uses for warnings of no other class. */
    private static final String WARNING = "01000";

    /**
     * Called before a statement is sent to several shards.
     *
     * @throws SQLException 0A000 where that is forbidden
     */
    void check(Hints hints, RunningStatement running) throws SQLException {
        CrossShard ofStatement = hints.crossShard();
        switch (ofStatement == null ? ofConnection : ofStatement) {
            case ALLOW -> {}
            case WARN -> running.warn(new SQLWarning("statement concerns more than one shard", WARNING));
            case FORBID -> throw PgplexErrors.from(Unsupported.CROSS_SHARD_FORBIDDEN.at(0));
        }
    }
}
