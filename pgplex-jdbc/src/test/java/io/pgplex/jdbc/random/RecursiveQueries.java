package io.pgplex.jdbc.random;

import io.pgplex.jdbc.random.Scope.Column;
import io.pgplex.jdbc.random.Scope.Relation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Recursive queries, which end because they count their steps. Confined to the making of one statement. */
final class RecursiveQueries {

    private final Dice dice;
    private final Queries queries;

    RecursiveQueries(Dice dice, Queries queries) {
        this.dice = dice;
        this.queries = queries;
    }

    /** The text between the parentheses of WITH RECURSIVE; the first column counts. */
    Queries.Query query(String name) {
        List<SqlType> types = queries.plainTypes();
        List<Column> columns = new ArrayList<>(List.of(new Column("c0", SqlType.INT, Collation.DEFAULT)));
        for (SqlType type : types) {
            columns.add(new Column("c" + columns.size(), type, type.collatable() ? Collation.C : Collation.DEFAULT));
        }
        Scope first = new Scope(null);
        Node from = queries.froms().from(first, null, 1);
        Node start = Node.phrase("", "SELECT 1$ FROM $$", items(types, first), from, queries.condition(first));
        Scope next = new Scope(null);
        Node step = queries.froms().from(next, null, 1);
        Relation table = next.relations().get(0);
        String alias = queries.froms().newAlias();
        Relation itself = new Relation(alias, columns, List.of(), 20, false);
        @Nullable Node equality = queries.froms().equality(List.of(itself.without("c0")), List.of(table));
        next.add(List.of(itself), 200);
        Node again = Node.phrase(
                "",
                "SELECT " + alias + ".c0 + 1$ FROM " + name + " AS " + alias + ", $ WHERE " + alias + ".c0 < "
                        + dice.between(2, 3) + " AND $",
                items(types, next),
                step,
                equality == null ? Node.text("false") : equality);
        Node.Phrase both = Node.phrase(Node.QUERY, "$ " + dice.one("UNION", "UNION", "UNION ALL") + " $", start, again);
        return new Queries.Query(both, columns, 100);
    }

    private Node items(List<SqlType> types, Scope scope) {
        List<Node> items = new ArrayList<>();
        for (SqlType type : types) {
            Expr value = queries.uniform(queries.expressions().atom(type, scope).canonical());
            items.add(Node.phrase("", "$", value.node()));
        }
        return new Node.Items(", ", items, ", ", items.size());
    }
}
