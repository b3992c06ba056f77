package io.pgplex.routing.plan.move;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.analyze.RelationNames;
import io.pgplex.routing.analyze.Selectors;
import io.pgplex.routing.function.Functions;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Movement;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.StatementKind;
import io.pgplex.routing.scan.Identifiers;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A query in syntax that the parser does not know, gathered: every table that a word in it can mean travels whole, and
 * stands before the text as a common table expression of its own name, which comes before the table of that name. The
 * text itself stays as it is.
 *
 * <pre>
 * SELECT * FROM (TABLE t) x
 * WITH t AS (TABLE pg_temp.t) SELECT * FROM (TABLE t) x
 * </pre>
 *
 * Before anything travels the text runs over empty tables: what is no SQL at all is refused by a server then.
 *
 * <p>Only for text that writes and locks nothing, and calls nothing but functions that are known. Stateless.
 */
public final class UnknownText {

    /** Words that stand before a parenthesis without being functions. */
    private static final Set<String> NO_FUNCTIONS = Set.of(
            "as",
            "in",
            "any",
            "all",
            "some",
            "exists",
            "and",
            "or",
            "not",
            "select",
            "from",
            "where",
            "having",
            "by",
            "on",
            "using",
            "over",
            "filter",
            "group",
            "values",
            "union",
            "intersect",
            "except",
            "lateral",
            "only",
            "array",
            "row",
            "rollup",
            "cube",
            "sets",
            "distinct",
            "when",
            "then",
            "else",
            "between",
            "like",
            "limit",
            "offset",
            "materialized",
            "with",
            "table",
            "join",
            "numeric",
            "decimal",
            "varchar",
            "char",
            "character",
            "varying",
            "timestamp",
            "time",
            "interval",
            "bit",
            "precision",
            "is",
            "case");

    private UnknownText() {}

    /** The plan of a query; null when it is not safe to gather. */
    public static Plan.@Nullable Sharded plan(ScannedStatement text, ClusterMap map, RoutingScope scope) {
        if (!isSafe(text)) {
            return null;
        }
        Map<String, TableName> named = named(text, map, scope);
        if (named == null) {
            return null;
        }
        Planning planning = Planning.of(map, scope);
        List<Intermediate> intermediates = new ArrayList<>();
        StringBuilder definitions = new StringBuilder();
        StringBuilder empty = new StringBuilder();
        for (Map.Entry<String, TableName> entry : named.entrySet()) {
            TableName name = entry.getValue();
            List<Column> columns = columns(name, map);
            String list = String.join(
                    ", ",
                    columns.stream().map(each -> Identifiers.quote(each.name())).toList());
            String source = "SELECT " + list + " FROM " + Identifiers.quote(name.schema()) + "."
                    + Identifiers.quote(name.name());
            Plan.@Nullable Sharded plan = planning.plan(Planning.scan(new Fragment(source, new int[0])));
            if (plan == null) {
                return null;
            }
            intermediates.add(new Intermediate(
                    entry.getKey(),
                    columns.stream()
                            .map(each -> new Intermediate.Column(each.name(), null, each.collation()))
                            .toList(),
                    plan,
                    new int[0],
                    new Intermediate.Reach.OneShard(),
                    null,
                    -1,
                    -1));
            String separator = definitions.length() == 0 ? "" : ", ";
            definitions.append(separator).append(Intermediate.definition(entry.getKey()));
            empty.append(separator)
                    .append(Identifiers.quote(entry.getKey()))
                    .append(" AS (")
                    .append(source)
                    .append(" WHERE false)");
        }
        Fragment check = with(text, empty.toString());
        intermediates.add(
                0,
                new Intermediate(
                        new Names(text).next(),
                        List.of(),
                        onHome(check),
                        check.parameters(),
                        new Intermediate.Reach.OneShard(),
                        null,
                        -1,
                        -1));
        Fragment fragment = with(text, definitions.toString());
        Movement movement = new Movement(List.of(), intermediates, onHome(fragment), fragment.parameters(), false);
        return onHome(Fragment.original(text.text(), text.parameterCount())).moving(Selectors.ALL, movement);
    }

    private static Plan.Sharded onHome(Fragment fragment) {
        return new Plan.Sharded(StatementKind.SELECT, Effect.READ, true, fragment, Selectors.HOME, null, null, null);
    }

    private static List<Column> columns(TableName name, ClusterMap map) {
        Table table = map.table(name);
        return table == null ? Objects.requireNonNull(map.views().get(name)).columns() : table.columns();
    }

    private static Fragment with(ScannedStatement text, String definitions) {
        int[] own = Fragment.original(text.text(), text.parameterCount()).parameters();
        String sql = text.text();
        if (!text.is(0, "WITH")) {
            return new Fragment("WITH " + definitions + " " + sql, own);
        }
        int at = text.end(text.is(1, "RECURSIVE") ? 1 : 0);
        return new Fragment(sql.substring(0, at) + " " + definitions + "," + sql.substring(at), own);
    }

    /** The tables that words of the text can mean; null when one is named in a way that a WITH does not come before. */
    private static @Nullable Map<String, TableName> named(ScannedStatement text, ClusterMap map, RoutingScope scope) {
        RelationNames names = new RelationNames(map, scope);
        Set<String> shared = names.sharedAnywhere();
        Map<String, TableName> found = new LinkedHashMap<>();
        for (int i = 0; i < text.tokenCount(); i++) {
            if (!RelationNames.isShared(text, i, shared)) {
                continue;
            }
            boolean qualified = i > 0 && text.isPunctuation(i - 1, '.');
            TableName table = names.find(List.of(text.identifier(i)));
            if (qualified || table == null) {
                return null;
            }
            found.put(text.identifier(i), table);
        }
        return found.isEmpty() ? null : found;
    }

    private static boolean isSafe(ScannedStatement text) {
        for (int i = 0; i < text.tokenCount(); i++) {
            boolean word = !text.hasKind(i, TokenKind.QUOTED_IDENTIFIER);
            if (word && text.is(i, "INSERT", "UPDATE", "DELETE", "MERGE", "INTO", "FOR")) {
                // FOR stands in substring(... FOR ...) too, which is not worth telling apart here
                return false;
            }
            boolean call = text.isName(i) && text.isPunctuation(i + 1, '(');
            if (call && !isKnown(text.identifier(i), i > 0 && text.isPunctuation(i - 1, '.'))) {
                return false;
            }
        }
        return true;
    }

    /** Whether what stands before a parenthesis is a function without effects, or no function. */
    private static boolean isKnown(String name, boolean qualified) {
        if (qualified) {
            return false;
        }
        return Functions.isHarmless(name)
                || Functions.isAggregate(name)
                || Functions.isWindowFunction(name)
                || (!Functions.isBuiltIn(name) && NO_FUNCTIONS.contains(name));
    }
}
