package io.pgplex.jdbc.transaction;

import io.pgplex.metadata.cache.Clients;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Outcome;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/**
 * Looks after commit records: makes the metadata changes that they carry, removes those that nobody needs any more, and
 * withdraws announcements of tables that never came. Used by one thread; others may do the same at once.
 *
 * <p>A record goes only when a look at all its participants that began after the record was seen shows nothing prepared: so
 * {@link #look} comes first, then the caller's look at the participants, then {@link #clean}.
 */
final class RecordCleaner {

    /** How long an announced table may be missing before an arbiter takes it for one that never comes. */
    private static final long ANNOUNCED_NANOS = 60_000_000_000L;

    /**
     * A commit record.
     *
     * @param participants the shards, other than the anchor, that obey it
     * @param metadata the change of metadata that it carries, or null
     * @param age seconds since its transaction began
     */
    record CommitRecord(
            String gtxid,
            boolean committed,
            List<String> participants,
            @Nullable String metadata,
            double age) {}

    private final String cluster;
    private final MetadataStore store;
    private final Map<String, List<CommitRecord>> seen = new HashMap<>();
    private final Map<TableName, Long> announced = new HashMap<>();

    RecordCleaner(String cluster, MetadataStore store) {
        this.cluster = cluster;
        this.store = store;
    }

    /** Notes which records there are; forgets those of earlier looks. */
    void look(ClusterMap map, ShardAccess shards, List<Settled> told) {
        seen.clear();
        Map<Shard, ShardAccess.Work<List<CommitRecord>>> looks = new LinkedHashMap<>();
        map.shards().forEach(shard -> looks.put(shard, RecordCleaner::records));
        shards.run(looks).forEach((shard, outcome) -> {
            List<CommitRecord> records = outcome.value();
            if (records != null) {
                seen.put(shard.name(), records);
            } else {
                told.add(
                        Settled.left("", shard.name(), "commit records not read: " + InDoubtResolver.message(outcome)));
            }
        });
    }

