package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.metadata.cache.Clients;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/**
 * Settles what crashes have left behind, with one role's rights. Used by one thread; several may do the same at once, on
 * this client and others, because each step is decided by one row on the anchor and may be repeated.
 *
 * <p>A prepared transaction obeys the commit record on its anchor. Where there is none, a row 'aborted' is inserted first, once
 * its client is known to be gone or has had its time: the primary key makes that wait for a coordinator that is still
 * committing, and makes a coordinator that comes later fail. Then records that nobody needs any more go ({@link
 * RecordCleaner}).
 *
 * <p>What cannot be settled (a shard that does not answer, another role's transaction, an anchor that is unknown) is told
 * and left, and stands in nobody's way.
 */
public final class InDoubtResolver {

    /** Somebody else has finished it. */
    private static final String UNDEFINED_OBJECT = "42704";
    /** Somebody else is finishing it. */
    private static final String NOT_IN_PREREQUISITE_STATE = "55000";

    private static final String INSUFFICIENT_PRIVILEGE = "42501";
    private static final String LOCK_NOT_AVAILABLE = "55P03";
    /** Under a default isolation level that is stricter than READ COMMITTED. */
    private static final String SERIALIZATION_FAILURE = "40001";

    /** What the session's role may do with a prepared transaction. */
    private enum Access {
        OWN,
        ROLE,
        OTHER
    }

    private record Prepared(
            Shard shard,
            String gid,
            String anchor,
            String gtxid,
            @Nullable String owner,
            double age,
            Access access) {}

    /** What one shard showed. */
    private record View(boolean log, List<Prepared> prepared) {}

    private final String cluster;
    private final MetadataStore store;
    private final RecordCleaner cleaner;

    public InDoubtResolver(String cluster, MetadataStore store) {
        this.cluster = cluster;
        this.store = store;
        this.cleaner = new RecordCleaner(cluster, store);
    }

    /** RECOVER CLUSTER: settles everything that can be, now. */
    public List<Settled> recover(ClusterMap map, ShardAccess shards) {
        Pass pass = new Pass(map, shards, Patience.OPERATOR);
        cleaner.look(map, shards, pass.told);
        pass.settle();
        cleaner.clean(map, shards, Patience.OPERATOR, pass::mayForget, pass.told);
        return pass.told;
    }

    /**
     * What an arbiter does each second: settles what is in doubt.
     *
     * @param clean whether to look after commit records too, which need not be so often
     */
    public List<Settled> arbitrate(ClusterMap map, ShardAccess shards, boolean clean) {
        Pass pass = new Pass(map, shards, Patience.ARBITER);
        pass.settle();
        if (clean) {
            // those of the last look: whatever belongs to one was prepared by then, and was seen now unless it is
            // finished
            cleaner.clean(map, shards, Patience.ARBITER, pass::mayForget, pass.told);
            cleaner.look(map, shards, pass.told);
        }
        return pass.told;
    }

    /** One time over all shards. */
    private final class Pass {
        private final ClusterMap map;
        private final ShardAccess shards;
        private final Patience patience;
        private final List<Settled> told = new ArrayList<>();
        private final Map<String, View> views = new HashMap<>();
        private final Set<String> inDoubt = new HashSet<>();
        private final Map<String, Boolean> committed = new HashMap<>();
        private @Nullable Set<String> alive;

        Pass(ClusterMap map, ShardAccess shards, Patience patience) {
            this.map = map;
            this.shards = shards;
            this.patience = patience;
        }

        void settle() {
            List<Prepared> found = look();
            found.forEach(prepared -> inDoubt.add(prepared.gtxid()));
            List<Prepared> mine = new ArrayList<>();
            for (Prepared prepared : found) {
                if (prepared.age() < patience.decided()) {
                    continue;
                }
                if (prepared.access() == Access.OTHER) {
                    leave(prepared, "belongs to role " + prepared.owner());
                } else if (map.shard(prepared.anchor()) == null) {
                    leave(prepared, "anchor " + prepared.anchor() + " is no shard of the cluster");
                } else {
                    mine.add(prepared);
                }
            }
            if (!mine.isEmpty()) {
                decide(mine);
                finish(mine);
            }
        }

        /** Says why something is left, unless its client may still be about to finish it. */
        private void leave(Prepared prepared, String reason) {
            if (prepared.age() >= patience.undecided()) {
                told.add(Settled.left(prepared.gtxid(), prepared.shard().name(), reason));
            }
        }

