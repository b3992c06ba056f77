package io.pgplex.jdbc.execute;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of one statement out of a text with several, or a statement's parameters followed by values that were
 * evaluated for it. Immutable view.
 */
final class ParameterSlice implements BoundParameters {

    static final @Nullable String[] NOTHING = new String[0];

    private final BoundParameters all;
    private final int first;
    private final int own;
    private final @Nullable String[] evaluated;

    ParameterSlice(BoundParameters all, int first, int own, @Nullable String[] evaluated) {
        this.all = all;
        this.first = first;
        this.own = own;
        this.evaluated = evaluated;
    }

    @Override
    public int count() {
        return own + evaluated.length;
    }

    @Override
    public boolean isLong(int index) {
        return index < own && all.isLong(first + index);
    }

    @Override
    public long longValue(int index) {
        return all.longValue(first + index);
    }

    @Override
    public @Nullable Object value(int index) {
        return index < own ? all.value(first + index) : evaluated[index - own];
    }

    @Override
    public void apply(int index, PreparedStatement target, int position) throws SQLException {
        if (index < own) {
            all.apply(first + index, target, position);
        } else {
            // of no declared type, so that the cast around it reads it as a literal
            target.setObject(position, evaluated[index - own], Types.OTHER);
        }
    }
}
