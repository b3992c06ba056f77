package io.pgplex.jdbc.admin;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.Oid;

/**
 * A branch of the tree: things of one kind, such as nodes, that have the same values. {@code listing.thing.value} names one
 * value. Immutable; what it shows is read each time.
 *
 * @param <T> one thing as it is at one moment
 * @param name the branch's name
 * @param values what a thing has, in the order of the columns that SHOW makes of them; the first one is the thing's name
 * @param things the things by name, as they are now
 */
record Listing<T>(String name, List<Value<T>> values, Supplier<SortedMap<String, T>> things) {

    /** Sets a value of a thing. */
    @FunctionalInterface
    interface Setter<T> {

        /**
         * Sets, or gives the default back.
         *
         * @param value as it was written; null for the default
         * @throws SQLException 22023 for a value that is not valid
         */
        void set(T thing, @Nullable String value) throws SQLException;
    }

    /**
     * A value that each thing has.
     *
     * @param type the OID of its type, one of {@link Oid}
     * @param description what it is, in a few words for SHOW ALL
     * @param reader reads it in PostgreSQL's text form; null for unknown or none
     * @param setter sets it, or null where it cannot be set
     */
    record Value<T>(
            String name,
            int type,
            String description,
            Function<T, @Nullable String> reader,
            @Nullable Setter<T> setter) {

        /** A text that can only be read. */
        static <T> Value<T> text(String name, String description, Function<T, @Nullable String> reader) {
            return new Value<>(name, Oid.TEXT, description, reader, null);
        }

        /** A whole number that can only be read. */
        static <T> Value<T> number(String name, String description, Function<T, @Nullable Number> reader) {
            return new Value<>(name, Oid.INT8, description, written(reader), null);
        }

        /** The same value, which can be set. */
        Value<T> setBy(Setter<T> change) {
            return new Value<>(name, type, description, reader, change);
        }

        private static <T> Function<T, @Nullable String> written(Function<T, @Nullable Number> reader) {
            return thing -> {
                Number number = reader.apply(thing);
                return number == null ? null : number.toString();
            };
        }
    }

    Listing {
        values = List.copyOf(values);
    }

    /** A thing by name. */
    T thing(String wanted) throws SQLException {
        SortedMap<String, T> all = things.get();
        T thing = all.get(wanted);
        if (thing == null) {
            throw unknown(name + "." + wanted, all.keySet());
        }
        return thing;
    }

    /** A value by name. */
    Value<T> value(String wanted) throws SQLException {
        for (Value<T> value : values) {
            if (value.name().equals(wanted)) {
                return value;
            }
        }
        throw unknown(name + ".*." + wanted, values.stream().map(Value::name).toList());
    }

    /** Sets a value, or gives its default back. */
    void set(String thing, String value, @Nullable String to) throws SQLException {
        T changed = thing(thing);
        Setter<T> setter = value(value).setter();
        if (setter == null) {
            throw PgplexErrors.error(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "\"" + name + "." + thing + "." + value + "\" cannot be set",
                    "What can be set there: "
                            + String.join(
                                    ", ",
                                    values.stream()
                                            .filter(one -> one.setter() != null)
                                            .map(Value::name)
                                            .toList())
                            + ".");
        }
        setter.set(changed, to);
    }

    /** What a name gets that is not there. */
    static SQLException unknown(String path, Collection<String> valid) {
        return PgplexErrors.error(
                SqlState.UNDEFINED_OBJECT,
                "there is no \"" + path + "\" in the management database",
                valid.isEmpty() ? null : "Valid names there: " + String.join(", ", valid) + ".");
    }
}
