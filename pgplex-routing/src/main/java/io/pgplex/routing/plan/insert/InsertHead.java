package io.pgplex.routing.plan.insert;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.List;

/** What must change before the rows when columns are filled in: the column list, OVERRIDING and DEFAULT VALUES. */
final class InsertHead {

    private InsertHead() {}

    /**
     * Splices the head of a statement, from its first token up to and including VALUES.
     *
     * @param added columns whose values are appended to every row
     * @param overriding whether identity columns may be among those filled in
     */
    static void splice(
            TextSplice splice, ValuesInsert insert, InsertTargets targets, List<Column> added, boolean overriding) {
        ScannedStatement s = insert.statement();
        int at = insert.overriding() >= 0 ? insert.overriding() : insert.values();
        if (!added.isEmpty()) {
            if (targets.explicit()) {
                StringBuilder names = new StringBuilder();
                added.forEach(column -> names.append(", ").append(TableName.quote(column.name())));
                int close = s.begin(insert.listClose());
                splice.replace(close, close, names.toString());
            } else {
                splice.replace(s.begin(at), s.begin(at), targets.listWith(added) + " ");
            }
        }
        int values = s.begin(insert.values());
        if (overriding && insert.overriding() < 0) {
            splice.replace(values, values, "OVERRIDING SYSTEM VALUE ");
        }
        if (insert.isDefaultValues() && !added.isEmpty()) {
            splice.replace(values, s.end(insert.tail() - 1), "VALUES");
        }
    }

    /** The offset in the text where the head ends. */
    static int end(ValuesInsert insert) {
        ScannedStatement s = insert.statement();
        return insert.isDefaultValues() ? s.end(insert.tail() - 1) : s.end(insert.values());
    }
}
