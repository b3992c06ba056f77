package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.pool.Backend;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.NodePool;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.jdbc.sql.ServerSql;
import io.pgplex.jdbc.topology.Health;
import io.pgplex.jdbc.topology.NodeState;
import io.pgplex.jdbc.topology.PrimaryLeases;
import io.pgplex.jdbc.topology.StandbyChoice;
import io.pgplex.jdbc.topology.Topology;
import io.pgplex.jdbc.transaction.Isolation;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.hint.Hints.Consistency;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Plan;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How a session reads from standbys: what the statement that runs asks for, which standby answers, and how new its data must
 * be. Confined to its session.
 *
 * <p><b>Reading one's own writes.</b> Under {@link Consistency#SESSION} a standby answers only when it has replayed the WAL
 * up to a position that no commit which the session has made or seen comes after. That position is the primary's
 * {@code pg_current_wal_insert_lsn()}, asked for before the first read from a standby after the session has used the primary:
 * a commit that is visible has its record in the WAL before that. A standby's replay never goes back, so a session that
 * stays with its standby sees nothing vanish; before it goes to another one, the primary is asked again.
 *
 * <p><b>Failures.</b> A read outside a transaction that fails on a standby before a row has reached the application is
 * repeated: once without the standby that was lost, and in the end on the primaries.
 */
final class StandbyReads {

    /** After which a session looks for the best standby anew, so that load follows weights and nodes that came back. */
    private static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(10);

    /**
     * What only a standby says to a read that a primary would answer: conflicts with replay, what needs a primary, unlogged
     * tables (0A000), no room for temporary tables.
     */
    private static final Set<String> STANDBYS_OWN = Set.of("40001", "40P01", "25006", "55000", "0A000", "54000");

    /**
     * What of a shard's data the session has seen.
     *
     * @param position the position in the WAL, in bytes, after which there is none of it
     * @param node the standby that has shown more since, or null
     * @param sinceNanos when that was chosen
     */
    private record Seen(long position, @Nullable String node, long sinceNanos) {
        private static final Seen NOTHING = new Seen(0, null, 0);
    }

    /** The way of a statement once it is known where it may read. */
    @FunctionalInterface
    interface Run {
        StatementResult run() throws SQLException;
    }

    private final Cluster cluster;
    private final SessionLeases leases;
    private final SessionSettings settings;
    /** Asked before a statement is repeated. */
    private final PrimaryLeases.Waiter patience;

    private final Map<String, Seen> seen = new HashMap<>();

    /** What the statement that runs now asks for, or null where it does not ask for a standby. */
    private @Nullable ReadOptions asked;

    private boolean refusesWrites;
    private boolean primariesOnly;
    /** Whether a standby was not taken because it has not replayed what the session has seen. */
    private boolean behind;

    private final List<Lease> served = new ArrayList<>();
    private final Set<String> lost = new HashSet<>();
    /** Leases of primaries that answer because no standby has come as far as it must. */
    private final Map<Lease, Shard> insteadOfStandbys = new HashMap<>();

    StandbyReads(Cluster cluster, SessionLeases leases, SessionSettings settings, PrimaryLeases.Waiter patience) {
        this.cluster = cluster;
        this.leases = leases;
        this.settings = settings;
        this.patience = patience;
    }

    // ---- the way of a statement

    /**
     * Runs a statement that a standby may answer, or that names a node.
     *
     * @param options what holds for it
     * @param hinted what its own hints say
     * @param inTransaction whether it is part of a transaction that goes on after it
     */
    StatementResult run(
            Plan plan, Execution execution, ReadOptions options, Hints.Reads hinted, boolean inTransaction, Run run)
            throws SQLException {
        if (options.node() != null && !(plan instanceof Plan.Sharded) && !(plan instanceof Plan.Explain)) {
            throw PgplexErrors.error(
                    SqlState.FEATURE_NOT_SUPPORTED, "the hint \"node\" is for statements that read or write rows");
        }
        refusesWrites = hinted.intent() == Hints.Intent.READ_ONLY;
        asked = options.node() != null || (options.asksForStandbys() && isRead(plan, execution)) ? options : null;
        long sinceNanos = System.nanoTime();
        try {
            while (true) {
                try {
                    return run.run();
                } catch (SQLException e) {
                    tellLost();
                    if (inTransaction || options.node() != null || !mayRepeat(e)) {
                        throw e;
                    }
                    patience.check(sinceNanos);
                    served.clear();
                }
            }
        } finally {
            asked = null;
            behind = false;
            refusesWrites = false;
            primariesOnly = false;
            served.clear();
            lost.clear();
        }
    }

