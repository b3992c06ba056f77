package io.pgplex.routing;

import java.util.List;
import java.util.Set;

/**
 * How a session resolves names. Immutable; part of the plan cache's key.
 *
 * @param searchPath the schemas of search_path in order, {@code $user} already replaced
 * @param temporaryRelations names of the session's temporary tables and views, which come before every schema
 */
public record RoutingScope(List<String> searchPath, Set<String> temporaryRelations) {

    public RoutingScope {
        searchPath = List.copyOf(searchPath);
        temporaryRelations = Set.copyOf(temporaryRelations);
    }
}
