package io.pgplex.metadata.model;

import java.util.List;
import java.util.Objects;

/**
 * A view that exists on every shard because a distributed or replicated table stands below it. Immutable.
 *
 * @param name the view's name
 * @param definition its query, every name qualified, without a final semicolon
 * @param columns its columns in their order
 */
public record View(TableName name, String definition, List<Column> columns) {

    public View {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(definition, "definition");
        columns = List.copyOf(columns);
    }
}
