package io.pgplex.metadata.model;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A distributed or replicated table. Immutable.
 *
 * @param name the table's name
 * @param distribution how its rows lie over the shards
 * @param columns its columns in their order
 * @param primaryKey the names of its primary key's columns in the key's order; empty without one, and where it is
 *     deferrable, so that PostgreSQL concludes nothing from it
 * @param state whether statements may use it
 */
public record Table(
        TableName name, TableDistribution distribution, List<Column> columns, List<String> primaryKey, State state) {

    /** Where a table is in its life; a statement may use an ACTIVE one only. */
    public enum State {
        CREATING,
        ACTIVE
    }

    public Table {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(distribution, "distribution");
        Objects.requireNonNull(state, "state");
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
        if (state == State.ACTIVE && distribution instanceof TableDistribution.Distributed distributed) {
            String key = distributed.keyColumn();
            if (!key.equals(TableDistribution.Distributed.UNNAMED)
                    && columns.stream().noneMatch(column -> column.name().equals(key))) {
                throw new IllegalArgumentException("table " + name + " has no column " + key);
            }
        }
        for (String part : primaryKey) {
            if (columns.stream().noneMatch(column -> column.name().equals(part))) {
                throw new IllegalArgumentException("table " + name + " has no column " + part);
            }
        }
    }

    /** A table without a primary key. */
    public Table(TableName name, TableDistribution distribution, List<Column> columns, State state) {
        this(name, distribution, columns, List.of(), state);
    }

    /** The column of that name, or null. */
    public @Nullable Column column(String columnName) {
        for (Column column : columns) {
            if (column.name().equals(columnName)) {
                return column;
            }
        }
        return null;
    }

    public Table withState(State newState) {
        return new Table(name, distribution, columns, primaryKey, newState);
    }
}
