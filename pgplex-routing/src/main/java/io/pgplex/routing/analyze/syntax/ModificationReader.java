package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.List;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.operators.relational.ExpressionList;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.statement.ReturningClause;
import net.sf.jsqlparser.statement.Statement;
import net.sf.jsqlparser.statement.delete.Delete;
import net.sf.jsqlparser.statement.delete.ParenthesedDelete;
import net.sf.jsqlparser.statement.insert.Insert;
import net.sf.jsqlparser.statement.insert.InsertConflictAction;
import net.sf.jsqlparser.statement.insert.InsertConflictTarget;
import net.sf.jsqlparser.statement.insert.ParenthesedInsert;
import net.sf.jsqlparser.statement.merge.Merge;
import net.sf.jsqlparser.statement.update.ParenthesedUpdate;
import net.sf.jsqlparser.statement.update.Update;
import net.sf.jsqlparser.statement.update.UpdateSet;
import org.jspecify.annotations.Nullable;

/** Reads INSERT, UPDATE, DELETE and MERGE. */
final class ModificationReader {

    private final Readers readers;
    private final Cursor cursor;

    ModificationReader(Readers readers) {
        this.readers = readers;
        this.cursor = readers.cursor();
    }

    Modification modification(Statement tree) {
        if (tree instanceof Insert insert) {
            boolean inner = insert instanceof ParenthesedInsert parentheses && parentheses.getInsert() != null;
            return insert(inner ? ((ParenthesedInsert) insert).getInsert() : insert);
        }
        if (tree instanceof Update update) {
            boolean inner = update instanceof ParenthesedUpdate parentheses && parentheses.getUpdate() != null;
            return update(inner ? ((ParenthesedUpdate) update).getUpdate() : update);
        }
        if (tree instanceof Delete delete) {
            boolean inner = delete instanceof ParenthesedDelete parentheses && parentheses.getDelete() != null;
            return delete(inner ? ((ParenthesedDelete) delete).getDelete() : delete);
        }
        if (tree instanceof Merge merge) {
            return new MergeReader(readers, this).merge(merge);
        }
        throw cursor.unknown();
    }

    FromItem.Relation target(boolean aliasNeedsAs) {
        FromItem.Relation plain = readers.relations().plainRelation();
        String alias = null;
        if (cursor.accept("AS")) {
            alias = cursor.name();
        } else if (!aliasNeedsAs && cursor.atName() && !isSet()) {
            alias = cursor.name();
        }
        return new FromItem.Relation(plain.from(), cursor.at, plain.names(), alias, List.of(), false);
    }

    private boolean isSet() {
        return cursor.is("SET") && !cursor.text.hasKind(cursor.at, TokenKind.QUOTED_IDENTIFIER);
    }

    private Modification insert(Insert tree) {
        int from = cursor.at;
        Query.With with = readers.queries().with(tree.getWithItemsList());
        int verb = cursor.at;
        cursor.expect("INSERT");
        cursor.expect("INTO");
        FromItem.Relation target = target(true);
        List<String> columns = tree.getColumns() == null ? List.of() : columnTargets();
        if (cursor.accept("OVERRIDING")) {
            cursor.label();
            cursor.expect("VALUE");
        }
        Query source = null;
        if (!cursor.acceptSequence("DEFAULT", "VALUES")) {
            if (tree.getSelect() == null) {
                throw cursor.unknown();
            }
            source = readers.queries().query(tree.getSelect());
        }
        List<Expr> others = new ArrayList<>();
        InsertConflictAction action = tree.getConflictAction();
        if (action == null) {
            List<Query.Item> returning = returning(tree.getReturningClause());
            return new Modification(
                    Modification.Verb.INSERT,
                    from,
                    cursor.at,
                    with,
                    verb,
                    target,
                    columns,
                    source,
                    List.of(),
                    List.of(),
                    null,
                    false,
                    others,
                    false,
                    returning);
        }
        cursor.expect("ON");
        cursor.expect("CONFLICT");
        conflictTarget(tree.getConflictTarget(), others);
        cursor.expect("DO");
        boolean nothing = cursor.accept("NOTHING");
        List<Modification.Assignment> assignments = List.of();
        Expr where = null;
        if (!nothing) {
            cursor.expect("UPDATE");
            assignments = assignments(action.getUpdateSets());
            where = readers.selects().condition("WHERE", action.getWhereExpression());
        }
        List<Query.Item> returning = returning(tree.getReturningClause());
        return new Modification(
                Modification.Verb.INSERT,
                from,
                cursor.at,
                with,
                verb,
                target,
                columns,
                source,
                assignments,
                List.of(),
                where,
                false,
                others,
                true,
                returning);
    }

    /** Columns only: JSqlParser keeps no tree of other expressions here. */
    private void conflictTarget(@Nullable InsertConflictTarget tree, List<Expr> others) {
        if (cursor.acceptSequence("ON", "CONSTRAINT")) {
            cursor.name();
            return;
        }
        if (!cursor.accept('(')) {
            return;
        }
        do {
            int at = cursor.at;
            others.add(new Expr.Column(at, at + 1, List.of(cursor.name()), false));
            if (cursor.atName()) {
                cursor.qualifiedName();
            }
        } while (cursor.accept(','));
        cursor.expect(')');
        if (tree != null && tree.getWhereExpression() != null) {
            cursor.expect("WHERE");
            others.add(readers.expressions().expression(tree.getWhereExpression()));
        }
    }

