package io.pgplex.routing.plan.insert;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The columns that the values of a row go to, in order, and those that the statement leaves to their defaults. Immutable.
 *
 * @param columns one for each value of a row
 * @param omitted the table's other columns
 * @param explicit whether the statement lists its columns
 */
record InsertTargets(List<Column> columns, List<Column> omitted, boolean explicit) {

    /** The targets, or null where PostgreSQL refuses the statement: the server says why. */
    static @Nullable InsertTargets of(ValuesInsert insert, Table table) {
        int width = insert.isDefaultValues() ? 0 : insert.rows().get(0).size();
        for (ValuesInsert.Row row : insert.rows()) {
            if (row.size() != width) {
                return null;
            }
        }
        List<ValuesInsert.Target> list = insert.columns();
        if (list == null) {
            List<Column> all = table.columns();
            return width > all.size()
                    ? null
                    : new InsertTargets(all.subList(0, width), all.subList(width, all.size()), false);
        }
        return list.size() == width ? listed(list, table) : null;
    }

    private static @Nullable InsertTargets listed(List<ValuesInsert.Target> list, Table table) {
        List<Column> columns = new ArrayList<>();
        Set<String> whole = new HashSet<>();
        Set<String> named = new HashSet<>();
        for (ValuesInsert.Target target : list) {
            Column column = table.column(target.name());
            if (column == null || (target.whole() && !whole.add(target.name()))) {
                return null;
            }
            named.add(target.name());
            columns.add(column);
        }
        List<Column> omitted = new ArrayList<>(table.columns());
        omitted.removeIf(column -> named.contains(column.name()));
        return new InsertTargets(columns, omitted, true);
    }

    /** The position of a column's value in a row, or -1. */
    int indexOf(String column) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(column)) {
                return i;
            }
        }
        return -1;
    }

    /** Omitted columns with a default that satisfy a condition. */
    List<Column> omittedWithDefault(Predicate<Column> condition) {
        List<Column> found = new ArrayList<>();
        for (Column column : omitted) {
            if (column.defaultExpression() != null
                    && column.defaultKind() != DefaultKind.GENERATED
                    && condition.test(column)) {
                found.add(column);
            }
        }
        return found;
    }

    /** The whole column list as SQL, with more columns behind it, for a statement that has none. */
    String listWith(List<Column> added) {
        StringBuilder list = new StringBuilder("(");
        for (Column column : columns) {
            list.append(list.length() > 1 ? ", " : "").append(TableName.quote(column.name()));
        }
        for (Column column : added) {
            list.append(list.length() > 1 ? ", " : "").append(TableName.quote(column.name()));
        }
        return list.append(')').toString();
    }
}
