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

    private final ResultSet rows;
    private final Release release;
    private boolean held = true;

    HeldRows(ResultSet rows, Release release) {
        this.rows = rows;
        this.release = release;
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
