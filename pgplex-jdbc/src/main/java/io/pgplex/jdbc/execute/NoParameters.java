package io.pgplex.jdbc.execute;

import java.sql.PreparedStatement;
import org.jspecify.annotations.Nullable;

/** The parameters of a statement without any. Immutable. */
public final class NoParameters implements BoundParameters {

    public static final BoundParameters NONE = new NoParameters();

    private NoParameters() {}

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
