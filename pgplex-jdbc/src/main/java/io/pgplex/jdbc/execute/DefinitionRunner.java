package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.cluster.DefinitionExecutor;
import io.pgplex.jdbc.cluster.DefinitionScope;
import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.Work;
import io.pgplex.jdbc.transaction.MetadataChange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.command.StatementClass;
import io.pgplex.routing.plan.Effect;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Runs definitions inside the session's transaction, or in one of their own. Belongs to one session. */
final class DefinitionRunner implements DefinitionScope {

    private final Session session;
    private final Cluster cluster;
    private boolean applicationTransaction;

    DefinitionRunner(Session session, Cluster cluster) {
        this.session = session;
        this.cluster = cluster;
    }

    StatementResult run(StatementClass definition, Execution execution) throws SQLException {
        applicationTransaction = session.transaction() != null;
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
        Lease lease = session.lease(shard, Effect.WRITE);
        try {
            return work.on(lease.backend().connection());
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw e;
        }
    }

    @Override
    public void onEach(List<Shard> shards, Work<?> work) throws SQLException {
        if (shards.isEmpty()) {
            return;
        }
        List<Lease> leases = session.leaseAll(shards, Effect.WRITE, false);
        List<Callable<@Nullable Void>> calls = new ArrayList<>();
        for (Lease lease : leases) {
            calls.add(() -> {
                try {
                    work.on(lease.backend().connection());
                    return null;
                } catch (SQLException e) {
                    lease.backend().failed(e);
                    throw e;
                }
            });
        }
        FanOut fanOut = cluster.fanOut();
        for (Outcome<@Nullable Void> outcome : fanOut.all(calls, () -> {})) {
            if (outcome.failed()) {
                throw outcome.sqlFailure();
            }
        }
    }

    @Override
    public <T extends @Nullable Object> T outsideTransaction(Shard shard, Work<T> work) throws SQLException {
        Lease lease = session.connect(shard, session.state());
        try {
            return work.on(lease.backend().connection());
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw e;
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
