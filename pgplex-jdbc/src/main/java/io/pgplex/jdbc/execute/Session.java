package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.Work;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.jdbc.transaction.MetadataChange;
import io.pgplex.jdbc.transaction.Participant;
import io.pgplex.jdbc.transaction.Transaction;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.command.StatementClass;
import io.pgplex.routing.command.StatementClassifier;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Plan;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/**
 * A logical connection's state: what the application has set, the transaction that is open, the leases that are held. Used
 * by one thread at a time, except {@link #abort} and {@link #isClosed}.
 *
 * <p>The way of a statement: {@link #execute} plans it, a runner leases connections here, sends, and hands the answer on.
 */
public final class Session implements LogicalSession {

    private final Cluster cluster;
    private final SessionSettings settings;
    private final SessionLeases leases;
    private final Runners runners;
    private final int affinity = System.identityHashCode(this) & Integer.MAX_VALUE;
    private final Set<String> temporaryRelations = new HashSet<>();

    private SessionState state = SessionState.INITIAL;
    private @Nullable RoutingScope scope;
    private @Nullable Transaction transaction;
    private @Nullable ClusterMap changedMap;
    private boolean autoCommit = true;
    private boolean readOnly;
    private int savepoints;
    private volatile boolean closed;

    public Session(Cluster cluster, SessionSettings settings) {
        this.cluster = cluster;
        this.settings = settings;
        this.leases = new SessionLeases(cluster.pools(), settings.credentials(), settings.pool());
        this.runners = new Runners(this, cluster, settings);
    }

    // ---- the way of a statement

    @Override
    public PreparedText prepare(String sql, boolean jdbcParameters, boolean escapeProcessing) throws SQLException {
        return cluster.plans().text(sql, jdbcParameters, escapeProcessing);
    }

    @Override
    public List<StatementResult> execute(
            PreparedText text, BoundParameters parameters, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        int size = text.statements().size();
        if (size == 1) {
            return List.of(execute(text, 0, parameters, options, running));
        }
        if (size == 0) {
            return List.of(runners.empty(text, options, running));
        }
        return runners.several(text, parameters, options, running);
    }

    /** Plans and runs one statement of a text. */
    StatementResult execute(
            PreparedText text,
            int statement,
            BoundParameters parameters,
            ExecuteOptions options,
            RunningStatement running)
            throws SQLException {
        try {
            StatementClass withoutCluster = withoutCluster(text, statement);
            if (withoutCluster != null) {
                return runners.utility().runWithoutCluster(withoutCluster);
            }
            ClusterMap map = map();
            Plan plan = cluster.plans().plan(text, statement, map, scope());
            return runners.run(plan, new Execution(text, statement, parameters, options, running, map));
        } catch (SQLException e) {
            noteFailure();
            throw e;
        }
    }

    /** The class of a statement that must run although the cluster does not exist yet, else null. */
    private @Nullable StatementClass withoutCluster(PreparedText text, int statement) {
        return changedMap == null && cluster.currentMap() == null
                ? StatementClassifier.classify(text.statements().get(statement))
                : null;
    }

    @Override
    public BatchResult executeBatch(
            PreparedText text, List<? extends BoundParameters> batch, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        try {
            return runners.batch().run(text, batch, options, running);
        } catch (SQLException e) {
            noteFailure();
            throw e;
        }
    }

    @Override
    public BatchResult executeBatch(List<PreparedText> texts, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        try {
            return runners.batch().run(texts, options, running);
        } catch (SQLException e) {
            noteFailure();
            throw e;
        }
    }

    // ---- leases