    List<String> columnTargets() {
        List<String> columns = new ArrayList<>();
        cursor.expect('(');
        do {
            columns.add(columnTarget());
        } while (cursor.accept(','));
        cursor.expect(')');
        return columns;
    }

    /** {@code a}, {@code a[1]}, {@code a.field}: the column's name. */
    private String columnTarget() {
        String name = cursor.name();
        while (cursor.isPunctuation('[') || cursor.isPunctuation('.')) {
            if (cursor.accept('.')) {
                cursor.label();
            } else {
                cursor.skipParentheses();
            }
        }
        return name;
    }

    List<Modification.Assignment> assignments(@Nullable List<UpdateSet> trees) {
        cursor.expect("SET");
        List<Modification.Assignment> assignments = new ArrayList<>();
        boolean first = true;
        for (UpdateSet tree : trees == null ? List.<UpdateSet>of() : trees) {
            if (!first) {
                cursor.expect(',');
            }
            first = false;
            assignment(tree, assignments);
        }
        return assignments;
    }

    private void assignment(UpdateSet tree, List<Modification.Assignment> assignments) {
        if (!cursor.isPunctuation('(')) {
            int start = cursor.at;
            String column = columnTarget();
            boolean plain = cursor.at == start + 1;
            expectEquals();
            Expr value = cursor.accept("DEFAULT") ? null : readers.expressions().expression(value(tree));
            assignments.add(new Modification.Assignment(List.of(column), value, plain));
            return;
        }
        List<String> columns = columnTargets();
        expectEquals();
        Expr value = readers.expressions().expression(value(tree));
        if (value instanceof Expr.Row row && row.fields().size() == columns.size()) {
            for (int i = 0; i < columns.size(); i++) {
                Expr field = row.fields().get(i);
                if (cursor.text.is(field.from(), "DEFAULT")) {
                    throw cursor.unknown();
                }
                assignments.add(new Modification.Assignment(List.of(columns.get(i)), field, true));
            }
        } else {
            assignments.add(new Modification.Assignment(columns, value, columns.size() == 1));
        }
    }

    private void expectEquals() {
        if (!cursor.acceptOperator("=")) {
            throw cursor.unknown();
        }
    }

    private Expression value(UpdateSet tree) {
        ExpressionList<?> values = tree.getValues();
        if (values instanceof ParenthesedExpressionList) {
            return values;
        }
        if (values == null || values.size() != 1) {
            throw cursor.unknown();
        }
        return values.get(0);
    }

    private Modification update(Update tree) {
        int from = cursor.at;
        Query.With with = readers.queries().with(tree.getWithItemsList());
        int verb = cursor.at;
        cursor.expect("UPDATE");
        FromItem.Relation target = target(false);
        List<Modification.Assignment> assignments = assignments(tree.getUpdateSets());
        List<FromItem> items = List.of();
        if (tree.getFromItem() != null) {
            cursor.expect("FROM");
            items = readers.relations().list(tree.getFromItem(), tree.getJoins());
        }
        boolean currentOf = acceptCurrentOf();
        Expr where = readers.selects().condition("WHERE", tree.getWhere());
        List<Query.Item> returning = returning(tree.getReturningClause());
        return new Modification(
                Modification.Verb.UPDATE,
                from,
                cursor.at,
                with,
                verb,
                target,
                List.of(),
                null,
                assignments,
                items,
                where,
                currentOf,
                List.of(),
                false,
                returning);
    }

    private Modification delete(Delete tree) {
        int from = cursor.at;
        Query.With with = readers.queries().with(tree.getWithItemsList());
        int verb = cursor.at;
        cursor.expect("DELETE");
        cursor.expect("FROM");
        FromItem.Relation target = target(false);
        List<FromItem> items = new ArrayList<>();
        List<net.sf.jsqlparser.statement.select.FromItem> using = tree.getUsingFromItemList();
        if (using != null && !using.isEmpty()) {
            cursor.expect("USING");
            for (net.sf.jsqlparser.statement.select.FromItem item : using) {
                if (!items.isEmpty()) {
                    cursor.expect(',');
                }
                items.addAll(readers.relations().list(item, null));
            }
        }
        boolean currentOf = acceptCurrentOf();
        Expr where = readers.selects().condition("WHERE", tree.getWhere());
        List<Query.Item> returning = returning(tree.getReturningClause());
        return new Modification(
                Modification.Verb.DELETE,
                from,
                cursor.at,
                with,
                verb,
                target,
                List.of(),
                null,
                List.of(),
                items,
                where,
                currentOf,
                List.of(),
                false,
                returning);
    }

    /** A condition that JSqlParser is not shown. */
    private boolean acceptCurrentOf() {
        if (!cursor.acceptSequence("WHERE", "CURRENT", "OF")) {
            return false;
        }
        cursor.name();
        return true;
    }

    @Nullable
    List<Query.Item> returning(@Nullable ReturningClause tree) {
        if (tree == null) {
            return null;
        }
        cursor.expect("RETURNING");
        return readers.selects().items(tree);
    }
}
