package io.pgplex.jdbc.random;

import static io.pgplex.jdbc.random.SqlType.BOOL;
import static io.pgplex.jdbc.random.SqlType.INT;
import static io.pgplex.jdbc.random.SqlType.INTS;
import static io.pgplex.jdbc.random.SqlType.JSONB;
import static io.pgplex.jdbc.random.SqlType.TEXTS;

import io.pgplex.jdbc.random.Scope.Column;
import io.pgplex.jdbc.random.Scope.Relation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes a SELECT from a seed: well-typed, and with an answer that PostgreSQL defines. So
 *
 * <ul>
 *   <li>LIMIT, OFFSET, DISTINCT ON, row numbers and lists stand under an order that tells all rows apart, or only rows that are
 *       alike in every column; FETCH FIRST WITH TIES needs none;
 *   <li>where one of several equal values is shown (DISTINCT, GROUP BY, UNION, min), 1.0 and 1.00, or 1 day and 24 hours, are
 *       first made alike;
 *   <li>collations are deterministic, and brought together by COLLATE where they would conflict;
 *   <li>floats are sums of short binary fractions, which are exact in any order;
 *   <li>functions are immutable or stable, and none asks for the time.
 * </ul>
 *
 * What is left undefined, the order of rows that ORDER BY does not tell apart, {@link Sql#order()} leaves open, and so are
 * errors at run time, which depend on what is evaluated first. Confined to the making of one statement.
 */
final class Queries {

    /** About how many evaluations of a correlated subquery are too many. */
    private static final double MANY_EVALUATIONS = 2000;

    /**
     * A query without parentheses.
     *
     * @param rows about how many rows it has
     */
    record Query(Node.Phrase node, List<Column> columns, double rows) {}

    private final Dice dice;
    private final Expressions expressions;
    private final Froms froms;
    private final Aggregates aggregates;
    private int queriesLeft;
    private int depth;

    Queries(Dice dice) {
        this.dice = dice;
        this.expressions = new Expressions(dice, this);
        this.froms = new Froms(dice, expressions, this);
        this.aggregates = new Aggregates(dice, expressions);
        this.queriesLeft = dice.one(0, 1, 1, 2, 3, 6);
    }

    Expressions expressions() {
        return expressions;
    }

    Froms froms() {
        return froms;
    }

    /** A statement. */
    static Node statement(Dice dice) {
        return new Queries(dice).statement();
    }

    private Node statement() {
        List<Node> ctes = new ArrayList<>();
        int count = dice.weighted(7, 2, 1);
        for (int i = 0; i < count; i++) {
            ctes.add(cte());
        }
        Query query = query(types(dice.between(1, 4)), null, true);
        List<Node> parts = new ArrayList<>();
        parts.add(new Node.Items("WITH RECURSIVE ", ctes, ", ", 0));
        parts.add(Node.text(ctes.isEmpty() ? "" : " "));
        parts.addAll(query.node().parts());
        return new Node.Phrase(Node.QUERY, parts, List.of());
    }

    private List<SqlType> types(int count) {
        List<SqlType> types = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            types.add(expressions.anyType());
        }
        return types;
    }

    private Node cte() {
        String name = "w" + froms.newAlias();
        Query query = dice.chance(0.2)
                ? new RecursiveQueries(dice, this).query(name)
                : nested(types(dice.between(1, 3)), null);
        froms.addCte(new Relation(name, query.columns(), List.of(), query.rows(), false));
        String names = query.columns().stream().map(Column::name).collect(java.util.stream.Collectors.joining(", "));
        String form = dice.one(" AS ", " AS ", " AS MATERIALIZED ", " AS NOT MATERIALIZED ");
        return Node.phrase("", name + "(" + names + ")" + form + "($)", query.node());
    }

    private Query nested(List<SqlType> types, @Nullable Scope outer) {
        depth++;
        try {
            return query(types, outer, false);
        } finally {
            depth--;
        }
    }

    /** Whether one more subquery may be made in that scope; if so it is counted. */
    private boolean spend(@Nullable Scope scope) {
        boolean affordable = queriesLeft > 0 && depth < 3 && (scope == null || scope.evaluations() < MANY_EVALUATIONS);
        queriesLeft -= affordable ? 1 : 0;
        return affordable;
    }

    /** A query of one row at most, or null where there are enough queries. */
    @Nullable
    Query scalar(SqlType type, Scope scope) {
        if (!spend(scope)) {
            return null;
        }
        depth++;
        try {
            Scope around = scope.forSubqueries();
            if (dice.chance(0.7)) {
                Scope rows = new Scope(around);
                Node from = froms.from(rows, around, 1);
                Expr value = aggregates.aggregate(type, rows.alone());
                Node.Phrase node = Node.phrase(
                        Node.QUERY,
                        "SELECT $ AS c1 FROM $$",
                        value.node(),
                        from,
                        where(rows, correlation(rows, around)));
                return new Query(node, List.of(new Column("c1", type, value.collation())), 1);
            }
            Scope rows = new Scope(around);
            Node from = froms.from(rows, around, 1);
            Expr value = expressions.any(type, rows, 1);
            Node.Phrase node = Node.phrase(
                    Node.QUERY,
                    "SELECT $ AS c1 FROM $$$",
                    value.node(),
                    from,
                    where(rows, correlation(rows, around)),
                    limited(rows, List.of(), " LIMIT 1"));
            return new Query(node, List.of(new Column("c1", type, value.collation())), 1);
        } finally {
            depth--;
        }
    }

    /** A query of one column, or null where there are enough queries. */
    @Nullable
    Query column(SqlType type, Scope scope) {
        return spend(scope) ? nested(List.of(type), scope.forSubqueries()) : null;
    }

    /** A query for EXISTS, or null where there are enough queries. */
    @Nullable
    Query rows(Scope scope) {
        return spend(scope) ? nested(types(1), scope.forSubqueries()) : null;
    }

    /** A query for FROM, or null where there are enough queries. */
    @Nullable
    Query derived(@Nullable Scope around) {
        return spend(around) ? nested(types(dice.between(1, 3)), around) : null;
    }

    /** A query of these types; at the top its order is seen, so that it may have one. */
    private Query query(List<SqlType> types, @Nullable Scope outer, boolean top) {
        int relations = depth > 1 ? 1 : dice.weighted(0, 5, 4, 2);
        boolean combined = dice.chance(depth > 2 ? 0 : 0.12) && comparable(types);
        if (combined) {
            return sorted(setOperation(types, outer), top);
        }
        return switch (dice.weighted(8, 5, 2, 2, 3, 2, 2, top && outer == null ? 1 : 0)) {
            case 0 -> plain(types, outer, relations, top);
            case 1 -> grouped(types, outer, relations, top);
            case 2 -> whole(types, outer, relations);
            case 3 -> comparable(types) ? distinct(types, outer, relations, top) : plain(types, outer, relations, top);
            case 4 -> windowed(types, outer, relations, top);
            case 5 -> distinctOn(types, outer, relations);
            case 6 ->
                comparable(types) ? groupingSets(types, outer, relations, top) : plain(types, outer, relations, top);
            default -> star(relations);
        };
    }

    /** Whether rows of such columns can be told apart; jsonb has an order, too, but is kept out for its price. */
    private static boolean comparable(List<SqlType> types) {
        return !types.contains(JSONB);
    }

    // ---- the clauses

    private Node where(Scope scope, List<Node> first) {
        List<Node> conditions = new ArrayList<>(first);
        int more = dice.weighted(4, 4, 2, 1);
        for (int i = 0; i < more; i++) {
            conditions.add(expressions.predicates().any(scope, dice.below(3)).node());
        }
        return Node.optional(" WHERE ", conditions, " AND ");
    }

    /** Equalities that bind the relations to each other or to the query around, most often. */
    private List<Node> correlation(Scope scope, @Nullable Scope outer) {
        List<Node> conditions = new ArrayList<>();
        if (outer != null && dice.chance(0.6)) {
            List<Relation> around = outer.visibleRelations();
            Node equality = around.isEmpty() ? null : froms.equality(scope.relations(), around);
            if (equality != null) {
                conditions.add(equality);
            }
        }
        List<Relation> relations = scope.relations();
        if (scope.rows() > 500 && relations.size() > 1) {
            for (int i = 1; i < relations.size(); i++) {
                Node equality = froms.equality(relations.subList(0, i), List.of(relations.get(i)));
                if (equality != null) {
                    conditions.add(equality);
                }
            }
        }
        return conditions;
    }

    private record Item(Column column, Expr value) {
        Node node() {
            return Node.phrase("", "$ AS " + column.name(), value.node());
        }
    }

    private Item item(int number, Expr value) {
        String name = dice.chance(0.05) ? "\"Ü " + number + "\"" : "c" + number;
        return new Item(new Column(name, value.type(), value.collation()), value);
    }

    private static Node list(List<Item> items) {
        return Node.list(items.stream().map(Item::node).toList(), ", ");
    }

    private static List<Column> columns(List<Item> items) {
        return items.stream().map(Item::column).toList();
    }

    private Node.Phrase select(String before, List<Item> items, Node from, Node where, Node... after) {
        List<Node> parts = new ArrayList<>(List.of(Node.text("SELECT " + before)));
        parts.add(list(items));
        parts.add(Node.text(" FROM "));
        parts.add(from);
        parts.add(where);
        parts.addAll(List.of(after));
        return new Node.Phrase(Node.QUERY, List.copyOf(parts), List.of());
    }

    private static Query plus(Query query, Node after) {
        List<Node> parts = new ArrayList<>(query.node().parts());
        parts.add(after);
        return new Query(new Node.Phrase(Node.QUERY, List.copyOf(parts), List.of()), query.columns(), query.rows());
    }

    // ---- orders

    private String direction() {
        return dice.one("", "", " ASC", " DESC", " DESC NULLS LAST", " NULLS FIRST");
    }

    /** ORDER BY and LIMIT, under which each row has its place: these keys, and what tells all rows of FROM apart. */
    private Node limited(Scope scope, List<Expr> first, String limit) {
        List<Node> keys = new ArrayList<>();
        first.forEach(key -> keys.add(Node.phrase("", "$" + direction(), key.node())));
        scope.distinguishing().forEach(key -> keys.add(Node.phrase("", "$" + dice.one("", " DESC"), key.node())));
        if (keys.isEmpty()) {
            return Node.text("");
        }
        Node order = new Node.Items(" ORDER BY ", List.copyOf(keys), ", ", keys.size());
        Node whole = new Node.OrderKey("", Node.phrase("", "$" + limit, order));
        return new Node.Items("", List.of(whole), "", 0);
    }

    private String limit() {
        return switch (dice.below(6)) {
            case 0 -> "";
            case 1 -> " OFFSET " + dice.below(4);
            case 2 -> " LIMIT " + dice.below(12) + " OFFSET " + dice.below(4);
            case 3 -> " FETCH FIRST " + dice.between(1, 9) + " ROWS ONLY";
            default -> " LIMIT " + dice.between(1, 12);
        };
    }

    /** The query with an order of its columns by name, or none; columns must be canonical. */
    private Query sorted(Query query, boolean top) {
        if (dice.chance(top ? 0.5 : 0.85)) {
            return query;
        }
        List<Node> keys = new ArrayList<>();
        for (Column column : query.columns()) {
            boolean sortable = column.type() != JSONB && column.type().isCanonical();
            if (sortable) {
                keys.add(new Node.OrderKey(column.name(), Node.text(column.name() + direction())));
            }
        }
        if (keys.isEmpty()) {
            return query;
        }
        int kind = dice.below(4);
        if (kind == 0) {
            List<Node> all = keys.subList(0, 1);
            Node ties =
                    Node.phrase("", " ORDER BY $ FETCH FIRST " + dice.between(1, 5) + " ROWS WITH TIES", all.get(0));
            return plus(query, new Node.Items("", List.of(ties), "", 0));
        }
        if (kind == 1 && keys.size() == query.columns().size()) {
            Node order = new Node.Items(" ORDER BY ", keys, ", ", keys.size());
            return plus(query, new Node.Items("", List.of(Node.phrase("", "$" + limit(), order)), "", 0));
        }
        return plus(query, new Node.Items(" ORDER BY ", keys, ", ", 0));
    }

    // ---- kinds of queries

    private Query star(int relations) {
        Scope scope = new Scope(null);
        Node from = froms.from(scope, null, relations);
        Relation first = scope.relations().get(0);
        String what = dice.chance(0.5) || first.bare() ? "*" : first.alias() + ".*";
        Node.Phrase node = Node.phrase(
                Node.QUERY,
                "SELECT " + what + " FROM $$$",
                from,
                where(scope, correlation(scope, null)),
                limited(scope, List.of(), limit()));
        return new Query(node, List.of(), scope.rows());
    }

    private Query plain(List<SqlType> types, @Nullable Scope outer, int relations, boolean top) {
        Scope scope = new Scope(outer);
        Node from = froms.from(scope, outer, relations);
        boolean byScope = dice.chance(top ? 0.25 : 0.1);
        List<Item> items = new ArrayList<>();
        for (SqlType type : types) {
            Expr value = expressions.any(dice.chance(0.4) ? type : likely(scope, type, outer), scope, dice.below(4));
            items.add(item(items.size() + 1, value));
        }
        keepTypes(items, types, scope, outer);
        Node where = where(scope, correlation(scope, outer));
        if (byScope) {
            Node order = limited(scope, expressions.some(scope.own(), dice.below(3)), limit());
            return new Query(select("", items, from, where, order), columns(items), Math.min(scope.rows(), 10));
        }
        if (dice.chance(0.05)) {
            items.add(
                    item(items.size() + 1, Expr.of(INT, dice.one("generate_series(1, 2)", "unnest(ARRAY[3, NULL])"))));
            if (outer != null) {
                items.remove(items.size() - 1);
            }
        }
        return sorted(new Query(select("", items, from, where), columns(items), scope.rows()), top);
    }

    /** At the top a column may have any type; in a subquery it must be the one that was asked for. */
    private SqlType likely(Scope scope, SqlType type, @Nullable Scope outer) {
        return outer == null && depth == 0 ? expressions.likelyType(scope) : type;
    }

    private void keepTypes(List<Item> items, List<SqlType> types, Scope scope, @Nullable Scope outer) {
        if (outer == null && depth == 0) {
            return;
        }
        for (int i = 0; i < types.size(); i++) {
            if (items.get(i).value().type() != types.get(i)) {
                items.set(i, item(i + 1, expressions.atom(types.get(i), scope)));
            }
        }
    }

    private Query distinct(List<SqlType> types, @Nullable Scope outer, int relations, boolean top) {
        Scope scope = new Scope(outer);
        Node from = froms.from(scope, outer, relations);
        List<Item> items = new ArrayList<>();
        for (SqlType type : types) {
            items.add(item(
                    items.size() + 1,
                    expressions.any(type, scope, dice.below(3)).canonical()));
        }
        Node where = where(scope, correlation(scope, outer));
        return sorted(new Query(select("DISTINCT ", items, from, where), columns(items), scope.rows() / 2), top);
    }

    private Query distinctOn(List<SqlType> types, @Nullable Scope outer, int relations) {
        Scope scope = new Scope(outer);
        Node from = froms.from(scope, outer, relations);
        SqlType type = expressions.likelyType(scope);
        Expr on = expressions.key(type == JSONB ? INT : type, scope, dice.below(2));
        List<Item> items = new ArrayList<>();
        for (SqlType wanted : types) {
            items.add(item(items.size() + 1, expressions.any(wanted, scope, dice.below(3))));
        }
        List<Node> parts = new ArrayList<>(List.of(Node.text("SELECT DISTINCT ON ("), on.node(), Node.text(") ")));
        parts.add(list(items));
        parts.add(Node.text(" FROM "));
        parts.add(from);
        parts.add(where(scope, correlation(scope, outer)));
        List<Node> keys = new ArrayList<>(List.of(on.node()));
        scope.distinguishing().forEach(key -> keys.add(key.node()));
        parts.add(new Node.OrderKey("", new Node.Items(" ORDER BY ", List.copyOf(keys), ", ", keys.size())));
        return new Query(new Node.Phrase(Node.QUERY, List.copyOf(parts), List.of()), columns(items), scope.rows() / 3);
    }

    /** One row: aggregates without GROUP BY. */
    private Query whole(List<SqlType> types, @Nullable Scope outer, int relations) {
        Scope scope = new Scope(outer);
        Node from = froms.from(scope, outer, relations);
        Scope alone = scope.alone();
        List<Item> items = new ArrayList<>();
        for (SqlType type : types) {
            List<Expr> made =
                    List.of(aggregates.aggregate(type, alone), aggregates.aggregate(expressions.anyType(), alone));
            Expr value = dice.chance(0.6) ? made.get(0) : expressions.any(type, scope.grouped(List.of(), made), 2);
            items.add(item(items.size() + 1, value));
        }
        Node where = where(scope, correlation(scope, outer));
        return new Query(
                select("", items, from, where, having(scope.grouped(List.of(), List.of()), alone, 0.15)),
                columns(items),
                1);
    }

    private Node having(Scope grouped, Scope rows, double probability) {
        List<Node> conditions = new ArrayList<>();
        if (dice.chance(probability)) {
            SqlType type = dice.one(INT, SqlType.BIGINT, SqlType.NUMERIC, SqlType.TEXT, BOOL);
            Scope scope = grouped.with(aggregates.aggregate(type, rows));
            conditions.add(expressions.predicates().comparison(type, scope, 1).node());
        }
        return Node.optional(" HAVING ", conditions, " AND ");
    }

    private List<Expr> keys(Scope scope) {
        List<Expr> keys = new ArrayList<>();
        List<Expr> columns =
                scope.own().stream().filter(column -> column.type() != JSONB).toList();
        keys.addAll(expressions.some(columns, dice.between(1, 2)));
        if (keys.isEmpty() || dice.chance(0.25)) {
            SqlType type = expressions.likelyType(scope);
            keys.add(expressions.key(type == JSONB ? INT : type, scope, 1));
        }
        return keys;
    }

    private static List<Expr> canonical(List<Expr> keys) {
        return keys.stream().map(Expr::canonical).toList();
    }

    private Query grouped(List<SqlType> types, @Nullable Scope outer, int relations, boolean top) {
        Scope scope = new Scope(outer);
        Node from = froms.from(scope, outer, relations);
        Scope alone = scope.alone();
        Relation first = scope.relations().get(0);
        boolean byPrimaryKey = !first.key().isEmpty() && dice.chance(0.15);
        List<Expr> keys = byPrimaryKey ? first.key().stream().map(first::column).toList() : keys(alone);
        // all columns depend on the primary key
        List<Expr> known =
                byPrimaryKey ? first.columns().stream().map(first::column).toList() : canonical(keys);
        Scope grouped = scope.grouped(known, someAggregates(types, alone));
        List<Item> items = groupedItems(types, grouped, alone);
        Node where = where(scope, correlation(scope, outer));
        Node by = Node.phrase(
                "", " GROUP BY $", Node.list(keys.stream().map(Expr::node).toList(), ", "));
        Node having = having(grouped, alone, 0.3);
        if (dice.chance(top ? 0.25 : 0.1)) {
            Node order = limited(grouped, expressions.some(grouped.own(), dice.below(3)), limit());
            return new Query(select("", items, from, where, by, having, order), columns(items), 10);
        }
        return sorted(new Query(select("", items, from, where, by, having), columns(items), scope.rows() / 3), top);
    }

    private List<Expr> someAggregates(List<SqlType> types, Scope rows) {
        List<Expr> made = new ArrayList<>();
        made.add(aggregates.aggregate(expressions.anyType(), rows));
        types.forEach(type -> made.add(aggregates.aggregate(type, rows)));
        return made;
    }

    private List<Item> groupedItems(List<SqlType> types, Scope grouped, Scope rows) {
        List<Item> items = new ArrayList<>();
        for (SqlType type : types) {
            Expr value =
                    switch (dice.below(6)) {
                        case 0, 1 -> aggregates.aggregate(type, rows);
                        case 2 -> aggregates.windowFunction(type, grouped, "");
                        case 3 -> expressions.any(type, grouped, 2);
                        default -> expressions.atom(type, grouped);
                    };
            items.add(item(items.size() + 1, value));
        }
        return items;
    }

    private Query groupingSets(List<SqlType> types, @Nullable Scope outer, int relations, boolean top) {
        Scope scope = new Scope(outer);
        Node from = froms.from(scope, outer, relations);
        Scope alone = scope.alone();
        List<Expr> keys = expressions.some(
                alone.own().stream().filter(key -> key.type() != JSONB).toList(), 3);
        if (keys.isEmpty()) {
            return whole(types, outer, relations);
        }
        Node all = Node.list(keys.stream().map(Expr::node).toList(), ", ");
        Node first = keys.get(0).node();
        Node sets =
                switch (dice.below(5)) {
                    case 0 -> Node.phrase("", "ROLLUP ($)", all);
                    case 1 -> Node.phrase("", "CUBE ($)", all);
                    case 2 -> Node.phrase("", "GROUPING SETS (($), ($), ())", all, first);
                    case 3 -> Node.phrase("", "$, ROLLUP ($)", first, all);
                    default -> Node.phrase("", "GROUPING SETS (ROLLUP ($), ($))", all, first);
                };
        Scope grouped = scope.grouped(canonical(keys), someAggregates(types, alone));
        List<Item> items = new ArrayList<>();
        for (SqlType type : types) {
            items.add(item(
                    items.size() + 1,
                    dice.chance(0.5) ? aggregates.aggregate(type, alone) : expressions.atom(type, grouped)));
        }
        if (depth == 0 && outer == null) {
            items.add(item(items.size() + 1, Expr.of(INT, Collation.DEFAULT, "grouping($)", all)));
        }
        Node where = where(scope, correlation(scope, outer));
        Node by = Node.phrase("", " GROUP BY $", sets);
        return sorted(
                new Query(
                        select("", items, from, where, by, having(grouped, alone, 0.2)),
                        columns(items),
                        scope.rows() / 2),
                top);
    }

    private Query windowed(List<SqlType> types, @Nullable Scope outer, int relations, boolean top) {
        Scope scope = new Scope(outer);
        Node from = froms.from(scope, outer, relations);
        boolean named = dice.chance(0.25);
        Node window = named ? Node.phrase("", " WINDOW w AS ($)", aggregates.window(scope)) : Node.text("");
        List<Item> items = new ArrayList<>();
        for (SqlType type : types) {
            Expr value = dice.chance(0.6)
                    ? aggregates.windowFunction(type, scope, named ? "w" : "")
                    : expressions.any(type, scope, 1);
            items.add(item(items.size() + 1, value));
        }
        Node where = where(scope, correlation(scope, outer));
        // rows that are alike in all columns may have different row numbers
        boolean keyed =
                scope.relations().stream().noneMatch(relation -> relation.key().isEmpty());
        if (keyed && dice.chance(top ? 0.4 : 0.2)) {
            Node order = limited(scope, List.of(), limit());
            return new Query(select("", items, from, where, window, order), columns(items), 10);
        }
        return sorted(new Query(select("", items, from, where, window), columns(items), scope.rows()), top);
    }

    private Query setOperation(List<SqlType> types, @Nullable Scope outer) {
        List<Node> parts = new ArrayList<>();
        int arms = dice.weighted(0, 0, 4, 1);
        double rows = 0;
        for (int i = 0; i < arms; i++) {
            if (i > 0) {
                parts.add(Node.text(dice.one(
                        " UNION ",
                        " UNION ALL ",
                        " UNION ALL ",
                        " INTERSECT ",
                        " INTERSECT ALL ",
                        " EXCEPT ",
                        " EXCEPT ALL ")));
            }
            Scope scope = new Scope(outer);
            Node from = froms.from(scope, outer, dice.weighted(0, 5, 2));
            List<Item> items = new ArrayList<>();
            for (SqlType type : types) {
                Expr value = expressions.any(type, scope, dice.below(3)).canonical();
                items.add(new Item(new Column("c" + (items.size() + 1), type, Collation.DEFAULT), uniform(value)));
            }
            Node arm = select("", items, from, where(scope, correlation(scope, outer)));
            parts.add(Node.phrase("", "($)", arm));
            rows += scope.rows();
        }
        List<Column> columns = new ArrayList<>();
        for (SqlType type : types) {
            columns.add(
                    new Column("c" + (columns.size() + 1), type, type.collatable() ? Collation.C : Collation.DEFAULT));
        }
        return new Query(new Node.Phrase(Node.QUERY, List.copyOf(parts), List.of()), columns, rows);
    }

    /** Of exactly that type and, if it has a collation, of the one that all branches have. */
    Expr uniform(Expr value) {
        Expr cast = Expr.of(value.type(), value.collation(), "$::" + value.type().sql, value.node());
        return value.type() == SqlType.TEXT || value.type() == TEXTS
                ? Expr.of(value.type(), Collation.C, "($ COLLATE \"C\")", cast.node())
                : cast;
    }

    /** Types whose columns a recursive query may carry. */
    List<SqlType> plainTypes() {
        return dice.one(List.of(INT), List.of(INT, SqlType.TEXT), List.of(SqlType.BIGINT, INTS), List.of(SqlType.TEXT));
    }

    Node condition(Scope scope) {
        return where(scope, List.of());
    }
}
