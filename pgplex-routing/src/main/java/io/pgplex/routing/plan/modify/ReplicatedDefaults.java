package io.pgplex.routing.plan.modify;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.Table;
import io.pgplex.routing.analyze.syntax.Modification;
import java.util.ArrayList;
import java.util.List;

/** Defaults that would give each copy of a replicated table another value. Stateless. */
final class ReplicatedDefaults {

    private ReplicatedDefaults() {}

    static boolean differ(Modification syntax, Table table) {
        return defaulted(syntax, table).stream()
                .anyMatch(column ->
                        column.defaultKind() == DefaultKind.SEQUENCE || column.defaultKind() == DefaultKind.VOLATILE);
    }

    private static List<Column> defaulted(Modification syntax, Table table) {
        List<Column> defaulted = new ArrayList<>();
        if (syntax.verb() == Modification.Verb.INSERT) {
            defaulted.addAll(InsertSelect.leftOut(syntax, table));
        }
        for (Modification.Assignment assignment : syntax.assignments()) {
            for (String name : assignment.columns()) {
                Column column = table.column(name);
                if (column != null && assignment.value() == null) {
                    defaulted.add(column);
                }
            }
        }
        return defaulted;
    }
}
