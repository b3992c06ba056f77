package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.StatementResult;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The half of a statement that holds the answers of its last execution: which one is current, which result sets are open.
 * A superclass and not a part, because one exists for every prepared statement. Everything here happens under the
 * connection's lock, so that a statement or connection may be closed by another thread.
 */
abstract class StatementResults extends OpenStatements.Link {
    final PgplexConnection connection;

    private List<StatementResult> results = List.of();
    private int position;
    private @Nullable PgplexResultSet current;
    private @Nullable PgplexResultSet generatedKeys;
    /** The first of the open result sets, which are chained. */
    private @Nullable PgplexResultSet open;

    StatementResults(PgplexConnection connection) {
        this.connection = connection;
    }

    /** This statement, to be told to the result sets that it makes. */
    abstract PgplexStatement statement();

    abstract void requireOpen() throws SQLException;

    /** Called after a result set was closed by the application. */
    abstract void resultSetClosed() throws SQLException;

    /** Begins to show the answers of an execution. */
    final void show(List<StatementResult> answers) {
        results = answers;
        position = 0;
        showCurrent();
        for (int i = 0; i < answers.size() && generatedKeys == null; i++) {
            if (answers.get(i) instanceof StatementResult.Count count && count.generatedKeys() != null) {
                generatedKeys = opened(count.generatedKeys());
            }
        }
    }

    /** Shows the keys of a batch, which has no other answers. */
    final void showKeys(@Nullable ResultSet keys) {
        generatedKeys = keys == null ? null : opened(keys);
    }

    private void showCurrent() {
        current = position < results.size() && results.get(position) instanceof StatementResult.Rows rows
                ? opened(rows.rows())
                : null;
    }

    private PgplexResultSet opened(ResultSet rows) {
        PgplexResultSet resultSet = new PgplexResultSet(rows, statement());
        if (open == null) {
            connection.holds(statement());
        } else {
            open.previous = resultSet;
        }
        resultSet.next = open;
        open = resultSet;
        return resultSet;
    }

    /** Closes one result set; does nothing when it is closed already. */
    final void close(PgplexResultSet resultSet) throws SQLException {
        connection.lock();
        try {
            if (!unchain(resultSet)) {
                return;
            }
            resultSet.closeRows();
        } finally {
            connection.unlock();
        }
        resultSetClosed();
    }

    private boolean unchain(PgplexResultSet resultSet) {
        if (resultSet.previous == null && open != resultSet) {
            return false;
        }
        if (resultSet.previous == null) {
            open = resultSet.next;
        } else {
            resultSet.previous.next = resultSet.next;
        }
        if (resultSet.next != null) {
            resultSet.next.previous = resultSet.previous;
        }
        resultSet.previous = null;
        resultSet.next = null;
        if (open == null) {
            connection.released(statement());
        }
        return true;
    }

    /** Closes every result set, also those that were never shown; the first failure is thrown when all are closed. */
    @Override
    void closeResults() throws SQLException {
        SQLException failure = null;
        for (int i = position + 1; i < results.size(); i++) {
            StatementResult unseen = results.get(i);
            failure = unseen instanceof StatementResult.Rows rows ? closed(rows.rows(), failure) : failure;
        }
        results = List.of();
        position = 0;
        current = null;
        generatedKeys = null;
        for (PgplexResultSet next = open; next != null; next = open) {
            unchain(next);
            failure = closed(next.delegate(), failure);
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static @Nullable SQLException closed(ResultSet rows, @Nullable SQLException earlier) {
        try {
            rows.close();
        } catch (SQLException failure) {
            if (earlier == null) {
                return failure;
            }
            earlier.addSuppressed(failure);
        }
        return earlier;
    }

    /** Whether a result set is open or still to come. */
    final boolean hasOpenResults() {
        if (open != null) {
            return true;
        }
        for (int i = position + 1; i < results.size(); i++) {
            if (results.get(i) instanceof StatementResult.Rows) {
                return true;
            }
        }
        return false;
    }

    final boolean currentIsRows() {
        return current != null;
    }

    /** The only answer, which is rows; everything is closed when it is not. */
    final ResultSet onlyRows() throws SQLException {
        PgplexResultSet rows = current;
        if (rows == null || results.size() > 1) {
            closeResults();
            throw rows == null ? JdbcErrors.noResults() : JdbcErrors.multipleResults();
        }
        return rows;
    }

    /** Checks that no answer is rows; everything is closed when one is. */
    final void requireNoRows() throws SQLException {
        for (int i = 0; i < results.size(); i++) {
            if (results.get(i) instanceof StatementResult.Rows) {
                closeResults();
                throw JdbcErrors.unexpectedResult();
            }
        }
    }

    public @Nullable ResultSet getResultSet() throws SQLException {
        requireOpen();
        return current;
    }

    public long getLargeUpdateCount() throws SQLException {
        requireOpen();
        return position < results.size() && results.get(position) instanceof StatementResult.Count count
                ? count.count()
                : -1;
    }

    public int getUpdateCount() throws SQLException {
        return narrowed(getLargeUpdateCount());
    }

    /** A count as JDBC's older methods give it. */
    static int narrowed(long count) {
        return count > Integer.MAX_VALUE ? Statement.SUCCESS_NO_INFO : (int) count;
    }

    public boolean getMoreResults() throws SQLException {
        return getMoreResults(Statement.CLOSE_ALL_RESULTS);
    }

    public boolean getMoreResults(int currentResult) throws SQLException {
        requireOpen();
        connection.lock();
        boolean closed;
        boolean rows;
        try {
            PgplexResultSet before = open;
            if (currentResult == Statement.CLOSE_ALL_RESULTS) {
                closeShown();
            } else if (currentResult == Statement.CLOSE_CURRENT_RESULT && current != null && unchain(current)) {
                current.closeRows();
            }
            closed = before != null && open == null;
            position = Math.min(position + 1, results.size());
            showCurrent();
            rows = current != null;
        } finally {
            connection.unlock();
        }
        if (closed) {
            resultSetClosed();
        }
        return rows;
    }

    private void closeShown() throws SQLException {
        PgplexResultSet next = open;
        while (next != null) {
            PgplexResultSet resultSet = next;
            next = next.next;
            if (resultSet != generatedKeys && unchain(resultSet)) {
                resultSet.closeRows();
            }
        }
    }

    /** The generated keys; an empty result set without columns when there are none. */
    public ResultSet getGeneratedKeys() throws SQLException {
        requireOpen();
        if (generatedKeys == null) {
            connection.lock();
            try {
                generatedKeys = opened(connection.noRows());
            } finally {
                connection.unlock();
            }
        }
        return generatedKeys;
    }
}
