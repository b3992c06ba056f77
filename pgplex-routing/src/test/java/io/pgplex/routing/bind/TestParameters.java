package io.pgplex.routing.bind;

import org.jspecify.annotations.Nullable;

/** Parameters as an application would set them. */
public record TestParameters(@Nullable Object... values) implements Parameters {

    @Override
    public int count() {
        return values.length;
    }

    @Override
    public boolean isLong(int index) {
        Object value = values[index];
        return value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte;
    }

    @Override
    public long longValue(int index) {
        Object value = values[index];
        return value == null ? 0 : ((Number) value).longValue();
    }

    @Override
    public @Nullable Object value(int index) {
        return values[index];
    }
}
