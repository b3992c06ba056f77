package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.cluster.DefinitionExecutor;
import io.pgplex.jdbc.cluster.DefinitionScope;
import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.Work;
import io.pgplex.jdbc.transaction.MetadataChange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.command.StatementClass;
import io.pgplex.routing.plan.Effect;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgStatement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs definitions inside the session's transaction, or in one of their own. Belongs to one session. */
final class DefinitionRunner implements DefinitionScope {

    private static final Logger LOG = LoggerFactory.getLogger(DefinitionRunner.class);

    /** The SQLState of what PostgreSQL reports as NOTICE or INFO. */
    private static final String NOTICE = "00000";

    private final Session session;
    private final Cluster cluster;
    private boolean applicationTransaction;
    private @Nullable RunningStatement running;
    private @Nullable MovementBudget time;

    DefinitionRunner(Session session, Cluster cluster) {
        this.session = session;
        this.cluster = cluster;
    }

    StatementResult run(StatementClass definition, Execution execution) throws SQLException {
        applicationTransaction = session.transaction() != null;
        running = execution.running();
        time = new MovementBudget(execution, 0);
        long count = session.atomically(() -> new DefinitionExecutor().execute(definition, execution.scanned(), this));
        if (applicationTransaction) {
            // a DROP may have taken some away; the end of a transaction looks by itself
            session.refreshTemporaryRelations();
        }
        return new StatementResult.Count(count, null);
    }

    @Override
    public ClusterMap map() {
        return session.knownMap();
    }

    @Override
    public RoutingScope routingScope() {
        return session.scope();
    }

    @Override
    public <T extends @Nullable Object> T on(Shard shard, Work<T> work) throws SQLException {
        return run(shard, session.lease(shard, Effect.WRITE), work);
    }

    private static <T extends @Nullable Object> T run(Shard shard, Lease lease, Work<T> work) throws SQLException {
        try {
            return work.on(lease.backend().connection());
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw PgplexErrors.onShard(e, shard.name(), lease.backend().node().name());
        }
    }

    @Override
    public void onEach(List<Shard> shards, Work<?> work) throws SQLException {
        if (shards.isEmpty()) {
            return;
        }
        List<Lease> leases = session.leaseAll(shards, Effect.WRITE, false);
        RunningStatement current = running();
        List<Callable<@Nullable Void>> calls = new ArrayList<>();
        for (int i = 0; i < shards.size(); i++) {
            Shard shard = shards.get(i);
            Lease lease = leases.get(i);
            calls.add(() -> {
                run(shard, lease, work);
                return null;
            });
        }
        SQLException cancelled = null;
        for (Outcome<@Nullable Void> outcome : cluster.fanOut().all(calls, () -> cancelRest(current))) {
            if (outcome.failed()) {
                SQLException failure = outcome.sqlFailure();
                if (!SqlState.QUERY_CANCELED.code().equals(failure.getSQLState())) {
                    throw failure;
                }
                cancelled = failure;
            }
        }
        if (cancelled != null) {
            throw cancelled;
        }
    }

    private static void cancelRest(RunningStatement running) {
        try {
            running.cancelRest();
        } catch (SQLException e) {
            LOG.debug("could not cancel what runs on the other shards", e);
        }
    }

    private RunningStatement running() {
        return Objects.requireNonNull(running);
    }

    @Override
    public long execute(Connection connection, String sql) throws SQLException {
        return execute(connection, sql, true);
    }

    @Override
    public long repeat(Connection connection, String sql) throws SQLException {
        return execute(connection, sql, false);
    }

    private long execute(Connection connection, String sql, boolean notices) throws SQLException {
        MovementBudget left = Objects.requireNonNull(time);
        left.check();
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.unwrap(PgStatement.class).setQueryTimeoutMs(left.remainingMillis());
            running().started(statement);
            try {
                statement.execute(sql);
                return Math.max(0, statement.getLargeUpdateCount());
            } finally {
                if (!notices) {
                    statement.clearWarnings();
                }
                running().finished(statement);
            }
        }
    }

    @Override
    public void progress(String message) {
        LOG.info("{}", message);
        running().warn(new SQLWarning(message, NOTICE));
    }

    @Override
    public <T extends @Nullable Object> T outsideTransaction(Shard shard, Work<T> work) throws SQLException {
        Lease lease = session.connectOutsideTransaction(shard);
        try {
            return run(shard, lease, work);
        } finally {
            session.giveBack(lease);
        }
    }

    @Override
    public void change(MetadataChange change) throws SQLException {
        cluster.metadata().announce(change);
        session.transactions().change(change);
    }

    @Override
    public boolean inApplicationTransaction() {
        return applicationTransaction;
    }

    /** Temporary relations are the home shard's connection's own: it stays with the session. */
    @Override
    public void temporaryRelation(String name) {
        session.temporaryRelation(name);
    }
}