    /** A connection to a shard for one statement: the transaction's, or one of its own that {@link #giveBack} ends. */
    Lease lease(Shard shard, Effect effect) throws SQLException {
        Transaction current = transaction;
        if (current == null) {
            Lease lease = leases.take(map(), shard, state);
            if (readOnly) {
                lease.backend().connection().setReadOnly(true);
            }
            return lease;
        }
        Participant participant = current.participant(shard.ordinal());
        if (participant == null) {
            participant = current.join(shard, leases.take(map(), shard, state));
        }
        if (effect != Effect.READ) {
            participant.markWritten();
        }
        return participant.lease();
    }

    /**
     * Connections to several shards, taken in the shards' order, so that two sessions cannot wait for each other.
     *
     * @param cursor whether rows will be fetched in portions, for which each connection must be in a transaction
     */
    List<Lease> leaseAll(List<Shard> shards, Effect effect, boolean cursor) throws SQLException {
        List<Lease> taken = new ArrayList<>(shards.size());
        try {
            for (Shard shard : shards) {
                Lease lease = lease(shard, effect);
                taken.add(lease);
                if (cursor && !lease.isTransactional()) {
                    lease.backend().connection().setAutoCommit(false);
                }
            }
            return taken;
        } catch (SQLException e) {
            taken.forEach(this::giveBack);
            throw e;
        }
    }

    /** A connection to a shard beside the transaction, outside any; the caller releases it. */
    Lease connect(Shard shard) throws SQLException {
        return connect(shard, SessionState.INITIAL);
    }

    Lease connect(Shard shard, SessionState wanted) throws SQLException {
        return leases.take(map(), shard, wanted);
    }

    void giveBack(Lease lease) {
        leases.giveBack(lease);
    }

    /** Keeps the home shard's connection for this session from now on, because it carries state of it. */
    void pin(Lease home) {
        leases.pinHome(home);
    }

    /** Closes the pinned connection, and with it all that lives on it. */
    void unpin() {
        leases.unpinHome();
        temporaryRelations.clear();
        scope = null;
    }

    SQLException missingCluster() {
        return cluster.missing();
    }

    /** The map of a session that is executing a statement, and so has one. */
    ClusterMap knownMap() {
        ClusterMap changed = changedMap;
        return changed != null ? changed : Objects.requireNonNull(cluster.currentMap());
    }

    /** Which shard answers what every shard could: one that the transaction has reached, else this session's own. */
    int preferredShard() throws SQLException {
        Transaction current = transaction;
        if (current != null && !current.participants().isEmpty()) {
            return current.participants().iterator().next().shard().ordinal();
        }
        return affinity % map().shards().size();
    }

    int scatterFetchSize(ExecuteOptions options) {
        return options.fetchSize() > 0 ? options.fetchSize() : settings.scatterFetchSize();
    }

    /** One shard's answer as the application gets it; what it holds is given back now, or with its rows. */
    StatementResult result(ShardAnswer answer) throws SQLException {
        ResultSet rows = answer.rows();
        if (rows != null) {
            return new StatementResult.Rows(new HeldRows(rows, () -> {
                try {
                    answer.close();
                } finally {
                    giveBack(answer.lease());
                }
            }));
        }
        ResultSet keys = answer.generatedKeys();
        if (keys == null) {
            answer.close();
        } else {
            // the keys are in memory; the physical statement goes when they are closed
            keys.getStatement().closeOnCompletion();
        }
        giveBack(answer.lease());
        return new StatementResult.Count(answer.count(), keys);
    }

    // ---- transactions

    /** What is done inside a transaction. */
    interface AtomicWork<T> {
        T run() throws SQLException;
    }

    /** Runs work in the open transaction, or in one of its own that is committed when the work returns. */
    <T> T atomically(AtomicWork<T> work) throws SQLException {
        if (transaction != null) {
            return work.run();
        }
        transaction = new Transaction(readOnly, state);
        boolean done = false;
        try {
            T result = work.run();
            done = true;
            commitOpen();
            return result;
        } finally {
            if (!done) {
                rollbackOpen();
            }
        }
    }

