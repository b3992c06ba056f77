package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads INSERT, UPDATE, DELETE and MERGE. */
final class ModificationParser {

    private final Cursor cursor;
    private final ExpressionParser expressions;
    private final QueryParser queries;
    private final FromParser relations;

    ModificationParser(Cursor cursor, ExpressionParser expressions, QueryParser queries, FromParser relations) {
        this.cursor = cursor;
        this.expressions = expressions;
        this.queries = queries;
        this.relations = relations;
    }

    Modification modification() {
        int from = cursor.at;
        Query.With with = queries.with();
        int verb = cursor.at;
        if (cursor.acceptSequence("INSERT", "INTO")) {
            return insert(from, with, verb);
        }
        if (cursor.accept("UPDATE")) {
            return update(from, with, verb);
        }
        if (cursor.acceptSequence("DELETE", "FROM")) {
            return delete(from, with, verb);
        }
        if (cursor.acceptSequence("MERGE", "INTO")) {
            return merge(from, with, verb);
        }
        throw cursor.unknown();
    }

    private FromItem.Relation target(boolean aliasNeedsAs) {
        FromItem.Relation plain = relations.plainRelation();
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

    private Modification insert(int from, Query.@Nullable With with, int verb) {
        FromItem.Relation target = target(true);
        List<String> columns = List.of();
        if (cursor.isPunctuation('(') && !beginsQuery()) {
            columns = columnTargets();
        }
        if (cursor.accept("OVERRIDING")) {
            cursor.label();
            cursor.expect("VALUE");
        }
        Query source = cursor.acceptSequence("DEFAULT", "VALUES") ? null : queries.query();
        List<Expr> others = new ArrayList<>();
        List<Modification.Assignment> assignments = List.of();
        Expr where = null;
        boolean onConflict = cursor.acceptSequence("ON", "CONFLICT");
        if (onConflict) {
            conflictTarget(others);
            cursor.expect("DO");
            if (!cursor.accept("NOTHING")) {
                cursor.expect("UPDATE");
                assignments = assignments();
                where = cursor.accept("WHERE") ? expressions.expression() : null;
            }
        }
        List<Query.Item> returning = returning();
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
                onConflict,
                returning);
    }

    private boolean beginsQuery() {
        int i = cursor.at;
        while (cursor.text.isPunctuation(i, '(')) {
            i++;
        }
        return cursor.text.is(i, "SELECT", "WITH", "VALUES", "TABLE");
    }

