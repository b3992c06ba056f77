package io.pgplex.routing.analyze.syntax;

import java.util.ArrayList;
import java.util.List;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.statement.merge.Merge;
import net.sf.jsqlparser.statement.merge.MergeDelete;
import net.sf.jsqlparser.statement.merge.MergeInsert;
import net.sf.jsqlparser.statement.merge.MergeOperation;
import net.sf.jsqlparser.statement.merge.MergeUpdate;
import org.jspecify.annotations.Nullable;

/** Reads MERGE. */
final class MergeReader {

    private final Readers readers;
    private final Cursor cursor;
    private final ModificationReader modifications;

    MergeReader(Readers readers, ModificationReader modifications) {
        this.readers = readers;
        this.cursor = readers.cursor();
        this.modifications = modifications;
    }

    Modification merge(Merge tree) {
        int from = cursor.at;
        Query.With with = readers.queries().with(tree.getWithItemsList());
        int verb = cursor.at;
        cursor.expect("MERGE");
        cursor.expect("INTO");
        FromItem.Relation target = modifications.target(false);
        cursor.expect("USING");
        List<FromItem> items = readers.relations().list(tree.getFromItem(), null);
        Expr on = readers.selects().condition("ON", tree.getOnCondition());
        List<Expr> others = new ArrayList<>();
        List<Modification.Assignment> assignments = new ArrayList<>();
        for (MergeOperation operation : tree.getOperations()) {
            operation(operation, others, assignments);
        }
        List<Query.Item> returning = modifications.returning(tree.getReturningClause());
        return new Modification(
                Modification.Verb.MERGE,
                from,
                cursor.at,
                with,
                verb,
                target,
                List.of(),
                null,
                assignments,
                items,
                on,
                false,
                others,
                false,
                returning);
    }

    private void operation(MergeOperation tree, List<Expr> others, List<Modification.Assignment> assignments) {
        cursor.expect("WHEN");
        cursor.accept("NOT");
        cursor.expect("MATCHED");
        if (cursor.accept("BY")) {
            cursor.label();
        }
        if (tree instanceof MergeUpdate update) {
            condition(update.getAndPredicate(), others);
            cursor.expect("UPDATE");
            assignments.addAll(modifications.assignments(update.getUpdateSets()));
        } else if (tree instanceof MergeDelete delete) {
            condition(delete.getAndPredicate(), others);
            cursor.expect("DELETE");
        } else if (tree instanceof MergeInsert insert) {
            condition(insert.getAndPredicate(), others);
            insert(insert, others, assignments);
        } else {
            throw cursor.unknown();
        }
    }

    private void condition(@Nullable Expression tree, List<Expr> others) {
        if (tree != null) {
            cursor.expect("AND");
            others.add(readers.expressions().expression(tree));
        }
        cursor.expect("THEN");
    }

    private void insert(MergeInsert tree, List<Expr> others, List<Modification.Assignment> assignments) {
        cursor.expect("INSERT");
        List<String> columns = cursor.isPunctuation('(') ? modifications.columnTargets() : List.of();
        cursor.expect("VALUES");
        cursor.expect('(');
        int i = 0;
        for (Expression tuple : tree.getValues()) {
            if (i > 0) {
                cursor.expect(',');
            }
            Expr value = cursor.accept("DEFAULT") ? null : readers.expressions().expression(tuple);
            if (value != null) {
                others.add(value);
            }
            // a row that is inserted must lie where its key says, like one that is updated
            List<String> column = i < columns.size() ? List.of(columns.get(i)) : List.of("#" + i);
            assignments.add(new Modification.Assignment(column, value, true));
            i++;
        }
        cursor.expect(')');
    }
}
