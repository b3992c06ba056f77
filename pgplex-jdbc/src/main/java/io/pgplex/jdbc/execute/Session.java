package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.pool.Backend;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.Work;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.jdbc.transaction.Participant;
import io.pgplex.jdbc.transaction.Transaction;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.command.StatementClass;
import io.pgplex.routing.command.StatementClassifier;
import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.statistics.Statistics;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
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
    private final SessionTransaction transactions;
    private final WriteGuard writes;
    private final StandbyReads standbys;
    private final Supplier<Statistics> statistics;
    private final TemporaryRelations temporary = new TemporaryRelations();
    private final NewestShard newest = new NewestShard();

    private SessionState state = SessionState.INITIAL;
    private @Nullable RoutingScope scope;
    private StatementEffects effects = StatementEffects.NONE;
    private int savepoints;
    private long moved;
    /** Whether the application has heard that its pinned connection was lost. */
    private boolean lossTold;

    private volatile boolean closed;

    public Session(Cluster cluster, SessionSettings settings) {
        this.cluster = cluster;
        this.settings = settings;
        this.leases = new SessionLeases(
                cluster.primaries().leasedBy(settings.credentials(), settings.pool()), since -> checkPatience(since));
        this.standbys = new StandbyReads(cluster, leases, settings, since -> checkPatience(since));
        this.transactions = new SessionTransaction(cluster, leases, this, settings);
        this.writes = new WriteGuard(cluster.cache(), settings.readOnlyWithoutStore());
        this.statistics = cluster.statistics().askedBy(settings.credentials(), settings.pool());
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
        transactions.running(running, options);
        Reruns reruns = null;
        while (true) {
            forgetLostConnection();
            boolean fresh = isFresh();
            newest.clear();
            Plan plan = null;
            transactions.statementBegins();
            try {
                StatementClass withoutCluster = withoutCluster(text, statement);
                if (withoutCluster != null) {
                    return runners.utility().runWithoutCluster(withoutCluster);
                }
                ClusterMap map = map();
                plan = cluster.plans().plan(text, statement, map, scope(), statistics);
                return runOrdered(plan, new Execution(text, statement, parameters, options, running, map));
            } catch (SQLException e) {
                reruns = reruns == null ? new Reruns(settings.pool()) : reruns;
                if (!runsAgain(e, plan, text, statement, fresh, reruns)) {
                    noteFailure();
                    boolean own = OwnCall.of(text.statements().get(statement), parameters) != null;
                    SQLException told = transactions.statementFailed(e);
                    throw own ? told : unsure(told, plan);
                }
            } finally {
                transactions.statementEnds();
            }
        }
    }

    /** Runs a plan, in a transaction of its own where all transactions are to be seen in one order. */
    private StatementResult runOrdered(Plan plan, Execution execution) throws SQLException {
        if (execution.map().strictSnapshots() && transactions.open() == null && writesAlone(plan, execution)) {
            Execution whole = execution.with(execution.options().held());
            return transactions.atomically(() -> run(plan, whole));
        }
        return run(plan, execution);
    }

    // ---- the way of a statement whose connection is lost

    /** Whether nothing was done on any shard in the transaction that the next statement is part of, if in any. */
    private boolean isFresh() {
        Transaction current = transactions.open();
        return current == null || current.participants().isEmpty();
    }

    /**
     * Whether a statement that has failed is run once more, unseen: when its connection was lost and it has left nothing
     * behind. Inside a transaction that is so for the first statement alone, whatever it does, since nobody has committed
     * it, and for one that has used no other shard than the one that it was the first to reach. Outside it is as {@link Loss#leftNothing} says.
     */
    private boolean runsAgain(
            SQLException failure, @Nullable Plan plan, PreparedText text, int statement, boolean fresh, Reruns reruns)
            throws SQLException {
        if (!Loss.isOne(failure) || closed || leases.lostPinned() || !reruns.allowed()) {
            return false;
        }
        transactions.checkPatience(System.nanoTime());
        if (transactions.open() != null) {
            return fresh ? transactions.restart() : newest.isLeft(transactions);
        }
        return Loss.leftNothing(failure, plan, text, statement);
    }

    /** A failure outside a transaction, where the statement may have been done all the same. */
    private SQLException unsure(SQLException failure, @Nullable Plan plan) {
        return Loss.mayWrite(plan) && transactions.open() == null && Loss.isOne(failure) && !leases.lostPinned()
                ? PgplexErrors.statementUnknown(failure)
                : failure;
    }

    /** What a failure means that came while an answer's rows were read. */
    SQLException rowsFailed(SQLException failure, List<ShardAnswer> answers) {
        if (!Backend.isFatal(failure) || closed) {
            return failure;
        }
        lossTold = leases.lostPinned();
        boolean inTransaction = false;
        for (ShardAnswer answer : answers) {
            inTransaction |= transactions.owns(answer.lease());
        }
        if (answers.size() == 1) {
            PgplexErrors.onShard(
                    failure,
                    answers.get(0).shard(),
                    answers.get(0).lease().backend().node().name());
        }
        return inTransaction ? transactions.statementFailed(failure) : PgplexErrors.rowsLost(failure);
    }

    // ---- the way of a statement that may write

    /** Whether a statement may write and can be given a transaction; what CALL and DO run may end transactions itself. */
    private static boolean writesAlone(Plan plan, Execution execution) {
        return plan instanceof Plan.Insert
                || (plan instanceof Plan.Sharded sharded
                        && sharded.effect() != Effect.READ
                        && !execution.scanned().is(0, "CALL", "DO")
                        && OwnCall.of(execution.scanned(), execution.parameters()) == null);
    }

    /** Runs a plan, minding what its statement may leave on a server beside its rows. */
    private StatementResult run(Plan plan, Execution execution) throws SQLException {
        if (plan instanceof Plan.Sharded call && call.effect() == Effect.MAY_WRITE) {
            OwnCall own = OwnCall.of(execution.scanned(), execution.parameters());
            if (own != null) {
                return runners.commands().call(own);
            }
            ConfigCall setting = ConfigCall.of(execution.scanned(), execution.parameters());
            if (setting != null) {
                runners.settings().set(setting);
                return runners.run(call, execution);
            }
        }
        effects = effects(plan, execution);
        try {
            Hints.Reads hints = execution.hints().reads();
            return mayReadStandbys() || !hints.equals(Hints.Reads.UNSAID)
                    ? standbys.run(
                            plan,
                            execution,
                            settings.reads().with(hints, transactions.readOnly()),
                            hints,
                            !transactions.autoCommit() || transactions.open() != null,
                            () -> runners.run(plan, execution))
                    : runners.run(plan, execution);
        } finally {
            effects = StatementEffects.NONE;
        }
    }

    private boolean mayReadStandbys() {
        return transactions.readOnly() || settings.reads().asksForStandbys();
    }

    private StatementEffects effects(Plan plan, Execution execution) throws SQLException {
        return StatementEffects.of(
                plan,
                execution,
                StatementEffects.calls(plan, execution.text(), execution.statement()),
                temporary.names(),
                cluster.transactionEnd().notifyingTables());
    }

    /** What each entry of a batch may leave on a server; of several statements each says so when it runs. */
    private StatementEffects batchEffects(
            PreparedText text, BoundParameters entry, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        if (text.statements().size() != 1) {
            return StatementEffects.NONE;
        }
        ClusterMap map = map();
        Plan plan = cluster.plans().plan(text, 0, map, scope(), statistics);
        return effects(plan, new Execution(text, 0, entry, options, running, map));
    }

    /** The class of a statement that must run although the cluster does not exist yet, else null. */
    private @Nullable StatementClass withoutCluster(PreparedText text, int statement) {
        return transactions.mapIfAny() == null
                ? StatementClassifier.classify(text.statements().get(statement))
                : null;
    }

    @Override
    public BatchResult executeBatch(
            PreparedText text, List<? extends BoundParameters> batch, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        forgetLostConnection();
        transactions.running(running, options);
        transactions.statementBegins();
        try {
            if (!batch.isEmpty()) {
                effects = batchEffects(text, batch.get(0), options, running);
            }
            return runners.batch().run(text, batch, options, running);
        } catch (SQLException e) {
            noteFailure();
            throw written(e);
        } finally {
            effects = StatementEffects.NONE;
            transactions.statementEnds();
        }
    }

    @Override
    public BatchResult executeBatch(List<PreparedText> texts, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        forgetLostConnection();
        transactions.running(running, options);
        transactions.statementBegins();
        try {
            return runners.batch().run(texts, options, running);
        } catch (SQLException e) {
            noteFailure();
            throw written(e);
        } finally {
            transactions.statementEnds();
        }
    }

    /** The failure of a batch or call, which is never run again: outside a transaction some of it may have been done. */
    private SQLException written(SQLException failure) {
        SQLException told = transactions.statementFailed(failure);
        return transactions.open() == null && Loss.isOne(told) && !leases.lostPinned()
                ? PgplexErrors.statementUnknown(told)
                : told;
    }

    // ---- leases

    private void checkPatience(long sinceNanos) throws SQLException {
        transactions.checkPatience(sinceNanos);
    }

    /** A connection to a shard for one statement: the transaction's, or one of its own that {@link #giveBack} ends. */
    Lease lease(Shard shard, Effect effect) throws SQLException {
        if (leases.lostPinned()) {
            // the statement was planned for what lived there
            throw lostObjects();
        }
        Transaction current = transactions.open();
        writes.check(effect, standbys.refusesWrites() || (current == null && transactions.readOnly()));
        effects.check(shard);
        if (current != null) {
            newest.used(current, shard);
            String unpreparable = effects.unpreparable(shard, shard.ordinal() == 0 && isPinned());
            if (unpreparable != null) {
                current.holdUnpreparable(shard, unpreparable, effect != Effect.READ);
            } else if (effects.perhapsMore() && effect != Effect.READ) {
                current.preferAsAnchor(shard);
            }
        }
        Lease lease = current == null
                ? leaseOutsideTransaction(shard, effect)
                : transactions.participant(shard, effect).lease();
        if (lease.isStandby() && effects.locks()) {
            throw PgplexErrors.error(
                    SqlState.READ_ONLY_TRANSACTION,
                    "the transaction reads from a standby, where an advisory lock keeps nobody out",
                    "Take the lock before anything is read, or in a session with intent=read-write that is not"
                            + " read-only.");
        }
        if (effects.calls().contains(SessionEffect.SESSION_LOCK)) {
            pin(lease);
        } else if (effects.calls().contains(SessionEffect.UNKNOWN)) {
            lease.suspect();
        }
        return lease;
    }

    private Lease leaseOutsideTransaction(Shard shard, Effect effect) throws SQLException {
        Lease standby = standbys.isAsked() ? standbys.take(shard, effect, state) : null;
        if (standby != null) {
            return standby;
        }
        boolean readOnly = transactions.readOnly() || standbys.refusesWrites();
        boolean guarded = effect == Effect.MAY_WRITE && (readOnly || writes.areRefused());
        Lease lease = leases.take(shard, guarded ? state.readOnly() : state);
        standbys.answersInstead(lease, shard);
        if (readOnly) {
            lease.backend().connection().setReadOnly(true);
        }
        return lease;
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
            if (cursor && transactions.open() == null && taken.size() > 1) {
                transactions.watchQuery(shards, taken);
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
        return leases.takeBeside(shard, wanted);
    }

    /**
     * A connection to a shard for what cannot run in a transaction; {@link #giveBack} ends it. On the home shard the
     * session's own one where no transaction is on it, for the sake of its temporary tables.
     */
    Lease connectOutsideTransaction(Shard shard) throws SQLException {
        Lease pinned = leases.pinned();
        boolean own = pinned != null
                && shard.ordinal() == 0
                && pinned.backend().connection().getAutoCommit();
        return own ? leases.take(shard, state) : leases.takeBeside(shard, state);
    }

    void giveBack(Lease lease) {
        transactions.leaseEnds();
        standbys.leaseEnds(lease);
        leases.giveBack(lease);
    }

    /**
     * Keeps the home shard's connection for this session from now on, because it carries state of it.
     *
     * @throws SQLException 25006 where that is a standby's, which is only read from
     */
    void pin(Lease home) throws SQLException {
        if (home.isStandby()) {
            throw PgplexErrors.error(
                    SqlState.READ_ONLY_TRANSACTION,
                    "the transaction reads from a standby, where the session cannot keep anything",
                    "Begin the transaction in a session with intent=read-write that is not read-only.");
        }
        leases.pinHome(home);
    }

    /**
     * Before a statement is planned: what lived on a pinned connection that was lost is gone, and must not be looked for.
     *
     * @throws SQLException 08006 where nobody has told the application yet: another relation may have the name of a temporary one
     */
    private void forgetLostConnection() throws SQLException {
        if (!leases.lostPinned()) {
            return;
        }
        boolean told = lossTold || transactions.open() != null;
        unpin();
        if (!told) {
            throw lostObjects();
        }
    }

    private static SQLException lostObjects() {
        return PgplexErrors.error(
                SqlState.CONNECTION_FAILURE, "the connection that held this session's objects was lost");
    }

    /** A statement has failed, and the application is about to hear of it. */
    private void noteFailure() {
        transactions.noteFailure();
        lossTold = leases.lostPinned();
    }

    /** Closes the pinned connection, and with it all that lives on it. */
    void unpin() {
        lossTold = false;
        leases.unpinHome();
        temporary.clear();
        scope = null;
    }

    SQLException missingCluster() {
        return cluster.missing();
    }

    /** The map of a session that is executing a statement, and so has one. */
    ClusterMap knownMap() {
        return Objects.requireNonNull(transactions.mapIfAny());
    }

    /**
     * Which shard answers what every shard could: one that the transaction has reached, by preference the one that holds
     * its temporary objects, else this session's own.
     */
    int preferredShard() throws SQLException {
        Transaction current = transactions.open();
        if (current != null && current.unpreparableShard() >= 0) {
            return current.unpreparableShard();
        }
        if (current != null && !current.participants().isEmpty()) {
            List<Participant> reached = List.copyOf(current.participants());
            return reached.get(affinity % reached.size()).shard().ordinal();
        }
        return affinity % map().shards().size();
    }

    int scatterFetchSize(ExecuteOptions options) {
        return options.fetchSize() > 0 ? options.fetchSize() : settings.scatterFetchSize();
    }

    /**
     * Whether a shard may get temporary objects that are not its transaction's own alone: not where another shard of the
     * transaction has some, nor beside the session's own, which are on the home shard.
     */
    boolean mayHoldTemporary(Shard shard) {
        Transaction current = transactions.open();
        return current == null
                || (current.mayHoldTemporary(shard)
                        && (shard.ordinal() == 0 || temporary.names().isEmpty()));
    }

    /** Remembers that a shard of the open transaction holds temporary objects, as {@link #mayHoldTemporary} allowed. */
    void holdTemporary(Shard shard) throws SQLException {
        Transaction current = transactions.open();
        if (current != null) {
            current.holdUnpreparable(shard, "rows on their way", false);
        }
    }

    /** Whether a connection stays with this session whatever ends. */
    boolean isPinned() {
        return leases.pinned() != null;
    }

    /** A name for a temporary table that no other of this session has. */
    String temporaryName() {
        return TemporaryRelations.MOVED + ++moved;
    }

    /** One shard's answer as the application gets it; what it holds is given back now, or with its rows. */
    StatementResult result(ShardAnswer answer) throws SQLException {
        ResultSet rows = answer.rows();
        if (rows != null) {
            return new StatementResult.Rows(new HeldRows(rows, e -> rowsFailed(e, List.of(answer)), () -> {
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

    SessionTransaction transactions() {
        return transactions;
    }

    /** What the statement that runs now reads from standbys. */
    StandbyReads standbys() {
        return standbys;
    }

    @Nullable
    Transaction transaction() {
        return transactions.open();
    }

    /** Runs work in the open transaction, or in one of its own that is committed when the work returns. */
    <T> T atomically(SessionTransaction.AtomicWork<T> work) throws SQLException {
        return transactions.atomically(work);
    }

    /** Opens a transaction where one must be, and refuses to go on in one that has failed. */
    void checkNotFailed() throws SQLException {
        transactions.checkNotFailed();
    }

    @Override
    public HeldConnection hold(PreparedText call, BoundParameters parameters) throws SQLException {
        forgetLostConnection();
        checkNotFailed();
        Lease lease;
        try {
            lease = lease(runners.shardOfCall(call, parameters), Effect.MAY_WRITE);
        } catch (SQLException e) {
            noteFailure();
            throw transactions.statementFailed(e);
        }
        transactions.statementEnds();
        lease.suspect();
        return new HeldLease(lease, this);
    }

    /** Runs a call on a connection that is held. */
    <T> T call(LogicalSession.Call<T> call) throws SQLException {
        transactions.statementBegins();
        try {
            return call.run();
        } catch (SQLException e) {
            throw written(e);
        } finally {
            knownMap().shards().forEach(leases::used); // the connection was taken long before
            transactions.statementEnds();
        }
    }

    @Override
    public boolean autoCommit() {
        return transactions.autoCommit();
    }

    @Override
    public void setAutoCommit(boolean autoCommit) throws SQLException {
        transactions.setAutoCommit(autoCommit);
    }

    @Override
    public void commit() throws SQLException {
        transactions.commit();
    }

    @Override
    public void rollback() {
        transactions.rollback();
    }

    @Override
    public Savepoint setSavepoint(@Nullable String name) throws SQLException {
        LogicalSavepoint savepoint = new LogicalSavepoint(++savepoints, name);
        transactions.savepoint(savepoint.sqlName());
        return savepoint;
    }

    @Override
    public void rollback(Savepoint savepoint) throws SQLException {
        transactions.rollbackTo(LogicalSavepoint.of(savepoint).sqlName());
    }

    @Override
    public void releaseSavepoint(Savepoint savepoint) throws SQLException {
        LogicalSavepoint released = LogicalSavepoint.of(savepoint);
        transactions.release(released.sqlName());
        released.release();
    }

    // ---- what the session sees

    /** The cluster map as this session sees it: with what its own transaction has changed. */
    ClusterMap map() throws SQLException {
        return transactions.map();
    }

    RoutingScope scope() {
        RoutingScope known = scope;
        if (known == null) {
            List<String> schemas = new ArrayList<>();
            List<String> path = state.searchPath();
            for (String schema : path == null ? settings.defaultSearchPath() : path) {
                schemas.add(schema.equals("$user") ? settings.credentials().user() : schema);
            }
            known = cluster.scopes().computeIfAbsent(new RoutingScope(schemas, temporary.names()), fresh -> fresh);
            scope = known;
        }
        return known;
    }

    /** Remembers a temporary relation of the home shard, whose connection stays with this session from now on. */
    void temporaryRelation(String name) {
        Transaction current = transactions.open();
        Participant home = current == null ? null : current.participant(0);
        if (home != null) {
            leases.pinHome(home.lease());
        }
        temporary.add(name);
        scope = null;
    }

    /** Asks the home shard which temporary relations are left, after anything that may have taken some away. */
    void refreshTemporaryRelations() {
        Lease pinned = leases.pinned();
        if (pinned != null && temporary.refresh(pinned.backend())) {
            scope = null;
        }
    }

    /** How this session asks for the sizes of tables. */
    Supplier<Statistics> statistics() {
        return statistics;
    }

    /** Has the sizes of tables kept up to date, because a plan that was made by them runs. */
    void followStatistics() {
        Statistics ignored = statistics.get();
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
        return transactions.readOnly();
    }

    @Override
    public void setReadOnly(boolean readOnly) throws SQLException {
        transactions.setReadOnly(readOnly);
    }

    @Override
    public int transactionIsolation() throws SQLException {
        return onHome(PgConnection::getTransactionIsolation);
    }

    @Override
    public void setTransactionIsolation(int level) throws SQLException {
        explaining(() -> runners.settings().transactionIsolation(level));
    }

    @Override
    public @Nullable String schema() throws SQLException {
        return onHome(PgConnection::getSchema);
    }

    @Override
    public void setSchema(@Nullable String schema) throws SQLException {
        explaining(() -> runners.settings().schema(schema));
    }

    /** A change that the servers of an open transaction are told at once. */
    @FunctionalInterface
    private interface Change {
        void make() throws SQLException;
    }

    private void explaining(Change change) throws SQLException {
        try {
            change.make();
        } catch (SQLException e) {
            throw transactions.statementFailed(e);
        }
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
        return readHome(lease -> {
            try {
                return work.on(lease.backend().connection());
            } catch (SQLException e) {
                lease.backend().failed(e);
                throw e;
            } finally {
                giveBack(lease);
            }
        });
    }

    @Override
    public ResultSet rowsFromHome(Work<ResultSet> work) throws SQLException {
        return readHome(lease -> {
            try {
                return new HeldRows(work.on(lease.backend().connection()), e -> e, () -> giveBack(lease));
            } catch (SQLException e) {
                lease.backend().failed(e);
                giveBack(lease);
                throw e;
            }
        });
    }

    /** What is read through a lease of the home shard, which it ends. */
    @FunctionalInterface
    private interface Reading<T extends @Nullable Object> {
        T by(Lease lease) throws SQLException;
    }

    /** Reads on the home shard, again where the connection was lost and nothing else was done in the transaction. */
    private <T extends @Nullable Object> T readHome(Reading<T> reading) throws SQLException {
        Reruns reruns = null;
        while (true) {
            forgetLostConnection();
            checkNotFailed();
            boolean fresh = isFresh();
            transactions.statementBegins();
            try {
                return reading.by(lease(map().homeShard(), Effect.READ));
            } catch (SQLException e) {
                reruns = reruns == null ? new Reruns(settings.pool()) : reruns;
                boolean again = Loss.isOne(e)
                        && !closed
                        && !leases.lostPinned()
                        && reruns.allowed()
                        && (transactions.open() == null || (fresh && transactions.restart()));
                if (!again) {
                    noteFailure();
                    throw transactions.statementFailed(e);
                }
            } finally {
                transactions.statementEnds();
            }
        }
    }

    // ---- the end

    @Override
    public boolean isValid(int timeoutSeconds) {
        if (closed || cluster.currentMap() == null) {
            return false;
        }
        try {
            Transaction current = transactions.open();
            if (current != null && current.failed()) {
                // it waits for its rollback, and needs no server for that
                return true;
            }
            return onHome(connection -> answers(connection, timeoutSeconds));
        } catch (SQLException e) {
            return false;
        }
    }

    /** Asks the server; one that does not answer may have been lost while the connection was idle. */
    private static boolean answers(PgConnection connection, int timeoutSeconds) throws SQLException {
        boolean valid = connection.isValid(timeoutSeconds);
        if (!valid && connection.isClosed()) {
            throw PgplexErrors.error(SqlState.CONNECTION_FAILURE, "the connection was lost");
        }
        return valid;
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
            transactions.rollback();
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