    private List<String> columnTargets() {
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
                cursor.at = cursor.text.matching(cursor.at) + 1;
            }
        }
        return name;
    }

    private void conflictTarget(List<Expr> others) {
        if (cursor.acceptSequence("ON", "CONSTRAINT")) {
            cursor.name();
            return;
        }
        if (!cursor.accept('(')) {
            return;
        }
        do {
            others.add(expressions.expression());
            if (!cursor.isPunctuation(',') && !cursor.isPunctuation(')')) {
                cursor.qualifiedName();
            }
        } while (cursor.accept(','));
        cursor.expect(')');
        if (cursor.accept("WHERE")) {
            others.add(expressions.expression());
        }
    }

    private List<Modification.Assignment> assignments() {
        cursor.expect("SET");
        List<Modification.Assignment> assignments = new ArrayList<>();
        do {
            assignment(assignments);
        } while (cursor.accept(','));
        return assignments;
    }

    private void assignment(List<Modification.Assignment> assignments) {
        if (!cursor.isPunctuation('(')) {
            int start = cursor.at;
            String column = columnTarget();
            boolean plain = cursor.at == start + 1;
            if (!cursor.acceptOperator("=")) {
                throw cursor.unknown();
            }
            Expr value = cursor.accept("DEFAULT") ? null : expressions.expression();
            assignments.add(new Modification.Assignment(List.of(column), value, plain));
            return;
        }
        List<String> columns = columnTargets();
        if (!cursor.acceptOperator("=")) {
            throw cursor.unknown();
        }
        int open = cursor.text.is(cursor.at, "ROW") ? cursor.at + 1 : cursor.at;
        boolean hasDefault = false;
        int close = cursor.text.isPunctuation(open, '(') ? cursor.text.matching(open) : -1;
        for (int i = open; i < close; i++) {
            hasDefault |= cursor.text.is(i, "DEFAULT");
        }
        if (hasDefault) {
            throw cursor.unknown();
        }
        Expr value = expressions.expression();
        if (value instanceof Expr.Row row && row.fields().size() == columns.size()) {
            for (int i = 0; i < columns.size(); i++) {
                assignments.add(new Modification.Assignment(
                        List.of(columns.get(i)), row.fields().get(i), true));
            }
        } else {
            assignments.add(new Modification.Assignment(columns, value, columns.size() == 1));
        }
    }

    private Modification update(int from, Query.@Nullable With with, int verb) {
        FromItem.Relation target = target(false);
        List<Modification.Assignment> assignments = assignments();
        List<FromItem> items = cursor.accept("FROM") ? relations.list() : List.of();
        return condition(Modification.Verb.UPDATE, from, with, verb, target, assignments, items);
    }

    private Modification delete(int from, Query.@Nullable With with, int verb) {
        FromItem.Relation target = target(false);
        List<FromItem> items = cursor.accept("USING") ? relations.list() : List.of();
        return condition(Modification.Verb.DELETE, from, with, verb, target, List.of(), items);
    }

    private Modification condition(
            Modification.Verb kind,
            int from,
            Query.@Nullable With with,
            int verb,
            FromItem.Relation target,
            List<Modification.Assignment> assignments,
            List<FromItem> items) {
        Expr where = null;
        boolean currentOf = false;
        if (cursor.acceptSequence("WHERE", "CURRENT", "OF")) {
            cursor.name();
            currentOf = true;
        } else if (cursor.accept("WHERE")) {
            where = expressions.expression();
        }
        List<Query.Item> returning = returning();
        return new Modification(
                kind,
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

    private Modification merge(int from, Query.@Nullable With with, int verb) {
        FromItem.Relation target = target(false);
        cursor.expect("USING");
        List<FromItem> items = List.of(relations.item());
        cursor.expect("ON");
        Expr on = expressions.expression();
        List<Expr> others = new ArrayList<>();
        List<Modification.Assignment> assignments = new ArrayList<>();
        while (cursor.accept("WHEN")) {
            cursor.accept("NOT");
            cursor.expect("MATCHED");
            if (cursor.accept("BY")) {
                cursor.label();
            }
            if (cursor.accept("AND")) {
                others.add(expressions.expression());
            }
            cursor.expect("THEN");
            mergeAction(others, assignments);
        }
        List<Query.Item> returning = returning();
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

    private void mergeAction(List<Expr> others, List<Modification.Assignment> assignments) {
        if (cursor.acceptSequence("DO", "NOTHING") || cursor.accept("DELETE")) {
            return;
        }
        if (cursor.accept("UPDATE")) {
            assignments.addAll(assignments());
            return;
        }
        cursor.expect("INSERT");
        List<String> columns = cursor.isPunctuation('(') ? columnTargets() : List.of();
        if (cursor.accept("OVERRIDING")) {
            cursor.label();
            cursor.expect("VALUE");
        }
        if (cursor.acceptSequence("DEFAULT", "VALUES")) {
            return;
        }
        cursor.expect("VALUES");
        cursor.expect('(');
        int i = 0;
        do {
            Expr value = cursor.accept("DEFAULT") ? null : expressions.expression();
            if (value != null) {
                others.add(value);
            }
            // a row that is inserted must lie where its key says, like one that is updated
            List<String> column = i < columns.size() ? List.of(columns.get(i)) : List.of("#" + i);
            assignments.add(new Modification.Assignment(column, value, true));
            i++;
        } while (cursor.accept(','));
        cursor.expect(')');
    }

    private @Nullable List<Query.Item> returning() {
        if (!cursor.accept("RETURNING")) {
            return null;
        }
        if (cursor.isSequence("WITH") && cursor.text.isPunctuation(cursor.at + 1, '(')) {
            throw cursor.unknown();
        }
        return queries.items();
    }
}
