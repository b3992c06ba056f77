package io.pgplex.jdbc.random;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an expression may name: the columns of its own FROM, or the keys of its GROUP BY alone, and those of the queries around.
 * Confined to the making of one statement.
 */
final class Scope {

    /** A column of a relation. */
    record Column(String name, SqlType type, Collation collation) {}

    /**
     * Something in FROM.
     *
     * @param key the columns of its primary key; empty where there is none, and rows may be alike in all columns
     * @param rows about how many rows it has
     * @param bare whether its columns are named without it
     */
    record Relation(String alias, List<Column> columns, List<Column> key, double rows, boolean bare) {

        Expr column(Column column) {
            return Expr.of(column.type(), column.collation(), (bare ? "" : alias + ".") + column.name());
        }

        Column columnNamed(String name) {
            return columns.stream()
                    .filter(column -> column.name().equals(name))
                    .findFirst()
                    .orElseThrow();
        }

        /** The same, as if it had not that column. */
        Relation without(String name) {
            List<Column> others = columns.stream()
                    .filter(column -> !column.name().equals(name))
                    .toList();
            return new Relation(alias, others, key, rows, bare);
        }

        /** The same, its columns named alone. */
        Relation withoutAlias() {
            return new Relation(alias, columns, key, rows, true);
        }

        /** Expressions by which two rows are sorted apart, unless they are alike in all columns. */
        List<Expr> distinguishing() {
            List<Expr> all = new ArrayList<>();
            for (Column column : key.isEmpty() ? columns : key) {
                Expr value = column(column);
                all.add(column.type().isCanonical() ? value : Expr.of(SqlType.TEXT, "($::text COLLATE \"C\")", value));
            }
            return all;
        }
    }

    private final List<Relation> relations = new ArrayList<>();
    private final List<Expr> merged = new ArrayList<>();
    private final List<Expr> aggregates = new ArrayList<>();
    private final @Nullable Scope outer;
    private @Nullable List<Expr> keys;
    private double rows = 1;

    Scope(@Nullable Scope outer) {
        this.outer = outer;
    }

    void add(List<Relation> more, double joinedRows) {
        relations.addAll(more);
        rows = joinedRows;
    }

    /** Adds a column that NATURAL or USING has made of two, to be named without a relation. */
    void addMerged(Expr column) {
        merged.add(column);
    }

    List<Relation> relations() {
        return relations;
    }

    double rows() {
        return rows;
    }

    /** About how often something in this scope is computed, the queries around included. */
    double evaluations() {
        return rows * (outer == null ? 1 : outer.evaluations());
    }

    /** The scope of what is computed after grouping: only these keys may be used, and these aggregates. */
    Scope grouped(List<Expr> groupKeys, List<Expr> aggregates) {
        Scope scope = new Scope(outer);
        scope.rows = groupKeys.isEmpty() ? 1 : rows;
        scope.keys = List.copyOf(groupKeys);
        scope.aggregates.addAll(aggregates);
        return scope;
    }

    /** The same scope with one more aggregate. */
    Scope with(Expr aggregate) {
        Scope scope = grouped(keys == null ? List.of() : keys, aggregates);
        scope.aggregates.add(aggregate);
        return scope;
    }

    /**
     * The same without the queries around: an aggregate of nothing but their columns would be theirs. Its subqueries do not see
     * them either.
     */
    Scope alone() {
        Scope scope = new Scope(null);
        scope.relations.addAll(relations);
        scope.merged.addAll(merged);
        scope.rows = evaluations();
        return scope;
    }

    /** The relations to whose columns a subquery may be bound. */
    List<Relation> visibleRelations() {
        return keys != null
                ? List.of()
                : relations.stream().filter(relation -> !relation.bare()).toList();
    }

    /** What a subquery in a grouped query sees of it: the keys that are plain columns. */
    Scope forSubqueries() {
        if (keys == null) {
            return this;
        }
        Scope seen = new Scope(outer);
        seen.rows = rows;
        seen.keys = keys.stream().filter(Scope::isColumn).toList();
        return seen;
    }

    private static boolean isColumn(Expr key) {
        return key.node().children().size() == 1
                && key.node().children().get(0) instanceof Node.Text text
                && text.sql().matches("r\\d+\\.[a-z0-9_]+|r\\d+\\.\"[^\"]+\"");
    }

    /** The expressions of this query's own that may be named. */
    List<Expr> own() {
        if (keys != null) {
            List<Expr> all = new ArrayList<>(keys);
            all.addAll(aggregates);
            return all;
        }
        List<Expr> all = new ArrayList<>(merged);
        for (Relation relation : relations) {
            relation.columns().forEach(column -> all.add(relation.column(column)));
        }
        return all;
    }

    /** Those of the queries around, nearest first. */
    List<Expr> around() {
        List<Expr> all = new ArrayList<>();
        for (Scope scope = outer; scope != null; scope = scope.outer) {
            // a merged column's bare name could mean another one further inside
            scope.own().stream().filter(Scope::isColumn).forEach(all::add);
        }
        return all;
    }

    /** What sorts all rows of FROM. */
    List<Expr> distinguishing() {
        return keys != null
                ? keys
                : relations.stream()
                        .flatMap(relation -> relation.distinguishing().stream())
                        .toList();
    }
}
