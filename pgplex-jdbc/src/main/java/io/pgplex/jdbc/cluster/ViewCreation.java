package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.cluster.Definition.Subject;
import io.pgplex.jdbc.cluster.Placement.Extent;
import io.pgplex.jdbc.transaction.MetadataChange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.model.View;
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
                throw Refusals.notSupported(
                        "view \"" + name + "\" over distributed tables cannot become one over local tables",
                        "Drop the view first.");
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
            if (map.table(table) == null) {
                local = table;
            } else {
                sharded = table;
            }
        }
        return new Made(view, local, sharded);
    }

    private void refuse(DescribedRelation view, @Nullable TableName local, TableName sharded) throws SQLException {
        if (definition.subject() == Subject.MATERIALIZED_VIEW) {
            throw Refusals.notSupported(
                    "materialized view over distributed or replicated table \"" + sharded + "\" is not supported",
                    "Create a table and fill it with INSERT ... SELECT.");
        }
        if (view.temporary()) {
            throw Refusals.notSupported(
                    "temporary view over distributed or replicated table \"" + sharded + "\" is not supported",
                    "Create a permanent view.");
        }
        if (local != null) {
            throw Refusals.notSupported(
                    "view over local table \"" + local + "\" and distributed or replicated table \"" + sharded
                            + "\" is not supported",
                    "Make the local table a replicated table.");
        }
    }
}
