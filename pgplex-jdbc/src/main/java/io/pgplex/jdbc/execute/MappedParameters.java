package io.pgplex.jdbc.execute;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** The parameters of a part of a statement, each one of the statement's. Immutable view. */
final class MappedParameters implements BoundParameters {

    private final BoundParameters all;
    private final int[] indexes;

    /** @param indexes which of all each parameter is */
    MappedParameters(BoundParameters all, int[] indexes) {
        this.all = all;
        this.indexes = indexes;
    }

    @Override
    public int count() {
        return indexes.length;
    }

    @Override
    public boolean isLong(int index) {
        return all.isLong(indexes[index]);
    }

    @Override
    public long longValue(int index) {
        return all.longValue(indexes[index]);
    }

    @Override
    public @Nullable Object value(int index) {
        return all.value(indexes[index]);
    }

    @Override
    public void apply(int index, PreparedStatement target, int position) throws SQLException {
        all.apply(indexes[index], target, position);
    }
}
