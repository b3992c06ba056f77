package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.Column;
import org.jspecify.annotations.Nullable;

/** A column of one use of a relation. Immutable. */
public record Attribute(RelationUse relation, String column) {

    /** The table column whose value this is, through subqueries that only pass it on; null when it is computed. */
    public @Nullable Column origin() {
        if (relation.kind() == RelationUse.Kind.TABLE) {
            return relation.tableColumn(column);
        }
        if (relation.kind() != RelationUse.Kind.DERIVED) {
            return null;
        }
        int position = relation.position(column);
        return position < 0 ? null : relation.query().origin(position);
    }
}
