package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.syntax.FromItem;
import java.util.List;

/** The joins of a FROM clause; the comma is an inner join without a condition. */
public sealed interface FromTree {

    /** One relation. */
    record Leaf(RelationUse relation) implements FromTree {}

    /** A join. */
    record Joined(FromTree left, FromTree right, FromItem.Join.Type type, List<Condition> conditions)
            implements FromTree {
        public Joined {
            conditions = List.copyOf(conditions);
        }
    }
}
