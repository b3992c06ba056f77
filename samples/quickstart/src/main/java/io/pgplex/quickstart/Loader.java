package io.pgplex.quickstart;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Puts the same rows into two databases, one batch of a prepared INSERT a transaction. Both write at the same time.
 * Confined to a thread.
 */
final class Loader implements AutoCloseable {
    private static final int BATCH_ROWS = 2_000;

    private final Generator generator;
    private final Connection sharded;
    private final Connection plain;
    private final ExecutorService plainThread = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "quickstart-reference");
        thread.setDaemon(true);
        return thread;
    });

    /** A loader over two connections, which it does not close. */
    Loader(Generator generator, Connection sharded, Connection plain) {
        this.generator = generator;
        this.sharded = sharded;
        this.plain = plain;
    }

    /** Loads a table; each batch is reported when both databases have committed it. */
    void load(String table, ProgressBar progress) throws SQLException {
        sharded.setAutoCommit(false);
        plain.setAutoCommit(false);
        Iterator<List<Object>> rows = generator.rows(table).iterator();
        while (rows.hasNext()) {
            List<List<Object>> batch = new ArrayList<>(BATCH_ROWS);
            while (rows.hasNext() && batch.size() < BATCH_ROWS) {
                batch.add(rows.next());
            }
            Future<?> other = plainThread.submit((Callable<?>) () -> insert(plain, table, batch));
            try {
                insert(sharded, table, batch);
            } finally {
                await(other);
            }
            progress.advance(batch.size());
        }
        sharded.setAutoCommit(true);
        plain.setAutoCommit(true);
    }

    private static int insert(Connection connection, String table, List<List<Object>> rows) throws SQLException {
        String marks = String.join(", ", Collections.nCopies(rows.get(0).size(), "?"));
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO " + table + " VALUES (" + marks + ")")) {
            for (List<Object> row : rows) {
                for (int i = 0; i < row.size(); i++) {
                    insert.setObject(i + 1, row.get(i));
                }
                insert.addBatch();
            }
            int entries = insert.executeBatch().length;
            connection.commit();
            return entries;
        }
    }

    private static void await(Future<?> work) throws SQLException {
        try {
            work.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while loading", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SQLException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    @Override
    public void close() {
        plainThread.shutdown();
    }
}
