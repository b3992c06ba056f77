package io.pgplex.jdbc.random;

import io.pgplex.jdbc.random.Scope.Column;
import io.pgplex.jdbc.random.Scope.Relation;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Makes INSERT, UPDATE and DELETE from a seed, with an outcome that PostgreSQL defines: an UPDATE ... FROM whose new values come
 * from another relation meets at most one row of it, and keys stay as they are, since whether two are equal for a moment depends
 * on the order of the rows. Confined to the making of one statement.
 */
final class Writes {

    private final Dice dice;
    private final Queries queries;
    private final Expressions expressions;
    private final Froms froms;

    private Writes(Dice dice) {
        this.dice = dice;
        this.queries = new Queries(dice);
        this.expressions = queries.expressions();
        this.froms = queries.froms();
    }

    /** A statement that writes that table, alone or in WITH. */
    static Node statement(Dice dice, Table table) {
        return new Writes(dice).statement(table);
    }

    private Node statement(Table table) {
        String alias = froms.newAlias();
        List<Column> columns = table.columns().stream()
                .map(column -> new Column(column.name(), column.type(), column.collation()))
                .toList();
        Relation target = new Relation(alias, columns, List.of(), table.rows(), false);
        Node write =
                switch (dice.below(4)) {
                    case 0 -> insert(table, target);
                    case 1 -> delete(table, target);
                    default -> update(table, target);
                };
        List<Expr> returned = expressions.some(own(target).own(), dice.between(1, 3));
        Node returning = Node.list(returned.stream().map(Expr::node).toList(), ", ");
        if (dice.chance(0.15)) {
            return Node.phrase(Node.WRITE, "WITH w AS ($ RETURNING $) SELECT count(*) AS c1 FROM w", write, returning);
        }
        List<Node> returnings = dice.chance(0.4) ? List.of(returning) : List.of();
        return Node.phrase(Node.WRITE, "$$", write, Node.optional(" RETURNING ", returnings, ""));
    }

    private static Scope own(Relation target) {
        Scope scope = new Scope(null);
        scope.add(List.of(target), target.rows());
        return scope;
    }

    /** The columns whose values may change: none that tells rows apart or says on which shard they are. */
    private static List<Column> changeable(Table table, Relation target) {
        String distribution = table.definition().after();
        return target.columns().stream()
                .filter(column -> !table.key().contains(column.name()))
                .filter(column -> !distribution.endsWith("(" + column.name() + ")"))
                .toList();
    }

    private Node update(Table table, Relation target) {
        Column column = dice.one(changeable(table, target));
        if (dice.chance(0.25)) {
            return updateFromGroups(table, target, column);
        }
        Scope scope = own(target);
        List<Node> changes = new ArrayList<>(List.of(change(column, scope)));
        Column second = dice.one(changeable(table, target));
        if (second != column) {
            changes.add(change(second, scope));
        }
        Node set = Node.list(changes, ", ");
        String head = "UPDATE " + table.name() + " AS " + target.alias() + " SET $";
        return dice.chance(0.3)
                ? Node.phrase("", head + " FROM $ WHERE $", set, others(target), conditions(target))
                : Node.phrase("", head + "$", set, where(scope));
    }

    private Node change(Column column, Scope scope) {
        Expr value = dice.chance(0.1)
                ? new Expr(Node.text("DEFAULT"), column.type(), Collation.DEFAULT)
                : expressions.any(column.type(), scope, 2);
        return Node.phrase("", column.name() + " = $", value.node());
    }

    /** New values from another table, of which there is one for each key. */
    private Node updateFromGroups(Table table, Relation target, Column column) {
        Scope scope = new Scope(null);
        Node from = froms.from(scope, null, 1);
        Relation source = scope.relations().get(0);
        List<Column> shared = source.columns().stream()
                .filter(each -> each.type() != SqlType.JSONB)
                .filter(each -> target.columns().stream().anyMatch(other -> other.type() == each.type()))
                .toList();
        if (shared.isEmpty()) {
            return delete(table, target);
        }
        Column key = dice.one(shared);
        Column own = dice.one(target.columns().stream()
                .filter(other -> other.type() == key.type())
                .toList());
        Expr keyValue = source.column(key);
        Expr value = new Aggregates(dice, expressions).aggregate(column.type(), scope);
        String alias = froms.newAlias();
        Expr equality =
                Expr.of(SqlType.BOOL, "$ = $", target.column(own), Expr.of(key.type(), key.collation(), alias + ".c1"));
        return Node.phrase(
                "",
                "UPDATE " + table.name() + " AS " + target.alias() + " SET " + column.name() + " = " + alias
                        + ".c2 FROM (SELECT $ AS c1, $ AS c2 FROM $ GROUP BY $) AS " + alias + " WHERE $",
                keyValue.node(),
                value.node(),
                from,
                keyValue.node(),
                equality.node());
    }