    /** Opens a transaction where autocommit is off and none is open. */
    void beginIfManual() {
        if (!autoCommit && transaction == null) {
            transaction = new Transaction(readOnly, state);
        }
    }

    /** BEGIN as text: opens a transaction whatever autocommit says. */
    void begin(boolean beginReadOnly) {
        if (transaction == null) {
            transaction = new Transaction(readOnly || beginReadOnly, state);
        }
    }

    @Nullable
    Transaction transaction() {
        return transaction;
    }

    void commitOpen() throws SQLException {
        Transaction ending = transaction;
        if (ending == null) {
            return;
        }
        try {
            cluster.transactionEnd().commit(ending, state, this::connect);
        } catch (SQLException e) {
            state(ending.stateAtBegin());
            throw e;
        } finally {
            ended(ending);
        }
    }

    void rollbackOpen() {
        Transaction ending = transaction;
        if (ending == null) {
            return;
        }
        cluster.transactionEnd().rollback(ending);
        state(ending.stateAtBegin());
        ended(ending);
    }

    private void ended(Transaction ending) {
        ending.participants().forEach(participant -> {
            if (!participant.lease().isPinned()) {
                leases.forget(participant.lease());
            }
        });
        transaction = null;
        changedMap = null;
    }

    private void noteFailure() {
        Transaction current = transaction;
        if (current != null) {
            current.noteFailure();
        }
    }

    /** What PostgreSQL says to any statement of a failed transaction, before a shard that did not fail runs it. */
    void checkNotFailed() throws SQLException {
        beginIfManual();
        Transaction current = transaction;
        if (current != null && current.failed()) {
            throw PgplexErrors.error(
                    SqlState.FAILED_TRANSACTION,
                    "current transaction is aborted, commands ignored until end of transaction block");
        }
    }

    @Override
    public HeldConnection hold(PreparedText call, BoundParameters parameters) throws SQLException {
        checkNotFailed();
        return new HeldLease(lease(runners.shardOfCall(call, parameters), Effect.MAY_WRITE), this);
    }

    @Override
    public boolean autoCommit() {
        return autoCommit;
    }

    @Override
    public void setAutoCommit(boolean autoCommit) throws SQLException {
        if (this.autoCommit == autoCommit) {
            return;
        }
        if (autoCommit) {
            commitOpen();
        }
        this.autoCommit = autoCommit;
    }

    @Override
    public void commit() throws SQLException {
        commitOpen();
    }

    @Override
    public void rollback() {
        rollbackOpen();
    }

    @Override
    public Savepoint setSavepoint(@Nullable String name) throws SQLException {
        checkNotFailed();
        LogicalSavepoint savepoint = new LogicalSavepoint(++savepoints, name);
        openTransaction().savepoint(savepoint.sqlName(), state);
        return savepoint;
    }

    @Override
    public void rollback(Savepoint savepoint) throws SQLException {
        rollbackTo(LogicalSavepoint.of(savepoint).sqlName());
    }

    @Override
    public void releaseSavepoint(Savepoint savepoint) throws SQLException {
        LogicalSavepoint released = LogicalSavepoint.of(savepoint);
        openTransaction().release(released.sqlName());
        released.release();
    }

    void rollbackTo(String savepoint) throws SQLException {
        Transaction current = openTransaction();
        int changes = current.changes().size();
        state(current.rollbackTo(savepoint));
        if (changes != current.changes().size()) {
            changedMap = null;
        }
    }

    /** The open transaction. */
    Transaction openTransaction() throws SQLException {
        Transaction current = transaction;
        if (current == null) {
            throw PgplexErrors.error(SqlState.NO_ACTIVE_TRANSACTION, "there is no transaction in progress");
        }
        return current;
    }

    // ---- what the session sees

    /**
     * The cluster map as this session sees it: with what its own transaction has changed.
     *
     * @throws SQLException 3D000 when the cluster does not exist
     */
    ClusterMap map() throws SQLException {
        ClusterMap changed = changedMap;
        if (changed != null) {
            return changed;
        }
        ClusterMap current = cluster.currentMap();
        if (current == null) {
            throw cluster.missing();
        }
        return current;
    }

