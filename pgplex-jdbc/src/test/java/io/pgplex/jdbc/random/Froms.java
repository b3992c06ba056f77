package io.pgplex.jdbc.random;

import io.pgplex.jdbc.random.Scope.Column;
import io.pgplex.jdbc.random.Scope.Relation;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What stands in FROM: tables, subqueries, functions, VALUES, and joins of them. Confined to the making of one statement. */
final class Froms {

    /** Above that many rows, joins without an equality are not made, so that queries stay cheap. */
    private static final double MANY_ROWS = 1500;

    private final Dice dice;
    private final Expressions expressions;
    private final Queries queries;
    private final List<Relation> ctes = new ArrayList<>();
    private int lastAlias;

    Froms(Dice dice, Expressions expressions, Queries queries) {
        this.dice = dice;
        this.expressions = expressions;
        this.queries = queries;
    }

    /** Makes a query of WITH known. */
    void addCte(Relation cte) {
        ctes.add(cte);
    }

    String newAlias() {
        return "r" + ++lastAlias;
    }

    /** Relations side by side, and the columns that a join has merged. */
    private record Joined(Node node, List<Relation> relations, List<Expr> merged, double rows) {}

    /** FROM with so many relations, which are added to the scope; the text does not begin with the word FROM. */
    Node from(Scope scope, @Nullable Scope outer, int count) {
        if (count > 1 && dice.chance(0.2)) {
            return commas(scope, outer, count);
        }
        Joined joined = count == 1 ? single(outer, List.of(), true) : tree(outer, count);
        Relation only = joined.relations().get(0);
        // in ORDER BY, the name of an output column would mean that one
        boolean hidden =
                only.columns().stream().anyMatch(column -> column.name().matches("c\\d|\"Ü.*"));
        if (count == 1 && outer == null && !hidden && dice.chance(0.4)) {
            joined = new Joined(joined.node(), List.of(only.withoutAlias()), List.of(), joined.rows());
        }
        scope.add(joined.relations(), joined.rows());
        for (Expr merged : joined.merged()) {
            String name = Sql.of(merged.node()).text();
            long having = joined.relations().stream()
                    .filter(relation -> relation.columns().stream()
                            .anyMatch(column -> column.name().equals(name)))
                    .count();
            if (having == 2) {
                scope.addMerged(merged);
            }
        }
        return joined.node();
    }

    /** Relations with commas between, of which later ones may be lateral; conditions are WHERE's. */
    private Node commas(Scope scope, @Nullable Scope outer, int count) {
        List<Node> nodes = new ArrayList<>();
        List<Relation> all = new ArrayList<>();
        double rows = 1;
        for (int i = 0; i < count; i++) {
            Joined next = single(outer, all, rows < 100);
            nodes.add(next.node());
            all.addAll(next.relations());
            rows *= next.rows();
        }
        scope.add(all, rows);
        return Node.list(nodes, ", ");
    }

    private Joined tree(@Nullable Scope outer, int count) {
        if (count == 1) {
            return single(outer, List.of(), true);
        }
        int right = count > 2 && dice.chance(0.25) ? 2 : 1;
        Joined first = tree(outer, count - right);
        return join(outer, first, right == 2 ? parenthesised(tree(outer, 2)) : null);
    }

    private static Joined parenthesised(Joined tree) {
        return new Joined(Node.phrase(Node.FROM, "($)", tree.node()), tree.relations(), List.of(), tree.rows());
    }

    private Joined join(@Nullable Scope outer, Joined left, @Nullable Joined subtree) {
        String kind = dice.one(
                "JOIN", "JOIN", "INNER JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN");
        boolean mayBeLateral = !kind.startsWith("RIGHT") && !kind.startsWith("FULL");
        Joined right = subtree != null ? subtree : single(outer, mayBeLateral ? left.relations() : List.of(), true);
        List<Relation> both = new ArrayList<>(left.relations());
        both.addAll(right.relations());
        double product = left.rows() * right.rows();
        if (kind.startsWith("CROSS") && product < MANY_ROWS) {
            Node node = Node.phrase(Node.FROM, "$ CROSS JOIN $", left.node(), right.node());
            return new Joined(node, both, left.merged(), product);
        }
        String joinKind = kind.startsWith("CROSS") ? "JOIN" : kind;
        double joinedRows = Math.max(product / 8, left.rows() + right.rows());
        List<String> common = common(left, right);
        if (!common.isEmpty() && dice.chance(0.35)) {
            return merging(joinKind, left, right, both, common, joinedRows);
        }
        Scope scope = new Scope(outer);
        scope.add(both, product);
        List<Node> conditions = new ArrayList<>();
        Node equality = equality(left.relations(), right.relations());
        boolean full = joinKind.startsWith("FULL");
        if (equality != null) {
            conditions.add(equality);
        }
        if (!full && (equality == null ? product < MANY_ROWS : dice.chance(0.3))) {
            conditions.add(expressions.predicates().any(scope, 1).node());
        }
        if (conditions.isEmpty()) {
            conditions.add(Node.text("false"));
        }
        Node node = Node.phrase(
                Node.FROM, "$ " + joinKind + " $ ON $", left.node(), right.node(), Node.list(conditions, " AND "));
        return new Joined(node, both, left.merged(), joinedRows);
    }

