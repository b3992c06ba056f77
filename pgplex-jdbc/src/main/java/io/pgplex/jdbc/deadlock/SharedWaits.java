package io.pgplex.jdbc.deadlock;

import io.pgplex.jdbc.sql.ServerSql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the servers tell of waits: what clients have published on the home shard, and each server's own locks. Stateless. */
final class SharedWaits {

    private SharedWaits() {}

    /**
     * What everybody has published.
     *
     * @param homeMicros the home shard's clock when it was read, in microseconds since 1970
     */
    record Published(long homeMicros, List<WaitingTransaction> transactions) {}

    /**
     * Publishes a client's transactions, in place of what it had published, and reads everybody's.
     *
     * @param client the client's name, which no other has
     * @param seen when it looked at its transactions, as in {@link WaitingTransaction#seen}
     */
    static Published exchange(Connection home, String client, Collection<WaitingTransaction> transactions, long seen)
            throws SQLException {
        List<String> gtxids = new ArrayList<>();
        List<String> shards = new ArrayList<>();
        List<Integer> pids = new ArrayList<>();
        List<Long> begins = new ArrayList<>();
        List<Long> statements = new ArrayList<>();
        List<Boolean> cancellables = new ArrayList<>();
        for (WaitingTransaction transaction : transactions) {
            transaction.backends().forEach((shard, pid) -> {
                gtxids.add(transaction.gtxid());
                shards.add(shard);
                pids.add(pid);
                begins.add(transaction.began());
                statements.add(transaction.statement());
                cancellables.add(transaction.cancellable());
            });
        }
        try (PreparedStatement statement = home.prepareStatement(ServerSql.EXCHANGE_WAITS)) {
            statement.setString(1, client);
            statement.setArray(2, home.createArrayOf("text", gtxids.toArray()));
            statement.setArray(3, home.createArrayOf("text", shards.toArray()));
            statement.setArray(4, home.createArrayOf("int4", pids.toArray()));
            statement.setArray(5, home.createArrayOf("int8", begins.toArray()));
            statement.setArray(6, home.createArrayOf("int8", statements.toArray()));
            statement.setArray(7, home.createArrayOf("bool", cancellables.toArray()));
            statement.setLong(8, seen);
            try (ResultSet rows = statement.executeQuery()) {
                return published(rows);
            }
        }
    }

    private static Published published(ResultSet rows) throws SQLException {
        long homeMicros = 0;
        Map<String, WaitingTransaction> transactions = new LinkedHashMap<>();
        while (rows.next()) {
            if (homeMicros == 0) {
                homeMicros = rows.getLong("home_clock");
            }
            String gtxid = rows.getString("gtxid");
            if (gtxid == null) {
                continue;
            }
            WaitingTransaction known = transactions.get(gtxid);
            Map<String, Integer> backends = new HashMap<>(known == null ? Map.of() : known.backends());
            backends.put(rows.getString("shard"), rows.getInt("pid"));
            transactions.put(
                    gtxid,
                    new WaitingTransaction(
                            gtxid,
                            rows.getLong("began"),
                            rows.getLong("statement"),
                            rows.getBoolean("cancellable"),
                            rows.getLong("seen"),
                            backends));
        }
        return new Published(homeMicros, List.copyOf(transactions.values()));
    }

    /** The waits for locks on a shard's server. */
    static List<LockWait> lockWaits(Connection connection, String shard) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.LOCK_WAITS);
                ResultSet rows = statement.executeQuery()) {
            List<LockWait> waits = new ArrayList<>();
            while (rows.next()) {
                Set<Integer> blockers = new HashSet<>();
                for (Integer pid : (Integer[]) rows.getArray("blockers").getArray()) {
                    blockers.add(pid);
                }
                Set<String> prepared = new HashSet<>();
                for (String gid : (String[]) rows.getArray("prepared").getArray()) {
                    addTransaction(prepared, gid);
                }
                waits.add(new LockWait(shard, rows.getInt("pid"), rows.getLong("since"), blockers, prepared));
            }
            return waits;
        }
    }

    /** The transaction that {@code pgplex:<cluster>:<anchor>:<gtxid>:<shard>} is a part of; others' transactions do not wait. */
    private static void addTransaction(Set<String> gtxids, String gid) {
        String[] parts = gid.split(":", -1);
        if (parts.length == 5 && parts[0].equals("pgplex")) {
            gtxids.add(parts[3]);
        }
    }
}