    /** Makes a change of the map part of the transaction. */
    void change(MetadataChange change) throws SQLException {
        Transaction current = openTransaction();
        current.change(change);
        changedMap = change.applyTo(map());
    }

    RoutingScope scope() {
        RoutingScope known = scope;
        if (known == null) {
            List<String> schemas = new ArrayList<>();
            List<String> path = state.searchPath();
            for (String schema : path == null ? settings.defaultSearchPath() : path) {
                schemas.add(schema.equals("$user") ? settings.credentials().user() : schema);
            }
            known = cluster.scopes().computeIfAbsent(new RoutingScope(schemas, temporaryRelations), fresh -> fresh);
            scope = known;
        }
        return known;
    }

    void temporaryRelation(String name) {
        temporaryRelations.add(name);
        scope = null;
    }

    SessionState state() {
        return state;
    }

    void state(SessionState changed) {
        if (state != changed) {
            state = changed;
            scope = null;
        }
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public void setReadOnly(boolean readOnly) throws SQLException {
        if (transaction != null && !transaction.participants().isEmpty() && readOnly != this.readOnly) {
            throw PgplexErrors.error(
                    SqlState.ACTIVE_TRANSACTION,
                    "cannot change transaction read-only property in the middle of a transaction");
        }
        this.readOnly = readOnly;
        if (transaction != null) {
            transaction.setReadOnly(readOnly);
        }
    }

    @Override
    public int transactionIsolation() throws SQLException {
        return onHome(PgConnection::getTransactionIsolation);
    }

    @Override
    public void setTransactionIsolation(int level) throws SQLException {
        runners.settings().transactionIsolation(level);
    }

    @Override
    public @Nullable String schema() throws SQLException {
        return onHome(PgConnection::getSchema);
    }

    @Override
    public void setSchema(@Nullable String schema) throws SQLException {
        runners.settings().schema(schema);
    }

    @Override
    public int networkTimeoutMillis() {
        return leases.networkTimeoutMillis();
    }

    @Override
    public void setNetworkTimeoutMillis(int millis) throws SQLException {
        leases.networkTimeoutMillis(millis);
    }

    // ---- work on the home shard

    @Override
    public <T extends @Nullable Object> T onHome(Work<T> work) throws SQLException {
        checkNotFailed();
        Lease lease = lease(map().homeShard(), Effect.READ);
        try {
            return work.on(lease.backend().connection());
        } catch (SQLException e) {
            lease.backend().failed(e);
            noteFailure();
            throw e;
        } finally {
            giveBack(lease);
        }
    }

    @Override
    public ResultSet rowsFromHome(Work<ResultSet> work) throws SQLException {
        checkNotFailed();
        Lease lease = lease(map().homeShard(), Effect.READ);
        try {
            return new HeldRows(work.on(lease.backend().connection()), () -> giveBack(lease));
        } catch (SQLException e) {
            lease.backend().failed(e);
            giveBack(lease);
            noteFailure();
            throw e;
        }
    }

    // ---- the end

    @Override
    public boolean isValid(int timeoutSeconds) {
        if (closed || cluster.currentMap() == null) {
            return false;
        }
        try {
            Transaction current = transaction;
            if (current != null && current.failed()) {
                return current.participants().stream()
                        .noneMatch(p -> p.backend().isBroken());
            }
            return onHome(connection -> connection.isValid(timeoutSeconds));
        } catch (SQLException e) {
            return false;
        }
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            rollbackOpen();
        } finally {
            leases.close();
            settings.onClose().run();
        }
    }

    @Override
    public void abort() {
        if (closed) {
            return;
        }
        closed = true;
        leases.abort();
        leases.close();
        settings.onClose().run();
    }
}
