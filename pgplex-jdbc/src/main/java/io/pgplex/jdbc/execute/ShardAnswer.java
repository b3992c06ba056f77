package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.pool.Lease;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** What one shard answered, and the physical statement that still holds it. Confined to one thread at a time. */
final class ShardAnswer {

    private final String shard;
    private final Lease lease;
    private final Statement statement;
    private final @Nullable String keptSql;
    private final @Nullable ResultSet rows;
    private final long count;
    private final @Nullable ResultSet generatedKeys;

    /**
     * @param keptSql the text under which the backend keeps the statement, or null when it is closed after use
     * @param rows the rows, or null for a count
     */
    ShardAnswer(
            String shard,
            Lease lease,
            Statement statement,
            @Nullable String keptSql,
            @Nullable ResultSet rows,
            long count,
            @Nullable ResultSet generatedKeys) {
        this.shard = shard;
        this.lease = lease;
        this.statement = statement;
        this.keptSql = keptSql;
        this.rows = rows;
        this.count = count;
        this.generatedKeys = generatedKeys;
    }

    String shard() {
        return shard;
    }

    Lease lease() {
        return lease;
    }

    @Nullable
    ResultSet rows() {
        return rows;
    }

    long count() {
        return count;
    }

    @Nullable
    ResultSet generatedKeys() {
        return generatedKeys;
    }

    /** Whether result sets are still held. */
    boolean holdsRows() {
        return rows != null || generatedKeys != null;
    }

    /** Closes the rows and gives the physical statement back; the lease stays the caller's. */
    void close() throws SQLException {
        if (keptSql == null || lease.isReleased()) {
            // a backend that serves another session is not to be touched: it will find the statement closed
            statement.close();
            return;
        }
        if (rows != null) {
            rows.close();
        }
        lease.backend().giveBack(keptSql, (PreparedStatement) statement);
    }
}
