package io.pgplex.metadata.model;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A column as far as routing needs it. Immutable.
 *
 * @param name the column's name, never quoted
 * @param type the type as {@code format_type} prints it, with its modifier
 * @param notNull whether the column refuses NULL
 * @param collation the column's collation where it is not the database's default, as quoted SQL; otherwise null
 * @param defaultExpression the default as SQL with every name qualified, or null where there is none
 * @param defaultKind what evaluating the default twice would give
 */
public record Column(
        String name,
        String type,
        boolean notNull,
        @Nullable String collation,
        @Nullable String defaultExpression,
        DefaultKind defaultKind) {

    /** What a column gets when an INSERT does not name it. */
    public enum DefaultKind {
        /** No default: NULL. */
        NONE,
        /** The same value whenever it is evaluated. */
        CONSTANT,
        /** Another value at each evaluation ({@code now()}, {@code gen_random_uuid()}, ...). */
        VOLATILE,
        /** A sequence's next value: serial, identity, {@code DEFAULT nextval(...)}. */
        SEQUENCE,
        /** Computed from the row's other columns by the server. */
        GENERATED
    }

    public Column {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(defaultKind, "defaultKind");
    }
}
