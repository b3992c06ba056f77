package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.pool.Backend;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Outcome;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settles what crashes have left behind: RECOVER CLUSTER. Confined to the session that runs it; several may run at once,
 * because each step is decided by one row on the anchor and may be repeated.
 *
 * <p>A prepared transaction is obeyed to the commit record on its anchor. Where there is none, a row 'aborted' is inserted
 * first: the primary key makes that wait for a coordinator that is still committing, and makes a coordinator that comes
 * later fail. Then metadata changes that a commit record carries are made, if they are not yet, and announcements of
 * tables that never came are withdrawn.
 */
public final class InDoubtResolver {

    /** Prepared transactions younger than this are left alone: their client is most likely about to finish them. */
    private static final String MINIMUM_AGE = "interval '5 seconds'";

    private static final String PREPARED = "SELECT gid FROM pg_catalog.pg_prepared_xacts"
            + " WHERE database OPERATOR(pg_catalog.=) pg_catalog.current_database() AND gid LIKE 'pgplex:%'";

    private static final String SETTLEABLE =
            PREPARED + " AND prepared < pg_catalog.clock_timestamp() - " + MINIMUM_AGE + " ORDER BY gid";

    /**
     * Records that may have done their work. One that says 'aborted' stops a coordinator that comes late, so it stays while
     * any transaction is open that is older, and for a day, because a role may not see everybody's transactions.
     */
    private static final String RECORDS = "SELECT gtxid, metadata FROM pgplex.commit_record r"
            + " WHERE created_at < pg_catalog.clock_timestamp() - " + MINIMUM_AGE
            + " AND (state OPERATOR(pg_catalog.=) 'committed'"
            + " OR (created_at < pg_catalog.clock_timestamp() - interval '1 day'"
            + " AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a"
            + " WHERE a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
            + " AND a.pid <> pg_catalog.pg_backend_pid() AND a.xact_start < r.created_at)))"
            + " ORDER BY created_at, gtxid";

    /** Whether some transaction is creating a relation that nobody else can see yet: its lock names no known one. */
    private static final String CREATION_UNDER_WAY = "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks l"
            + " JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) l.database"
            + " WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
            + " AND l.locktype OPERATOR(pg_catalog.=) 'relation'"
            + " AND l.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock' AND NOT EXISTS"
            + " (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) l.relation))";

    /**
     * One thing that was settled.
     *
     * @param gtxid the transaction
     * @param shard where
     * @param action what was done: {@code committed}, {@code rolled back}, {@code metadata recorded}, {@code withdrawn}
     */
    public record Settled(String gtxid, String shard, String action) {}

    private record CommitRecord(String gtxid, @Nullable String metadata) {}

    private record Prepared(Shard shard, String gid, String anchor, String gtxid) {}

    private final ClusterMap map;
    private final MetadataStore store;
    private final ShardConnector connector;
    private final List<Settled> settled = new ArrayList<>();

    public InDoubtResolver(ClusterMap map, MetadataStore store, ShardConnector connector) {
        this.map = map;
        this.store = store;
        this.connector = connector;
    }

    /**
     * Settles everything that can be.
     *
     * @throws SQLException when a shard or the store cannot be reached; what was settled before stays so
     */
    public List<Settled> run() throws SQLException {
        Map<String, Boolean> outcomes = new HashMap<>();
        for (Prepared prepared : prepared(SETTLEABLE)) {
            String key = prepared.anchor() + ":" + prepared.gtxid();
            Boolean committed = outcomes.get(key);
            if (committed == null) {
                committed = outcomeOf(prepared);
                outcomes.put(key, committed);
            }
            finish(prepared, committed);
        }
        finishRecords();
        withdrawAnnouncements();
        return settled;
    }

    private List<Prepared> prepared(String query) throws SQLException {
        List<Prepared> found = new ArrayList<>();
        for (Shard shard : map.shards()) {
            on(shard, statement -> {
                try (ResultSet rows = statement.executeQuery(query)) {
                    while (rows.next()) {
                        String gid = rows.getString(1);
                        String[] parts = gid.split(":", -1);
                        if (parts.length == 5 && parts[1].equals(map.cluster())) {
                            found.add(new Prepared(shard, gid, parts[2], parts[3]));
                        }
                    }
                }
            });
        }
        return found;
    }

    /** Whether the anchor says committed; it says aborted from now on if it had not said anything. */
    private boolean outcomeOf(Prepared prepared) throws SQLException {
        Shard anchor = map.shard(prepared.anchor());
        if (anchor == null) {
            throw PgplexErrors.bug("a prepared transaction names an anchor that is no shard", null);
        }
        boolean[] committed = new boolean[1];
        on(anchor, statement -> {
            statement.execute(CommitSql.settle(prepared.gtxid()));
            try (ResultSet state = statement.executeQuery(CommitSql.stateOf(prepared.gtxid()))) {
                committed[0] = state.next() && state.getString(1).equals("committed");
            }
        });
        return committed[0];
    }