    /** Columns that both have once, by name, and that can be compared. */
    private static List<String> common(Joined left, Joined right) {
        List<String> names = new ArrayList<>();
        if (left.relations().size() > 1 || right.relations().size() > 1) {
            return names;
        }
        for (Column column : left.relations().get(0).columns()) {
            for (Column other : right.relations().get(0).columns()) {
                if (column.name().equals(other.name())) {
                    boolean comparable = column.type() == other.type()
                            || column.type().isNumber() && other.type().isNumber();
                    boolean collated = column.collation() == other.collation()
                            || column.collation() == Collation.DEFAULT
                            || other.collation() == Collation.DEFAULT;
                    if (!comparable || !collated) {
                        return List.of();
                    }
                    names.add(column.name());
                }
            }
        }
        return names;
    }

    private Joined merging(
            String kind, Joined left, Joined right, List<Relation> both, List<String> common, double rows) {
        boolean natural = dice.chance(0.4);
        List<String> names = natural || dice.chance(0.3) ? common : List.of(common.get(0));
        Node node = natural
                ? Node.phrase(Node.FROM, "$ NATURAL " + kind + " $", left.node(), right.node())
                : Node.phrase(
                        Node.FROM,
                        "$ " + kind + " $ USING (" + String.join(", ", names) + ")",
                        left.node(),
                        right.node());
        List<Expr> merged = new ArrayList<>();
        for (String name : names) {
            Column first = left.relations().get(0).columnNamed(name);
            Column second = right.relations().get(0).columnNamed(name);
            merged.add(Expr.of(
                    first.type().ordinal() > second.type().ordinal() ? first.type() : second.type(),
                    first.collation() == Collation.DEFAULT ? second.collation() : first.collation(),
                    name));
        }
        return new Joined(node, both, merged, rows);
    }

    /** An equality between a column of each side, of keys most often; null where they have no type in common. */
    @Nullable
    Node equality(List<Relation> left, List<Relation> right) {
        List<Expr> equalities = new ArrayList<>();
        List<Expr> likely = new ArrayList<>();
        for (Relation one : left) {
            for (Relation other : right) {
                for (Column a : one.columns()) {
                    for (Column b : other.columns()) {
                        boolean numbers = a.type().isNumber() && b.type().isNumber();
                        if (numbers || a.type() == b.type() && a.type() != SqlType.BOOL) {
                            Expr equality = Expr.of(SqlType.BOOL, "$ = $", one.column(a), other.column(b));
                            equalities.add(equality);
                            if (isKey(a) && isKey(b) || a.name().equals(b.name())) {
                                likely.add(equality);
                            }
                        }
                    }
                }
            }
        }
        if (equalities.isEmpty()) {
            return null;
        }
        return (likely.isEmpty() || dice.chance(0.4) ? dice.one(equalities) : dice.one(likely)).node();
    }

    private static boolean isKey(Column column) {
        return List.of("id", "account", "sku", "owner", "price", "day").contains(column.name());
    }

    private Joined single(@Nullable Scope outer, List<Relation> left, boolean large) {
        int kind = dice.weighted(14, ctes.isEmpty() ? 0 : 6, 3, 1, 1, left.isEmpty() ? 0 : 2, left.isEmpty() ? 0 : 1);
        return switch (kind) {
            case 0 -> table(large);
            case 1 -> cte();
            case 2 -> derived(outer, false, List.of());
            case 3 -> values();
            case 4 -> series();
            case 5 -> derived(outer, true, left);
            default -> elements(left);
        };
    }

