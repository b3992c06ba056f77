package io.pgplex.jdbc.connection;

import java.sql.SQLException;
import java.sql.Wrapper;

/** What the generated copies of metadata share: so many columns or parameters, counted from 1. Immutable. */
abstract class CopiedMetaData implements Wrapper {
    final int count;

    CopiedMetaData(int count) {
        this.count = count;
    }

    /** The index, from 0, of a column or parameter; 22023 when there is none. */
    final int index(int position) throws SQLException {
        if (position < 1 || position > count) {
            throw JdbcErrors.indexOutOfRange(position, count);
        }
        return position - 1;
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (!type.isInstance(this)) {
            throw JdbcErrors.cannotUnwrap(type);
        }
        return type.cast(this);
    }
}
