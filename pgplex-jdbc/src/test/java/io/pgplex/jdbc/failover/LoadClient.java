package io.pgplex.jdbc.failover;

import io.pgplex.jdbc.failover.LoadRecord.Attempt;
import io.pgplex.jdbc.failover.LoadRecord.Outcome;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One client of a load: transactions on one shard and over several, and single statements, each with an id of its own, on one
 * connection with one prepared statement, whatever happens. Confined to a thread.
 */
final class LoadClient implements Callable<List<Attempt>> {

    static final String TABLE = "load_rows";

    private static final long IDS_PER_CLIENT = 1_000_000_000;

    /** Between two transactions, so that the servers of the test are not all that this machine has time for. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

    private final Load load;
    private final Connection connection;
    private final SplittableRandom random;
    private final Map<String, List<Long>> keys;
    private final List<String> shards;
    private final List<Attempt> attempts = new ArrayList<>();
    private long nextId;

    LoadClient(Load load, Connection connection, int number, SplittableRandom random, Map<String, List<Long>> keys) {
        this.load = load;
        this.connection = connection;
        this.random = random;
        this.keys = keys;
        this.shards = List.copyOf(keys.keySet());
        this.nextId = (number + 1) * IDS_PER_CLIENT;
    }

    @Override
    public List<Attempt> call() throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO " + TABLE + " (k, id, part) VALUES (?, ?, ?)")) {
            while (!load.hasEnded()) {
                attempts.add(attempt(insert));
                LockSupport.parkNanos(random.nextLong(PAUSE_NANOS));
            }
        }
        return attempts;
    }

    private Attempt attempt(PreparedStatement insert) throws SQLException {
        int kind = random.nextInt(3);
        String shard = shards.get(random.nextInt(shards.size()));
        return switch (kind) {
            case 0 -> attempt(insert, true, List.of(shard));
            case 1 -> attempt(insert, false, List.of(shard, shard));
            default -> {
                List<String> all = new ArrayList<>(shards);
                Collections.rotate(all, random.nextInt(all.size()));
                yield attempt(insert, false, all);
            }
        };
    }

    /** Writes a row for each of the shards. */
    private Attempt attempt(PreparedStatement insert, boolean alone, List<String> places) throws SQLException {
        long id = nextId++;
        int begin = load.now();
        boolean committing = alone;
        try {
            connection.setAutoCommit(alone);
            for (int part = 0; part < places.size(); part++) {
                List<Long> mine = keys.get(places.get(part));
                insert.setLong(1, mine.get(random.nextInt(mine.size())));
                insert.setLong(2, id);
                insert.setInt(3, part);
                insert.executeUpdate();
            }
            if (!alone) {
                committing = true;
                connection.commit();
            }
            load.acknowledge(places);
            return new Attempt(id, places, Outcome.ACKNOWLEDGED, null, null, load.faultySince(begin));
        } catch (SQLException e) {
            if (!alone) {
                connection.rollback();
            }
            boolean rolledBack = !committing || "40001".equals(e.getSQLState());
            return new Attempt(
                    id,
                    places,
                    rolledBack ? Outcome.NOT_COMMITTED : Outcome.UNKNOWN,
                    e.getSQLState(),
                    (alone ? "statement: " : committing ? "commit: " : "in transaction: ") + e.getMessage(),
                    load.faultySince(begin));
        }
    }
}
