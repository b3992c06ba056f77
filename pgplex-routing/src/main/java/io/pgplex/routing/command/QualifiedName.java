package io.pgplex.routing.command;

import io.pgplex.metadata.model.TableName;
import org.jspecify.annotations.Nullable;

/**
 * A name as a statement gives it, folded as PostgreSQL folds. Immutable.
 *
 * @param schema the schema, or null where the statement leaves it to search_path
 */
public record QualifiedName(@Nullable String schema, String name) {

    /** The name as SQL. */
    public String quoted() {
        return schema == null ? TableName.quote(name) : new TableName(schema, name).quoted();
    }
}