    private Joined table(boolean large) {
        List<Table> choice = Schema.TABLES.stream()
                .filter(table -> large || table.rows() <= 12)
                .toList();
        Table table = dice.one(choice);
        String alias = newAlias();
        String name = (dice.chance(0.1) ? "public." : "") + table.name();
        String only = !table.isView() && dice.chance(0.05) ? "ONLY " : "";
        // the same sample written twice is two samples
        String sample = !table.isView() && !expressions.isRepeated() && dice.chance(0.03)
                ? " TABLESAMPLE " + dice.one("BERNOULLI", "SYSTEM") + " (100)"
                : "";
        List<Column> columns = table.columns().stream()
                .map(column -> new Column(column.name(), column.type(), column.collation()))
                .toList();
        List<Column> key = columns.stream()
                .filter(column -> table.key().contains(column.name()))
                .toList();
        Node node = Node.phrase(Node.FROM, only + name + dice.one(" ", " AS ") + alias + sample);
        return of(node, new Relation(alias, columns, key, table.rows(), false));
    }

    private static Joined of(Node node, Relation relation) {
        return new Joined(node, List.of(relation), List.of(), relation.rows());
    }

    private Joined cte() {
        Relation cte = dice.one(ctes);
        String alias = newAlias();
        return of(
                Node.phrase(Node.FROM, cte.alias() + " AS " + alias),
                new Relation(alias, cte.columns(), cte.key(), cte.rows(), false));
    }

    private Joined derived(@Nullable Scope outer, boolean lateral, List<Relation> left) {
        Scope around = outer;
        if (lateral) {
            around = new Scope(outer);
            around.add(left, left.stream().mapToDouble(Relation::rows).max().orElse(1));
        }
        Queries.Query query = queries.derived(around);
        if (query == null) {
            return table(false);
        }
        String alias = newAlias();
        String names = dice.chance(0.3)
                ? query.columns().stream().map(Column::name).collect(Collectors.joining(", ", "(", ")"))
                : "";
        Node node = Node.phrase(Node.FROM, (lateral ? "LATERAL " : "") + "($) AS " + alias + names, query.node());
        return of(node, new Relation(alias, query.columns(), List.of(), query.rows(), false));
    }

    private Joined values() {
        List<Column> columns = new ArrayList<>();
        int width = dice.between(1, 3);
        for (int i = 1; i <= width; i++) {
            columns.add(new Column("c" + i, expressions.anyType(), Collation.DEFAULT));
        }
        List<Node> rows = new ArrayList<>();
        int height = dice.between(1, 4);
        for (int row = 0; row < height; row++) {
            List<Node> cells = new ArrayList<>();
            columns.forEach(column -> {
                Expr value = expressions.value(column.type());
                cells.add(
                        Expr.of(column.type(), "$::" + column.type().sql, value).node());
            });
            rows.add(Node.phrase("", "($)", new Node.Items("", cells, ", ", cells.size())));
        }
        String alias = newAlias();
        String names = columns.stream().map(Column::name).collect(Collectors.joining(", "));
        Node node = Node.phrase(Node.FROM, "(VALUES $) AS " + alias + "(" + names + ")", Node.list(rows, ", "));
        return of(node, new Relation(alias, columns, List.of(), height, false));
    }

    private Joined series() {
        String alias = newAlias();
        Column column = new Column("n", SqlType.INT, Collation.DEFAULT);
        String from = dice.one("generate_series(1, 4)", "generate_series(10, 1, -3)", "unnest(ARRAY[1, 2, NULL, 2])");
        return of(
                Node.phrase(Node.FROM, from + " AS " + alias + "(n)"),
                new Relation(alias, List.of(column), List.of(), 4, false));
    }

    /** The elements of an array of a relation further left. */
    private Joined elements(List<Relation> left) {
        Scope scope = new Scope(null);
        scope.add(left, 1);
        boolean texts = dice.chance(0.5);
        SqlType element = texts ? SqlType.TEXT : SqlType.INT;
        Expr array = expressions.atom(texts ? SqlType.TEXTS : SqlType.INTS, scope);
        String alias = newAlias();
        List<Column> columns = List.of(
                new Column("e", element, array.collation()), new Column("o", SqlType.BIGINT, Collation.DEFAULT));
        Node node = Node.phrase(Node.FROM, "unnest($) WITH ORDINALITY AS " + alias + "(e, o)", array.node());
        return of(node, new Relation(alias, columns, List.of(), 3, false));
    }
}
