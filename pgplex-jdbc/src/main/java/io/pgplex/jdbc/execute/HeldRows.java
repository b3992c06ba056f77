package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.delegate.DelegatingResultSet;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Rows that hold something, which is given back when they are closed. Confined to a thread. */
final class HeldRows extends DelegatingResultSet {

    /** Gives something back. */
    @FunctionalInterface
    interface Release {
        void release() throws SQLException;
    }

    /** Says what a failure means that came while rows were read or changed. */
    @FunctionalInterface
    interface Failures {
        SQLException explained(SQLException failure);
    }

    private final ResultSet rows;
    private final Release release;
    private final Failures failures;
    private boolean held = true;

    HeldRows(ResultSet rows, Failures failures, Release release) {
        this.rows = rows;
        this.failures = failures;
        this.release = release;
    }

    @Override
    public boolean next() throws SQLException {
        try {
            return rows.next();
        } catch (SQLException e) {
            throw failures.explained(e);
        }
    }

    @Override
    public void insertRow() throws SQLException {
        change(ResultSet::insertRow);
    }

    @Override
    public void updateRow() throws SQLException {
        change(ResultSet::updateRow);
    }

    @Override
    public void deleteRow() throws SQLException {
        change(ResultSet::deleteRow);
    }

    @Override
    public void refreshRow() throws SQLException {
        change(ResultSet::refreshRow);
    }

    /** A change of the current row, which is a statement of its own. */
    @FunctionalInterface
    private interface Change {
        void on(ResultSet rows) throws SQLException;
    }

    private void change(Change change) throws SQLException {
        try {
            change.on(rows);
        } catch (SQLException e) {
            throw failures.explained(e);
        }
    }

    @Override
    protected ResultSet delegate() {
        return rows;
    }

    @Override
    public void close() throws SQLException {
        if (!held) {
            return;
        }
        held = false;
        try {
            rows.close();
        } finally {
            release.release();
        }
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(rows) || rows.isWrapperFor(type);
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return type.isInstance(rows) ? type.cast(rows) : rows.unwrap(type);
    }
}
