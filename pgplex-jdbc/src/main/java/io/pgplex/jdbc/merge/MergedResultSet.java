package io.pgplex.jdbc.merge;

import io.pgplex.jdbc.delegate.DelegatingResultSet;
import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgResultSet;
import org.postgresql.util.PSQLState;

/**
 * A cursor over several shards' open result sets: {@link #next} chooses which of them, the getters are that one's own.
 * Forward only and read only; holds nothing beside what the shards' result sets buffer themselves. Confined to a thread.
 *
 * <p>When a shard fails while rows are read, its error is thrown with a {@link io.pgplex.jdbc.error.ShardFailure} and
 * the whole result set is closed: half an answer is none.
 */
public final class MergedResultSet extends DelegatingResultSet {

    /** Told once, after a result set has closed its shards' result sets. */
    @FunctionalInterface
    public interface Closed {
        void run() throws SQLException;
    }

    private final List<ShardRows> shards;
    private final RowCursor cursor;
    private final RowWindow window;
    private final Closed closed;

    private @Nullable ShardRows current;
    private @Nullable ShardRows lastRead;
    private @Nullable ShardRows ahead;
    private boolean started;
    private boolean open = true;
    private long row;
    private long rowsSeen;

    private MergedResultSet(List<ShardRows> shards, RowCursor cursor, RowWindow window, Closed closed) {
        if (shards.isEmpty()) {
            throw new IllegalArgumentException("no result sets to merge");
        }
        this.shards = List.copyOf(shards);
        this.cursor = cursor;
        this.window = window;
        this.closed = closed;
    }

    /** One shard's rows after the other's, in the list's order. */
    public static ResultSet concatenated(List<ShardRows> shards, RowWindow window, Closed closed) {
        return new MergedResultSet(shards, new ConcatenatedRows(shards), window, closed);
    }

    /**
     * Rows that every shard sorted, as one sorted result.
     *
     * @param visibleColumns how many columns the application sees; those after them are there to sort by
     */
    public static ResultSet sorted(
            List<ShardRows> shards, RowOrder order, int visibleColumns, RowWindow window, Closed closed)
            throws SQLException {
        ResultSet rows = new MergedResultSet(shards, new SortedRows(shards, order), window, closed);
        int columns = shards.get(0).rows().getMetaData().getColumnCount();
        return visibleColumns < columns ? VisibleColumns.of(rows, visibleColumns) : rows;
    }

    /**
     * One shard's rows.
     *
     * @param visibleColumns how many columns the application sees; those after them were for pgplex itself
     */
    public static ResultSet first(ShardRows shard, int visibleColumns, RowWindow window, Closed closed) {
        return VisibleColumns.of(concatenated(List.of(shard), window, closed), visibleColumns);
    }

    /**
     * Rows in a listed order.
     *
     * @param shards rows that were read whole: {@link ResultSet#TYPE_SCROLL_INSENSITIVE} ones, unless each one's rows are
     *     listed in the order in which they came
     */
    public static ResultSet listed(List<ShardRows> shards, List<RowPlace> places, RowWindow window, Closed closed) {
        return new MergedResultSet(shards, new ListedRows(shards, List.copyOf(places)), window, closed);
    }

    /** One shard's own rows, for what they say of the columns. */
    PgResultSet sample() throws SQLException {
        return shards.get(0).rows().unwrap(PgResultSet.class);
    }

    @Override
    public boolean next() throws SQLException {
        checkOpen();
        try {
            ShardRows next = started ? advance() : firstRow();
            started = true;
            current = next;
            if (next == null) {
                return false;
            }
            lastRead = next;
            row++;
            return true;
        } catch (SQLException e) {
            throw closeAfter(e);
        }
    }

    /** The first row, which {@link #isBeforeFirst} may have looked for already. */
    private @Nullable ShardRows firstRow() throws SQLException {
        ShardRows first = ahead == null ? skipOffset() : ahead;
        ahead = null;
        return first;
    }

    private @Nullable ShardRows skipOffset() throws SQLException {
        if (window.limit() == 0) {
            return null;
        }
        for (long skipped = 0; skipped < window.offset(); skipped++) {
            if (cursor.next() == null) {
                return null;
            }
        }
        return counted(cursor.next());
    }

    private @Nullable ShardRows advance() throws SQLException {
        return rowsSeen == 0 || current == null || rowsSeen >= window.limit() ? null : counted(cursor.next());
    }

    private @Nullable ShardRows counted(@Nullable ShardRows next) {
        if (next != null) {
            rowsSeen++;
        }
        return next;
    }

    @Override
    protected ResultSet delegate() throws SQLException {
        checkOpen();
        if (current == null) {
            throw PgplexErrors.misuse(
                    PSQLState.INVALID_CURSOR_STATE,
                    "ResultSet not positioned properly, perhaps you need to call next.");
        }
        return current.rows();
    }

    /** A shard's result set for questions that do not depend on the row. */
    private ResultSet any() throws SQLException {
        checkOpen();
        return shards.get(0).rows();
    }

    private void checkOpen() throws SQLException {
        if (!open) {
            throw PgplexErrors.misuse(PSQLState.OBJECT_NOT_IN_STATE, "This ResultSet is closed.");
        }
    }

