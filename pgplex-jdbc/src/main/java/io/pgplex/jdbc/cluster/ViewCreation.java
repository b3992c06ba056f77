package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.cluster.Definition.Subject;
import io.pgplex.jdbc.cluster.Placement.Extent;
import io.pgplex.jdbc.transaction.MetadataChange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.model.View;
import io.pgplex.routing.plan.Unsupported;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes a view: on every shard where a distributed or replicated table lies below it, else on the home shard. What lies
 * below it, the home shard's catalogs say once it is there. Confined to a thread.
 */
final class ViewCreation {

    /** A view on the home shard, and one table of each kind below it, null where there is none. */
    private record Made(
            DescribedRelation view,
            @Nullable TableName local,
            @Nullable TableName sharded) {}

    private final Definition definition;
    private final DefinitionScope scope;

    ViewCreation(Definition definition, DefinitionScope scope) {
        this.definition = definition;
        this.scope = scope;
    }

    long run(ShardRuns runs) throws SQLException {
        LocalTableCreation.refusePgplexSchema(definition.object());
        long count = runs.onHome();
        Shard home = scope.map().homeShard();
        Made made = scope.on(home, connection -> inspect(new CatalogInspector(connection)));
        TableName name = made.view().name();
        boolean temporary = made.view().temporary();
        if (temporary) {
            scope.temporaryRelation(name.name());
        }
        if (made.sharded() == null) {
            if (!temporary && scope.map().views().containsKey(name)) {
                throw Refusals.of(Unsupported.VIEW_BECOMES_LOCAL, String.valueOf(name));
            }
            return count;
        }
        refuse(made.view(), made.local(), made.sharded());
        runs.onOthers(Extent.EVERY_SHARD);
        String query = made.view().definition();
        if (query != null) {
            scope.change(
                    new MetadataChange.PutView(new View(name, query, made.view().modelColumns())));
        }
        return count;
    }

    private Made inspect(CatalogInspector inspector) throws SQLException {
        DescribedRelation view = DefinitionExecutor.made(inspector, definition.object());
        ClusterMap map = scope.map();
        TableName local = null;
        TableName sharded = null;
        List<TableName> below = inspector.tablesBelow(view.oid());
        for (TableName table : below) {
            // what stands in schema pgplex, every shard has rows of its own of
            if (map.table(table) == null && !table.schema().equals("pgplex")) {
                local = table;
            } else {
                sharded = table;
            }
        }
        return new Made(view, local, sharded);
    }

    private void refuse(DescribedRelation view, @Nullable TableName local, TableName sharded) throws SQLException {
        if (definition.subject() == Subject.MATERIALIZED_VIEW) {
            throw Refusals.of(Unsupported.MATERIALIZED_VIEW, String.valueOf(sharded));
        }
        if (view.temporary()) {
            throw Refusals.of(Unsupported.TEMPORARY_VIEW, String.valueOf(sharded));
        }
        if (local != null) {
            throw Refusals.of(Unsupported.VIEW_OVER_LOCAL, String.valueOf(local), String.valueOf(sharded));
        }
    }
}