    private final List<Relation> joined = new ArrayList<>();

    private Node others(Relation target) {
        Scope scope = new Scope(null);
        Node from = froms.from(scope, null, 1);
        joined.addAll(scope.relations());
        return from;
    }

    private Node conditions(Relation target) {
        Scope both = new Scope(null);
        List<Relation> relations = new ArrayList<>(List.of(target));
        relations.addAll(joined);
        both.add(relations, target.rows() * 10);
        List<Node> conditions = new ArrayList<>();
        Node equality = froms.equality(List.of(target), joined);
        conditions.add(equality == null ? Node.text("true") : equality);
        conditions.add(expressions.predicates().any(both, 1).node());
        return Node.list(conditions, " AND ");
    }

    private Node where(Scope scope) {
        List<Node> conditions = new ArrayList<>();
        conditions.add(expressions.predicates().any(scope, 2).node());
        if (dice.chance(0.3)) {
            conditions.add(expressions.predicates().any(scope, 1).node());
        }
        return Node.optional(" WHERE ", conditions, " AND ");
    }

    private Node delete(Table table, Relation target) {
        String head = "DELETE FROM " + table.name() + " AS " + target.alias();
        return dice.chance(0.3)
                ? Node.phrase("", head + " USING $ WHERE $", others(target), conditions(target))
                : Node.phrase("", head + "$", where(own(target)));
    }

    /** Rows of values, or of a query; keys are numbers that no row has yet. */
    private Node insert(Table table, Relation target) {
        String names = target.columns().stream().map(Column::name).collect(Collectors.joining(", "));
        String head = "INSERT INTO " + table.name() + " AS " + target.alias() + " (" + names + ") ";
        if (dice.chance(0.4)) {
            List<Node> rows = new ArrayList<>();
            int count = dice.between(1, 4);
            for (int i = 0; i < count; i++) {
                int number = 1000 + i;
                rows.add(row(
                        target,
                        column -> isKey(table, column)
                                ? Node.text(column.type().literal(key(column.type(), number)))
                                : expressions.value(column.type()).node(),
                        "(",
                        ")"));
            }
            return Node.phrase("", head + "VALUES $", Node.list(rows, ", "));
        }
        Scope scope = new Scope(null);
        Node from = froms.from(scope, null, dice.between(1, 2));
        String order = scope.distinguishing().stream()
                .map(key -> Sql.of(key.node()).text())
                .collect(Collectors.joining(", "));
        Node row = row(
                target,
                column -> isKey(table, column)
                        ? Node.text(numbered(column.type(), "1000 + row_number() OVER (ORDER BY " + order + ")"))
                        : queries.uniform(expressions.any(column.type(), scope, 1))
                                .node(),
                "",
                "");
        return Node.phrase("", head + "SELECT $ FROM $$", row, from, where(scope));
    }

    private static boolean isKey(Table table, Column column) {
        return table.key().contains(column.name());
    }

    private interface Cell {
        Node of(Column column);
    }

    private static Node row(Relation target, Cell cell, String before, String after) {
        List<Node> cells = target.columns().stream().map(cell::of).toList();
        return Node.phrase("", before + "$" + after, new Node.Items("", cells, ", ", cells.size()));
    }

    private static String key(SqlType type, int number) {
        return type == SqlType.UUID ? new java.util.UUID(7, number).toString() : "" + number;
    }

    private static String numbered(SqlType type, String number) {
        return type == SqlType.UUID ? "lpad((" + number + ")::text, 32, '0')::uuid" : "(" + number + ")::" + type.sql;
    }
}
