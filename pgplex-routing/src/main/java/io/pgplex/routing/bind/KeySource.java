package io.pgplex.routing.bind;

import io.pgplex.metadata.model.KeyType;

/** Where a distribution key's value comes from. */
public sealed interface KeySource {

    /** A literal in the text, hashed when the statement was planned. */
    record Literal(int bucket) implements KeySource {}

    /**
     * A parameter, hashed at each execution. An index at or after the statement's own parameters means one of the
     * plan's evaluations.
     *
     * @param index counted from 0
     */
    record Parameter(int index, KeyType type) implements KeySource {}

    /**
     * A parameter that INSERT stores in the key's column, which is not the same as comparing with it: NULL has a bucket,
     * and what the column's type does to the value (rounding, cutting blanks) comes before the hash. The index counts as
     * in {@link Parameter}.
     *
     * @param columnType the column's type with its modifier, as {@code format_type} prints it
     */
    record Assigned(int index, KeyType type, String columnType) implements KeySource {}
}