        private List<Prepared> look() {
            Map<Shard, ShardAccess.Work<View>> looks = new LinkedHashMap<>();
            for (Shard shard : map.shards()) {
                looks.put(shard, connection -> view(connection, shard));
            }
            List<Prepared> found = new ArrayList<>();
            shards.run(looks).forEach((shard, outcome) -> {
                View view = outcome.value();
                if (view != null) {
                    views.put(shard.name(), view);
                    found.addAll(view.prepared());
                } else {
                    told.add(Settled.left("", shard.name(), "unreachable: " + message(outcome)));
                }
            });
            return found;
        }

        private View view(PgConnection connection, Shard shard) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.execute(RecoverySql.HAS_LOG + "; " + RecoverySql.prepared(cluster));
                boolean log;
                try (ResultSet row = statement.getResultSet()) {
                    log = row.next() && row.getBoolean(1);
                }
                List<Prepared> prepared = new ArrayList<>();
                if (statement.getMoreResults()) {
                    try (ResultSet rows = statement.getResultSet()) {
                        while (rows.next()) {
                            Prepared one = prepared(shard, rows);
                            if (one != null) {
                                prepared.add(one);
                            }
                        }
                    }
                }
                return new View(log, prepared);
            }
        }

        private @Nullable Prepared prepared(Shard shard, ResultSet row) throws SQLException {
            String gid = row.getString("gid");
            String[] parts = gid.split(":", -1);
            if (parts.length != 5) {
                return null;
            }
            Access access =
                    switch (row.getString("access")) {
                        case "own" -> Access.OWN;
                        case "role" -> Access.ROLE;
                        default -> Access.OTHER;
                    };
            return new Prepared(shard, gid, parts[2], parts[3], row.getString("owner"), row.getDouble("age"), access);
        }

        /** Asks each anchor for the outcomes; it says aborted from now on of what is to be settled without a record. */
        private void decide(List<Prepared> mine) {
            boolean old = mine.stream().anyMatch(prepared -> prepared.age() >= patience.undecided());
            alive = old && patience.undecided() < patience.limit() ? clientsAlive() : null;
            Map<Shard, Set<String>> asked = new LinkedHashMap<>();
            Set<String> overdue = new HashSet<>();
            for (Prepared prepared : mine) {
                Shard anchor = Objects.requireNonNull(map.shard(prepared.anchor()));
                asked.computeIfAbsent(anchor, absent -> new LinkedHashSet<>()).add(prepared.gtxid());
                if (isOverdue(prepared)) {
                    overdue.add(prepared.gtxid());
                }
            }
            Map<Shard, ShardAccess.Work<Map<String, Boolean>>> questions = new LinkedHashMap<>();
            asked.forEach((anchor, gtxids) -> {
                View view = views.get(anchor.name());
                boolean log = view != null && view.log();
                questions.put(anchor, connection -> outcomes(connection, gtxids, overdue, log));
            });
            shards.run(questions).forEach((anchor, outcome) -> {
                Map<String, Boolean> answers = outcome.value();
                if (answers != null) {
                    committed.putAll(answers);
                } else {
                    mine.stream()
                            .filter(prepared -> prepared.anchor().equals(anchor.name()))
                            .forEach(prepared ->
                                    leave(prepared, "anchor " + anchor.name() + " unreachable: " + message(outcome)));
                }
            });
        }

        /** Whether a transaction without a record has had its time. */
        private boolean isOverdue(Prepared prepared) {
            Set<String> living = alive;
            boolean gone = living != null && !living.contains(GlobalTransactionId.clientOf(prepared.gtxid()));
            return prepared.age() >= (gone ? patience.undecided() : patience.limit());
        }

        private void finish(List<Prepared> mine) {
            Map<Shard, List<Prepared>> byShard = new LinkedHashMap<>();
            for (Prepared prepared : mine) {
                if (committed.containsKey(prepared.gtxid())) {
                    byShard.computeIfAbsent(prepared.shard(), absent -> new ArrayList<>())
                            .add(prepared);
                }
            }
            Map<Shard, ShardAccess.Work<List<Settled>>> work = new LinkedHashMap<>();
            byShard.forEach((shard, list) -> {
                boolean log = Objects.requireNonNull(views.get(shard.name())).log();
                work.put(shard, connection -> finish(connection, list, log));
            });
            Set<String> finished = new HashSet<>();
            shards.run(work).forEach((shard, outcome) -> {
                List<Settled> settled = outcome.value();
                if (settled != null) {
                    told.addAll(settled);
                    settled.stream()
                            .filter(Settled::done)
                            .forEach(one -> finished.add(one.gtxid() + ":" + shard.name()));
                } else {
                    told.add(Settled.left("", shard.name(), "unreachable: " + message(outcome)));
                }
            });
            inDoubt.clear();
            for (View view : views.values()) {
                for (Prepared prepared : view.prepared()) {
                    if (!finished.contains(
                            prepared.gtxid() + ":" + prepared.shard().name())) {
                        inDoubt.add(prepared.gtxid());
                    }
                }
            }
        }

        private List<Settled> finish(PgConnection connection, List<Prepared> list, boolean log) throws SQLException {
            // a commit that waits for a standby must not be cancelled
            execute(connection, "SET statement_timeout TO 0");
            try {
                return obeyAll(connection, list, log);
            } finally {
                execute(connection, "RESET statement_timeout");
            }
        }

        private List<Settled> obeyAll(PgConnection connection, List<Prepared> list, boolean log) throws SQLException {
            List<Settled> settled = new ArrayList<>();
            for (Prepared prepared : list) {
                boolean commit = Objects.requireNonNull(committed.get(prepared.gtxid()));
                String reason = obey(connection, prepared, commit);
                String action = commit ? "committed" : "rolled back";
                String shard = prepared.shard().name();
                if (reason == null) {
                    settled.add(Settled.done(prepared.gtxid(), shard, action));
                    if (log) {
                        execute(connection, RecoverySql.log(List.of(prepared.gtxid()), action));
                    }
                } else if (!reason.isEmpty()) {
                    settled.add(Settled.left(prepared.gtxid(), shard, reason));
                }
            }
            return settled;
        }

        /** Whether a record may go as far as participants are concerned: each has been asked, and none is in doubt. */
        private boolean mayForget(RecordCleaner.CommitRecord record) {
            return views.keySet().containsAll(record.participants()) && !inDoubt.contains(record.gtxid());
        }

        private @Nullable Set<String> clientsAlive() {
            try {
                return Clients.alive(store, cluster);
            } catch (MetadataException e) {
                told.add(Settled.left("", "", "metadata store: " + e.getMessage()));
                return null;
            }
        }
    }

    /** What an anchor says of transactions: committed or not; those that it does not know and that are not overdue lack. */
    private static Map<String, Boolean> outcomes(
            PgConnection connection, Set<String> gtxids, Set<String> overdue, boolean log) throws SQLException {
        Map<String, Boolean> outcomes = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(RecoverySql.states(gtxids))) {
            while (rows.next()) {
                outcomes.put(rows.getString(1), rows.getString(2).equals("committed"));
            }
        }
        for (String gtxid : gtxids) {
            if (overdue.contains(gtxid) && !outcomes.containsKey(gtxid)) {
                Boolean outcome = settle(connection, gtxid, log);
                if (outcome != null) {
                    outcomes.put(gtxid, outcome);
                }
            }
        }
        return outcomes;
    }

    /** Settles a transaction as aborted unless its record comes first; null when its coordinator is committing just now. */
    private static @Nullable Boolean settle(PgConnection connection, String gtxid, boolean log) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(RecoverySql.SHORT_LOCK_TIMEOUT);
            int inserted = statement.executeUpdate(CommitSql.settle(gtxid));
            if (inserted > 0 && log) {
                statement.execute(RecoverySql.log(List.of(gtxid), "aborted"));
            }
            connection.commit();
            // a statement of its own, whose snapshot is younger than any wait
            try (ResultSet state = statement.executeQuery(CommitSql.stateOf(gtxid))) {
                return state.next() && state.getString(1).equals("committed");
            }
        } catch (SQLException e) {
            if (LOCK_NOT_AVAILABLE.equals(e.getSQLState()) || SERIALIZATION_FAILURE.equals(e.getSQLState())) {
                return null;
            }
            throw e;
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** Commits or rolls back; null when that was done, else why not, empty where somebody else has done it. */
    private static @Nullable String obey(PgConnection connection, Prepared prepared, boolean commit)
            throws SQLException {
        String owner = prepared.owner();
        boolean switched = prepared.access() == Access.ROLE && owner != null;
        try {
            if (switched) {
                execute(connection, "SET ROLE " + connection.escapeIdentifier(owner));
            }
            try {
                execute(
                        connection,
                        commit ? CommitSql.commitPrepared(prepared.gid()) : CommitSql.rollbackPrepared(prepared.gid()));
            } finally {
                if (switched) {
                    execute(connection, "RESET ROLE");
                }
            }
            return null;
        } catch (SQLException e) {
            return switch (Objects.requireNonNullElse(e.getSQLState(), "")) {
                case UNDEFINED_OBJECT, NOT_IN_PREREQUISITE_STATE -> "";
                case INSUFFICIENT_PRIVILEGE -> "belongs to role " + owner;
                default -> throw e;
            };
        }
    }

    private static void execute(PgConnection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static String message(Outcome<?> outcome) {
        Throwable failure = outcome.failure();
        return failure == null ? "no answer" : String.valueOf(failure.getMessage());
    }
}
