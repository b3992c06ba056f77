package io.pgplex.jdbc.cluster;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution.Replicated;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.analyze.PgplexRelations;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.scan.ScannedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Refuses queries inside a definition that would read one shard's part of a table for the whole. Every name counts,
 * whatever it is in the query: a statement refused for a column that is called like a table does less harm than a wrong
 * answer. Stateless.
 */
final class QuerySources {

    private QuerySources() {}

    /**
     * Checks the query of CREATE TABLE ... AS, which runs on the home shard.
     *
     * @param from the token where the query begins
     * @throws SQLException 0A000 when a name in it is a distributed table or a view over one
     */
    static void check(ScannedStatement statement, int from, ClusterMap map, RoutingScope scope) throws SQLException {
        int i = from;
        while (i < statement.tokenCount()) {
            List<String> parts = new ArrayList<>();
            while (statement.isName(i)) {
                parts.add(statement.identifier(i++));
                if (!statement.isPunctuation(i, '.')) {
                    break;
                }
                i++;
            }
            if (parts.isEmpty()) {
                i++;
            } else if (!statement.isPunctuation(i, '(')) {
                TableName found = distributed(parts, map, scope);
                if (found != null) {
                    throw Refusals.of(Unsupported.TABLE_AS_FROM_SHARDED, String.valueOf(found));
                }
            }
        }
    }

    private static @Nullable TableName distributed(List<String> parts, ClusterMap map, RoutingScope scope) {
        String last = parts.get(parts.size() - 1);
        if (parts.size() > 1) {
            TableName name = new TableName(parts.get(parts.size() - 2), last);
            return isDistributed(map, name) ? name : null;
        }
        if (scope.temporaryRelations().contains(last)) {
            return null;
        }
        for (String schema : scope.searchPath()) {
            TableName name = new TableName(schema, last);
            if (isDistributed(map, name)) {
                return name;
            }
        }
        return null;
    }

    private static boolean isDistributed(ClusterMap map, TableName name) {
        Table table = PgplexRelations.find(map, name);
        return map.views().containsKey(name) || (table != null && !(table.distribution() instanceof Replicated));
    }
}