    private static boolean isRead(Plan plan, Execution execution) {
        return plan instanceof Plan.Sharded read
                && read.locked().isEmpty()
                && MovementRunner.effect(read) == Effect.READ
                && !execution.text().effects(execution.statement()).rowLocks();
    }

    /** Has the next look at nodes come soon whose connections were lost. */
    private void tellLost() {
        for (Lease lease : served) {
            if (lease.backend().isBroken()) {
                Backend backend = lease.backend();
                lost.add(backend.node().name());
                cluster.topology().lost(backend.node().name(), backend.standbyGeneration(), "a connection was lost");
            }
        }
    }

    private boolean mayRepeat(SQLException failure) {
        if (served.isEmpty() || primariesOnly) {
            return false;
        }
        boolean standbyLost = served.stream().anyMatch(lease -> lease.backend().isBroken());
        String state = failure.getSQLState();
        if (!standbyLost && (state == null || !isStandbysOwn(state))) {
            return false;
        }
        // the first standby that is lost may be replaced by another one
        primariesOnly = !standbyLost || lost.size() > 1;
        return true;
    }

    /** Also class 42 and 3F, since a standby may not have replayed a definition yet. */
    private static boolean isStandbysOwn(String state) {
        return STANDBYS_OWN.contains(state) || state.startsWith("42") || state.startsWith("3F");
    }

    // ---- what the session asks

    /** Whether the statement that runs now may be answered by a standby. */
    boolean isAsked() {
        return asked != null;
    }

    /** Whether the statement that runs now must not write, because its hint says so. */
    boolean refusesWrites() {
        return refusesWrites;
    }

    /** The node that the statement which runs now names, or null. */
    @Nullable
    String node() {
        ReadOptions options = asked;
        return options == null ? null : options.node();
    }

    /**
     * A connection to a standby of the shard, or null where the primary must answer.
     *
     * @throws SQLException where the statement names a node and that cannot run it: 25006 for a write on a standby, 08001
     *     where it does not answer, 55000 where it is no standby
     */
    @Nullable
    Lease take(Shard shard, Effect effect, SessionState state) throws SQLException {
        ReadOptions options = asked;
        if (options == null) {
            return null;
        }
        String node = options.node();
        if (node != null) {
            return node.equals(shard.primary()) || !shard.standbys().contains(node)
                    ? null
                    : named(node, shard, effect, state);
        }
        if (effect != Effect.READ
                || primariesOnly
                || shard.standbys().isEmpty()
                || leases.pinned() != null
                || Isolation.chosenBy(state) == Isolation.SERIALIZABLE) {
            return null;
        }
        behind = false;
        Set<String> tried = new HashSet<>(lost);
        for (int i = 0; i < shard.standbys().size(); i++) {
            NodeState chosen = choose(shard, state, options, tried);
            if (chosen == null) {
                return null;
            }
            Lease lease = take(chosen, position(shard, options), state);
            if (lease != null) {
                keep(shard, chosen, options);
                return lease;
            }
            tried.add(chosen.node().name());
        }
        return null;
    }

    private Lease named(String node, Shard shard, Effect effect, SessionState state) throws SQLException {
        if (effect == Effect.WRITE) {
            throw PgplexErrors.error(
                    SqlState.READ_ONLY_TRANSACTION, "node \"" + node + "\" is a standby, which takes no writes");
        }
        NodeState known = cluster.topology().current().node(node);
        if (known == null || known.health() == Health.DOWN) {
            throw PgplexErrors.error(SqlState.NO_ELIGIBLE_NODE, "node \"" + node + "\" does not answer");
        }
        // any position: it is asked anew, since nothing else says that this node is still a standby
        Lease lease = leases.takeForReading(pool(known), known.generation(), 1, state);
        if (lease == null) {
            throw PgplexErrors.error(
                    SqlState.OBJECT_NOT_IN_STATE,
                    "node \"" + node + "\" is neither the primary of shard \"" + shard.name() + "\" nor a standby");
        }
        served.add(lease);
        leases.used(shard); // what it has shown may be newer than what another one knows
        return lease;
    }