    private static List<CommitRecord> records(PgConnection connection) throws SQLException {
        List<CommitRecord> records = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(RecoverySql.RECORDS)) {
            while (rows.next()) {
                records.add(new CommitRecord(
                        rows.getString("gtxid"),
                        rows.getString("state").equals("committed"),
                        List.of((String[]) rows.getArray("participants").getArray()),
                        rows.getString("metadata"),
                        rows.getDouble("age")));
            }
        }
        return records;
    }

    /**
     * Finishes with the records of the last look.
     *
     * @param mayForget whether no participant of a record can be in doubt
     */
    void clean(
            ClusterMap map,
            ShardAccess shards,
            Patience patience,
            Predicate<CommitRecord> mayForget,
            List<Settled> told) {
        try {
            Map<Shard, ShardAccess.Work<List<String>>> work = new LinkedHashMap<>();
            for (Shard anchor : map.shards()) {
                List<CommitRecord> records = seen.getOrDefault(anchor.name(), List.of());
                Set<String> alive = records.isEmpty() ? Set.of() : Clients.alive(store, cluster);
                List<String> finished = new ArrayList<>();
                for (CommitRecord record : records) {
                    boolean made = record.metadata() == null || makeMetadata(anchor, record, told);
                    if (made && mayForget.test(record) && isOldEnough(record, alive, patience)) {
                        finished.add(record.gtxid());
                    }
                }
                work.put(anchor, connection -> forget(connection, finished));
            }
            shards.run(work).forEach((anchor, outcome) -> {
                List<String> forgotten = outcome.value();
                if (forgotten != null) {
                    forgotten.forEach(gtxid -> told.add(Settled.done(gtxid, anchor.name(), "record removed")));
                }
            });
            withdrawAnnouncements(map, shards, patience, told);
        } catch (MetadataException e) {
            told.add(Settled.left("", "", "metadata store: " + e.getMessage()));
        }
    }

    private static boolean isOldEnough(CommitRecord record, Set<String> alive, Patience patience) {
        boolean lives = alive.contains(GlobalTransactionId.clientOf(record.gtxid()));
        return !record.committed() || record.age() >= (lives ? patience.finished() : patience.kept());
    }

    private static List<String> forget(PgConnection connection, List<String> finished) throws SQLException {
        List<String> forgotten = new ArrayList<>();
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            boolean log;
            try (ResultSet row = statement.executeQuery(RecoverySql.HAS_LOG)) {
                log = row.next() && row.getBoolean(1);
            }
            if (log) {
                statement.execute(RecoverySql.FORGET_OLD_LOG);
            }
            if (!finished.isEmpty()) {
                try (ResultSet rows = statement.executeQuery(RecoverySql.forget(finished))) {
                    while (rows.next()) {
                        forgotten.add(rows.getString(1));
                    }
                }
                if (log && !forgotten.isEmpty()) {
                    statement.execute(RecoverySql.log(forgotten, "record removed"));
                }
            }
            connection.commit();
            return forgotten;
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** Whether the store has the changes now; false when others changed the same keys meanwhile, so that the record stays. */
    private boolean makeMetadata(Shard anchor, CommitRecord record, List<Settled> told) throws MetadataException {
        String text = record.metadata();
        if (text == null || !record.committed()) {
            return true;
        }
        io.pgplex.metadata.store.Transaction remaining;
        try {
            remaining = ChangeDocument.parse(text).remaining(store.read(new ClusterKeys(cluster).prefix()));
        } catch (RuntimeException e) {
            told.add(Settled.left(record.gtxid(), anchor.name(), "its change of metadata is not understood"));
            return false;
        }
        if (remaining.puts().isEmpty() && remaining.deletes().isEmpty()) {
            return true;
        }
        if (store.commit(remaining) instanceof Outcome.Committed) {
            told.add(Settled.done(record.gtxid(), anchor.name(), "metadata recorded"));
            return true;
        }
        return false;
    }

    /** A table that is announced but that the home shard does not have was never created. */
    private void withdrawAnnouncements(ClusterMap map, ShardAccess shards, Patience patience, List<Settled> told)
            throws MetadataException {
        List<TableName> missing = overdue(map, patience);
        if (missing.isEmpty()) {
            return;
        }
        Shard home = map.homeShard();
        ShardAccess.Work<List<TableName>> question = connection -> neverCreated(connection, missing);
        List<TableName> never = shards.run(home, question).value();
        if (never == null || never.isEmpty()) {
            return;
        }
        ClusterMapChanges changes = ClusterMapChanges.read(store, cluster);
        List<TableName> withdrawn = new ArrayList<>();
        for (TableName name : never) {
            Table table = changes.map().table(name);
            if (table != null && table.state() == Table.State.CREATING) {
                changes.deleteTable(name);
                withdrawn.add(name);
            }
        }
        if (!withdrawn.isEmpty() && store.commit(changes.toTransaction()) instanceof Outcome.Committed) {
            withdrawn.forEach(name -> told.add(Settled.done("", home.name(), "withdrawn " + name)));
        }
    }

    /** The announced tables that have been so for long enough; an operator's word is enough at once. */
    private List<TableName> overdue(ClusterMap map, Patience patience) {
        List<TableName> creating = map.tables().values().stream()
                .filter(table -> table.state() == Table.State.CREATING)
                .map(Table::name)
                .toList();
        announced.keySet().retainAll(creating);
        long now = System.nanoTime();
        creating.forEach(name -> announced.putIfAbsent(name, now));
        return creating.stream()
                .filter(name -> patience.equals(Patience.OPERATOR)
                        || now - announced.getOrDefault(name, now) >= ANNOUNCED_NANOS)
                .toList();
    }

    private static List<TableName> neverCreated(PgConnection connection, List<TableName> names) throws SQLException {
        List<TableName> never = new ArrayList<>();
        if (!isTrue(connection, RecoverySql.CREATION_UNDER_WAY)) {
            for (TableName name : names) {
                if (!isTrue(connection, RecoverySql.exists(name.quoted()))) {
                    never.add(name);
                }
            }
        }
        return never;
    }

    private static boolean isTrue(PgConnection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            return row.next() && row.getBoolean(1);
        }
    }
}
