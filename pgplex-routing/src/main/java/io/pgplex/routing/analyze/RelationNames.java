package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** From a relation's name in the text to the cluster map, as the session's search_path has it. Immutable. */
public final class RelationNames {

    private static final Set<String> CATALOG = Set.of("pg_cluster", "pg_distributed_tables");

    private final ClusterMap map;
    private final RoutingScope scope;

    public RelationNames(ClusterMap map, RoutingScope scope) {
        this.map = map;
        this.scope = scope;
    }

    /** The table's or view's full name in the map, or null when the relation is local. */
    public @Nullable TableName find(List<String> names) {
        int size = names.size();
        String name = names.get(size - 1);
        if (size > 1) {
            return known(new TableName(names.get(size - 2), name));
        }
        if (scope.temporaryRelations().contains(name)) {
            return null;
        }
        for (String schema : scope.searchPath()) {
            TableName known = known(new TableName(schema, name));
            if (known != null) {
                return known;
            }
        }
        return null;
    }

    /** Whether the name is one of the relations that pgplex puts into the text itself. */
    boolean isCatalog(List<String> names) {
        return names.size() == 1
                && CATALOG.contains(names.get(0))
                && !scope.temporaryRelations().contains(names.get(0))
                && find(names) == null;
    }

    /** The names, without schemas, of all distributed and replicated tables and of all views over them. */
    public Set<String> sharedAnywhere() {
        Set<String> shared = new HashSet<>();
        map.tables().keySet().forEach(table -> shared.add(table.name()));
        map.views().keySet().forEach(view -> shared.add(view.name()));
        return shared;
    }

    /** Whether a word of the text can mean a relation of several shards: one of {@link #sharedAnywhere}, or pgplex's own. */
    public static boolean isShared(ScannedStatement text, int token, Set<String> sharedAnywhere) {
        return text.isName(token)
                && (sharedAnywhere.contains(text.identifier(token)) || PgplexRelations.isNamed(text, token));
    }

    private @Nullable TableName known(TableName name) {
        return PgplexRelations.find(map, name) != null || map.views().containsKey(name) ? name : null;
    }
}
