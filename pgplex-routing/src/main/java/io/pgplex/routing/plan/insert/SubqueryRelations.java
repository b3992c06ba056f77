package io.pgplex.routing.plan.insert;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.analyze.PgplexRelations;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which relations the subqueries of an expression read, told by tokens. A name that is not known to be a replicated table
 * counts as a table of one shard, so the answer errs on the side of refusing.
 */
final class SubqueryRelations {

    private final ClusterMap map;
    private final RoutingScope scope;
    private final Set<String> commonTables;

    /** A relation of a subquery, with its table where the map has it. */
    record Found(String name, int token, @Nullable Table table) {
        boolean isDistributed() {
            return table != null && table.distribution() instanceof TableDistribution.Distributed;
        }
    }

    /** What the innermost parentheses hold, and whether the reader is in a FROM clause there. */
    private record Level(boolean query, boolean inFrom) {}

    SubqueryRelations(ClusterMap map, RoutingScope scope, ValuesInsert insert) {
        this.map = map;
        this.scope = scope;
        this.commonTables = commonTables(insert);
    }

    /** The names of WITH before INSERT. */
    private static Set<String> commonTables(ValuesInsert insert) {
        ScannedStatement s = insert.statement();
        Set<String> names = new HashSet<>();
        boolean expected = true;
        for (int i = 1; i < insert.insert(); i++) {
            if (s.isPunctuation(i, '(') && s.matching(i) > i) {
                i = s.matching(i);
            } else if (s.isPunctuation(i, ',')) {
                expected = true;
            } else if (expected && !s.is(i, "RECURSIVE") && s.isName(i)) {
                names.add(s.identifier(i));
                expected = false;
            }
        }
        return names;
    }

    /** The first distributed table in the expression, or else the first one that is not replicated; null for neither. */
    @Nullable
    Found firstNotReplicated(Expression expression) {
        ScannedStatement s = expression.statement();
        Found local = null;
        Deque<Level> outer = new ArrayDeque<>();
        Level level = new Level(false, false);
        for (int i = expression.begin(); i < expression.end(); i++) {
            if (s.isPunctuation(i, '(')) {
                outer.push(level);
                boolean query = s.is(i + 1, "SELECT", "WITH", "VALUES");
                // a parenthesis in FROM holds a join or a query, a double one either
                boolean join = level.inFrom() && expectsRelation(s, i) && !query;
                level = new Level(query || s.isPunctuation(i + 1, '('), join);
            } else if (s.isPunctuation(i, ')') && !outer.isEmpty()) {
                level = outer.pop();
            } else if (level.query() && s.is(i, "FROM") && !s.is(i - 1, "DISTINCT")) {
                level = new Level(true, true);
            } else if (endsFrom(s, i)) {
                level = new Level(level.query(), false);
            }
            boolean inFrom = level.inFrom();
            if (s.isName(i) && isRelation(s, i, inFrom)) {
                Found found = resolve(s, i);
                if (found.isDistributed()) {
                    return found;
                }
                if (found.table() == null && local == null && !commonTables.contains(found.name())) {
                    local = found;
                }
            }
        }
        return local;
    }

    private static boolean endsFrom(ScannedStatement s, int i) {
        return s.is(
                i,
                "WHERE",
                "GROUP",
                "HAVING",
                "WINDOW",
                "ORDER",
                "LIMIT",
                "OFFSET",
                "FETCH",
                "FOR",
                "UNION",
                "INTERSECT",
                "EXCEPT",
                "SELECT");
    }

    private static boolean expectsRelation(ScannedStatement s, int i) {
        return s.is(i - 1, "FROM", "JOIN", "LATERAL", "ONLY")
                || s.isPunctuation(i - 1, ',')
                || s.isPunctuation(i - 1, '(');
    }

    private static boolean isRelation(ScannedStatement s, int i, boolean inFrom) {
        if (s.is(i, "SELECT", "WITH", "VALUES", "LATERAL", "ONLY")) {
            return false;
        }
        boolean named = s.is(i - 1, "JOIN")
                || (s.is(i - 1, "TABLE") && s.isPunctuation(i - 2, '('))
                || (inFrom && expectsRelation(s, i));
        return named && !isCalled(s, i);
    }

    /** A function in FROM: its name, schema or not, then a parenthesis. */
    private static boolean isCalled(ScannedStatement s, int i) {
        int last = i;
        while (s.isPunctuation(last + 1, '.') && s.isName(last + 2)) {
            last += 2;
        }
        return s.isPunctuation(last + 1, '(');
    }

    private Found resolve(ScannedStatement s, int i) {
        String first = s.identifier(i);
        if (s.isPunctuation(i + 1, '.') && s.isName(i + 2)) {
            String name = s.identifier(i + 2);
            return new Found(name, i, PgplexRelations.find(map, new TableName(first, name)));
        }
        if (!scope.temporaryRelations().contains(first)) {
            for (String schema : scope.searchPath()) {
                Table table = PgplexRelations.find(map, new TableName(schema, first));
                if (table != null) {
                    return new Found(first, i, table);
                }
            }
        }
        return new Found(first, i, null);
    }
}