    /** A connection to a standby; null where it cannot be had, or the node is no standby, or has not replayed enough. */
    private @Nullable Lease take(NodeState standby, long position, SessionState state) {
        try {
            Lease lease = leases.takeForReading(
                    pool(standby),
                    standby.generation(),
                    StandbyChoice.hasReplayed(standby, position) ? 0 : position,
                    state);
            if (lease == null) {
                behind = true;
            } else {
                served.add(lease);
            }
            return lease;
        } catch (SQLException e) {
            boolean noneFree = e instanceof SQLTransientConnectionException && e.getCause() == null;
            if (Backend.isFatal(e) && !noneFree) {
                cluster.topology().lost(standby.node().name(), standby.generation(), String.valueOf(e.getMessage()));
            }
            return null;
        }
    }

    // ---- which standby

    private @Nullable NodeState choose(Shard shard, SessionState state, ReadOptions options, Set<String> tried)
            throws SQLException {
        Topology topology = cluster.topology().current();
        if (options.consistency() == Consistency.EVENTUAL) {
            return choose(topology, shard, options, Seen.NOTHING, tried);
        }
        Seen known = seen.getOrDefault(shard.name(), Seen.NOTHING);
        NodeState chosen = choose(topology, shard, options, known, tried);
        if (chosen == null) {
            return null;
        }
        boolean changes =
                known.node() != null && !known.node().equals(chosen.node().name());
        boolean mustAsk = changes || leases.isUsed(shard);
        if (!mustAsk && !(isOld(known) && isUp(topology.primary(shard.name())))) {
            return chosen;
        }
        Seen fresh;
        try {
            fresh = new Seen(askPosition(shard, state), null, 0);
        } catch (SQLException e) {
            // what the session may read cannot be told from what it may not, until the primary is back
            return mustAsk ? null : chosen;
        }
        seen.put(shard.name(), fresh);
        return choose(topology, shard, options, fresh, tried);
    }

    private @Nullable NodeState choose(
            Topology topology, Shard shard, ReadOptions options, Seen known, Set<String> tried) {
        return StandbyChoice.choose(
                topology,
                shard.name(),
                new StandbyChoice.Wanted(options.maxLag(), options.zone(), known.position(), known.node(), tried),
                node -> cluster.pools().leased(node, settings.credentials(), settings.pool()),
                ThreadLocalRandom.current());
    }

    private NodePool pool(NodeState standby) throws SQLException {
        return cluster.pools().pool(standby.node(), settings.credentials(), settings.pool());
    }

    private static boolean isOld(Seen known) {
        return known.node() != null && System.nanoTime() - known.sinceNanos() > KEPT_NANOS;
    }

    private static boolean isUp(@Nullable NodeState node) {
        return node != null && node.health() == Health.UP;
    }

    private long position(Shard shard, ReadOptions options) {
        return options.consistency() == Consistency.EVENTUAL
                ? 0
                : seen.getOrDefault(shard.name(), Seen.NOTHING).position();
    }

    private void keep(Shard shard, NodeState chosen, ReadOptions options) {
        Seen known = seen.getOrDefault(shard.name(), Seen.NOTHING);
        String name = chosen.node().name();
        if (options.consistency() == Consistency.EVENTUAL) {
            if (!name.equals(known.node())) {
                leases.used(shard); // a later read under consistency=session must not go behind this one
            }
        } else if (!name.equals(known.node())) {
            seen.put(shard.name(), new Seen(known.position(), name, System.nanoTime()));
        }
    }

    // ---- positions

    private long askPosition(Shard shard, SessionState state) throws SQLException {
        Lease lease = leases.takeBeside(shard, state);
        try {
            long position = writtenPosition(lease);
            leases.unused(shard);
            return position;
        } finally {
            leases.giveBack(lease);
        }
    }

    private static long writtenPosition(Lease lease) throws SQLException {
        try (Statement statement = lease.backend().connection().createStatement();
                ResultSet row = statement.executeQuery(ServerSql.WRITTEN_POSITION)) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw e;
        }
    }

    /** Remembers that a primary answers a read because the standbys have not replayed what the session has seen. */
    void answersInstead(Lease primary, Shard shard) {
        if (behind) {
            behind = false;
            insteadOfStandbys.put(primary, shard);
        }
    }

    /**
     * Before a lease ends. The position of a read that standbys were too far behind for is asked for at once: later on it
     * would be that of others' later writes, and as long as these go on no standby would ever be good enough.
     */
    void leaseEnds(Lease lease) {
        if (insteadOfStandbys.isEmpty()) {
            return;
        }
        Shard shard = insteadOfStandbys.remove(lease);
        if (shard == null || lease.backend().isBroken()) {
            return;
        }
        try {
            seen.put(shard.name(), new Seen(writtenPosition(lease), null, 0));
            leases.unused(shard);
        } catch (SQLException e) {
            // it will be asked for before the next read from a standby
        }
    }
}