    private void finish(Prepared prepared, boolean commit) throws SQLException {
        on(prepared.shard(), statement -> {
            try {
                statement.execute(
                        commit ? CommitSql.commitPrepared(prepared.gid()) : CommitSql.rollbackPrepared(prepared.gid()));
                settled.add(
                        new Settled(prepared.gtxid(), prepared.shard().name(), commit ? "committed" : "rolled back"));
            } catch (SQLException e) {
                if (!"42704".equals(e.getSQLState())) {
                    throw e;
                }
                // somebody else has settled it meanwhile
            }
        });
    }

    /**
     * Makes the metadata changes of committed transactions, then lets their records go. The records are read before the
     * prepared transactions: whatever belongs to one was prepared by then, and is found unless it is finished.
     */
    private void finishRecords() throws SQLException {
        Map<Shard, List<CommitRecord>> records = new LinkedHashMap<>();
        for (Shard anchor : map.shards()) {
            records.put(anchor, records(anchor));
        }
        Set<String> inDoubt = new HashSet<>();
        for (Prepared prepared : prepared(PREPARED)) {
            inDoubt.add(prepared.gtxid());
        }
        for (Map.Entry<Shard, List<CommitRecord>> entry : records.entrySet()) {
            Shard anchor = entry.getKey();
            List<String> finished = new ArrayList<>();
            for (CommitRecord record : entry.getValue()) {
                boolean made = record.metadata() == null
                        || makeMetadata(anchor, record.gtxid(), ChangeDocument.parse(record.metadata()));
                if (made && !inDoubt.contains(record.gtxid())) {
                    finished.add(record.gtxid());
                }
            }
            if (!finished.isEmpty()) {
                on(anchor, statement -> statement.execute(CommitSql.forget(finished)));
            }
        }
    }

    private List<CommitRecord> records(Shard anchor) throws SQLException {
        List<CommitRecord> records = new ArrayList<>();
        on(anchor, statement -> {
            try (ResultSet rows = statement.executeQuery(RECORDS)) {
                while (rows.next()) {
                    records.add(new CommitRecord(rows.getString(1), rows.getString(2)));
                }
            }
        });
        return records;
    }

    /** Whether the store has the changes now; false when others changed the same keys meanwhile, so that the record stays. */
    private boolean makeMetadata(Shard anchor, String gtxid, ChangeDocument document) throws SQLException {
        try {
            io.pgplex.metadata.store.Transaction remaining =
                    document.remaining(store.read(new ClusterKeys(map.cluster()).prefix()));
            if (remaining.puts().isEmpty() && remaining.deletes().isEmpty()) {
                return true;
            }
            if (store.commit(remaining) instanceof Outcome.Committed) {
                settled.add(new Settled(gtxid, anchor.name(), "metadata recorded"));
                return true;
            }
            return false;
        } catch (MetadataException e) {
            throw PgplexErrors.from(e);
        }
    }

    /** A table that is announced but that the home shard does not have was never created. */
    private void withdrawAnnouncements() throws SQLException {
        if (isTrueOnHome(CREATION_UNDER_WAY)) {
            return;
        }
        try {
            ClusterMapChanges changes = ClusterMapChanges.read(store, map.cluster());
            List<Table> announced = changes.map().tables().values().stream()
                    .filter(table -> table.state() == Table.State.CREATING)
                    .toList();
            for (Table table : announced) {
                if (!exists(table)) {
                    changes.deleteTable(table.name());
                    settled.add(new Settled("", map.homeShard().name(), "withdrawn " + table.name()));
                }
            }
            store.commit(changes.toTransaction());
        } catch (MetadataException e) {
            throw PgplexErrors.from(e);
        }
    }

    private boolean exists(Table table) throws SQLException {
        return isTrueOnHome("SELECT pg_catalog.to_regclass("
                + CommitSql.literal(table.name().quoted()) + ") IS NOT NULL");
    }

    private boolean isTrueOnHome(String query) throws SQLException {
        boolean[] answer = new boolean[1];
        on(map.homeShard(), statement -> {
            try (ResultSet row = statement.executeQuery(query)) {
                answer[0] = row.next() && row.getBoolean(1);
            }
        });
        return answer[0];
    }

    @FunctionalInterface
    private interface Step {
        void on(Statement statement) throws SQLException;
    }

    private void on(Shard shard, Step step) throws SQLException {
        Lease lease = connector.connect(shard);
        Backend backend = lease.backend();
        try (Statement statement = backend.connection().createStatement()) {
            step.on(statement);
        } catch (SQLException e) {
            backend.failed(e);
            throw e;
        } finally {
            lease.release();
        }
    }
}