    @Override
    public boolean wasNull() throws SQLException {
        checkOpen();
        return (lastRead == null ? shards.get(0) : lastRead).rows().wasNull();
    }

    @Override
    public int getRow() throws SQLException {
        checkOpen();
        return current == null ? 0 : (int) row;
    }

    @Override
    public boolean isBeforeFirst() throws SQLException {
        checkOpen();
        if (started) {
            return false;
        }
        if (ahead == null) {
            try {
                ahead = skipOffset();
            } catch (SQLException e) {
                throw closeAfter(e);
            }
            if (ahead == null) {
                started = true;
            }
        }
        return ahead != null;
    }

    @Override
    public boolean isFirst() throws SQLException {
        checkOpen();
        return current != null && row == 1;
    }

    @Override
    public boolean isLast() throws SQLException {
        checkOpen();
        return current != null && (rowsSeen >= window.limit() || !cursor.hasNext());
    }

    @Override
    public boolean isAfterLast() throws SQLException {
        checkOpen();
        return started && current == null && rowsSeen > 0;
    }

    @Override
    public int findColumn(String label) throws SQLException {
        return any().findColumn(label);
    }

    @Override
    public ResultSetMetaData getMetaData() throws SQLException {
        return any().getMetaData();
    }

    @Override
    public java.sql.Statement getStatement() throws SQLException {
        return any().getStatement();
    }

    @Override
    public int getHoldability() throws SQLException {
        return any().getHoldability();
    }

    @Override
    public @Nullable String getCursorName() throws SQLException {
        return any().getCursorName();
    }

    @Override
    public int getFetchSize() throws SQLException {
        return any().getFetchSize();
    }

    @Override
    public void setFetchSize(int rows) throws SQLException {
        checkOpen();
        for (ShardRows shard : shards) {
            shard.rows().setFetchSize(rows);
        }
    }

    @Override
    public int getType() throws SQLException {
        checkOpen();
        return TYPE_FORWARD_ONLY;
    }

    @Override
    public int getConcurrency() throws SQLException {
        checkOpen();
        return CONCUR_READ_ONLY;
    }

    @Override
    public int getFetchDirection() throws SQLException {
        checkOpen();
        return FETCH_FORWARD;
    }

    @Override
    public void setFetchDirection(int direction) throws SQLException {
        checkOpen();
        if (direction != FETCH_FORWARD) {
            throw forwardOnly();
        }
    }

    /** The first shard's warnings that has any. */
    @Override
    public @Nullable SQLWarning getWarnings() throws SQLException {
        checkOpen();
        for (ShardRows shard : shards) {
            SQLWarning warning = shard.rows().getWarnings();
            if (warning != null) {
                return warning;
            }
        }
        return null;
    }

    @Override
    public void clearWarnings() throws SQLException {
        checkOpen();
        for (ShardRows shard : shards) {
            shard.rows().clearWarnings();
        }
    }

    @Override
    public boolean isClosed() {
        return !open;
    }

    /** Closes every shard's result set, whatever the others' closing throws; the first error is thrown. */
    @Override
    public void close() throws SQLException {
        if (!open) {
            return;
        }
        SQLException failure = closeShards();
        if (failure != null) {
            throw failure;
        }
    }

    /** Closes everything after an error, which goes on as it is. */
    private <E extends Exception> E closeAfter(E failure) {
        if (open) {
            SQLException second = closeShards();
            if (second != null && second != failure) {
                failure.addSuppressed(second);
            }
        }
        return failure;
    }

    private @Nullable SQLException closeShards() {
        open = false;
        current = null;
        SQLException failure = null;
        for (ShardRows shard : shards) {
            try {
                shard.rows().close();
            } catch (SQLException e) {
                failure = chained(failure, shard.attach(e));
            }
        }
        try {
            closed.run();
        } catch (SQLException e) {
            failure = chained(failure, e);
        }
        return failure;
    }

    private static SQLException chained(@Nullable SQLException first, SQLException next) {
        if (first == null) {
            return next;
        }
        first.addSuppressed(next);
        return first;
    }

    @Override
    public boolean absolute(int row) throws SQLException {
        throw forwardOnly();
    }

    @Override
    public boolean relative(int rows) throws SQLException {
        throw forwardOnly();
    }

    @Override
    public boolean previous() throws SQLException {
        throw forwardOnly();
    }

    @Override
    public boolean first() throws SQLException {
        throw forwardOnly();
    }

    @Override
    public boolean last() throws SQLException {
        throw forwardOnly();
    }

    @Override
    public void beforeFirst() throws SQLException {
        throw forwardOnly();
    }

    @Override
    public void afterLast() throws SQLException {
        throw forwardOnly();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        throw PgplexErrors.error(SqlState.INVALID_PARAMETER, "cannot unwrap to " + type.getName());
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }

    private SQLException forwardOnly() throws SQLException {
        checkOpen();
        return PgplexErrors.misuse(
                PSQLState.INVALID_CURSOR_STATE,
                "Operation requires a scrollable ResultSet, but this ResultSet is FORWARD_ONLY.");
    }
}
