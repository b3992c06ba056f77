package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.BoundParameters;
import java.sql.PreparedStatement;
import org.jspecify.annotations.Nullable;

/** The parameters of a text that has none. */
enum NoParameters implements BoundParameters {
    INSTANCE;

    @Override
    public int count() {
        return 0;
    }

    @Override
    public boolean isLong(int index) {
        throw new IndexOutOfBoundsException(index);
    }

    @Override
    public long longValue(int index) {
        throw new IndexOutOfBoundsException(index);
    }

    @Override
    public @Nullable Object value(int index) {
        throw new IndexOutOfBoundsException(index);
    }

    @Override
    public void apply(int index, PreparedStatement target, int position) {
        throw new IndexOutOfBoundsException(index);
    }
}
