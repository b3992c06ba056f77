package io.pgplex.routing.plan.insert;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.Table;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Scatter;
import io.pgplex.routing.plan.StatementKind;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.List;
import java.util.Objects;

/**
 * Plans {@code INSERT ... VALUES} into a replicated table: every copy gets the same values, so whatever two servers could
 * compute differently is computed once. Confined to a thread, for one statement.
 */
final class ReplicatedInsert {

    private final ValuesInsert insert;
    private final Table table;
    private final InsertTargets targets;
    private final SubqueryRelations relations;
    private final ScannedStatement s;
    private final EvaluationList evaluations;
    private final TextSplice splice;
    private final TextSplice untouched;
    private final List<Column> added;

    private boolean sequenceFilled;

    ReplicatedInsert(ValuesInsert insert, Table table, InsertTargets targets, SubqueryRelations relations) {
        this.insert = insert;
        this.table = table;
        this.targets = targets;
        this.relations = relations;
        this.s = insert.statement();
        this.evaluations = new EvaluationList(s.parameterCount());
        int[] parameterOffsets = insert.parameterOffsets();
        this.splice = new TextSplice(s, parameterOffsets);
        this.untouched = new TextSplice(s, parameterOffsets);
        this.added = targets.omittedWithDefault(ReplicatedInsert::differs);
    }

    private static boolean differs(Column column) {
        return column.defaultKind() == DefaultKind.VOLATILE || column.defaultKind() == DefaultKind.SEQUENCE;
    }

    Plan plan() {
        if (insert.hasWith()) {
            throw RefusedInsert.at(s, 0, Unsupported.INSERT_WITH);
        }
        InsertTail tail = new InsertTail(insert, table, relations);
        tail.checkReplicated();
        sequenceFilled = fillsSequence();
        InsertHead.splice(splice, insert, targets, added, sequenceFilled);
        if (insert.isDefaultValues() && !added.isEmpty()) {
            spliceDefaultRow();
        }
        for (ValuesInsert.Row row : insert.rows()) {
            spliceRow(row);
        }
        tail.spliceTime(splice, untouched, evaluations);
        Fragment fragment = splice.fragment(0, s.text().length());
        return new Plan.Sharded(
                StatementKind.INSERT,
                Effect.WRITE,
                insert.returning() >= 0,
                Fragment.original(s.text(), s.parameterCount()),
                new ShardSelector.AllShards(),
                new Scatter(fragment, new Merge.Copies(table.name(), null), evaluations.list()),
                null,
                null);
    }

    /** The head is spliced before the rows are read, so this looks ahead. */
    private boolean fillsSequence() {
        for (Column column : added) {
            if (column.defaultKind() == DefaultKind.SEQUENCE) {
                return true;
            }
        }
        for (int i = 0; i < targets.columns().size(); i++) {
            if (targets.columns().get(i).defaultKind() == DefaultKind.SEQUENCE) {
                for (ValuesInsert.Row row : insert.rows()) {
                    if (new Expression(s, row.begins()[i], row.ends()[i]).isDefault()) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private void spliceDefaultRow() {
        int end = insert.rowsEnd();
        for (int i = 0; i < added.size(); i++) {
            Column column = added.get(i);
            String before = i == 0 ? " (" : ", ";
            String after = i == added.size() - 1 ? ")" : "";
            splice.replace(end, end, before + cast(column) + after, fill(column));
        }
    }

    private void spliceRow(ValuesInsert.Row row) {
        for (int i = 0; i < row.size(); i++) {
            Expression value = new Expression(s, row.begins()[i], row.ends()[i]);
            spliceValue(i, targets.columns().get(i), value);
        }
        int close = s.begin(row.close());
        for (Column column : added) {
            splice.replace(close, close, ", " + cast(column), fill(column));
        }
    }

    private void spliceValue(int index, Column column, Expression value) {
        if (value.isDefault()) {
            if (differs(column) && column.defaultExpression() != null) {
                splice.replace(value.beginOffset(), value.endOffset(), cast(column), fill(column));
            }
            return;
        }
        Expression.Literal literal = value.literal();
        boolean plain = literal != null && !ColumnType.isTime(column.type());
        if (plain || value.isPure()) {
            return;
        }
        refuseSubquery(value);
        List<ValuesInsert.Target> list = insert.columns();
        if (list != null && !list.get(index).whole()) {
            throw RefusedInsert.at(s, value.begin(), Unsupported.INSERT_SELECT_DEFAULT, column.name());
        }
        String type = ColumnType.unmodified(column.type());
        Fragment expression = untouched.fragment(value.beginOffset(), value.endOffset());
        int parameter = evaluations.add(EvaluationList.castOf(expression, type), type);
        splice.replace(value.beginOffset(), value.endOffset(), EvaluationList.cast(type), parameter);
    }

    private void refuseSubquery(Expression value) {
        SubqueryRelations.Found found = relations.firstNotReplicated(value);
        if (found != null && found.isDistributed()) {
            throw RefusedInsert.at(s, found.token(), Unsupported.INSERT_SUBQUERY, found.name());
        }
    }

    private int fill(Column column) {
        String expression = Objects.requireNonNull(column.defaultExpression());
        return evaluations.add(new Fragment(expression, new int[0]), ColumnType.unmodified(column.type()));
    }

    private static String cast(Column column) {
        return EvaluationList.cast(ColumnType.unmodified(column.type()));
    }
}
