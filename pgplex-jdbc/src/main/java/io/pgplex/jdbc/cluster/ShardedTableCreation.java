package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.transaction.MetadataChange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableDistribution.Distributed;
import io.pgplex.metadata.model.TableDistribution.Replicated;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.plan.Unsupported;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes a distributed or replicated table: on the home shard, whose catalogs then say whether it can be one, and with
 * the same text on the others. Confined to a thread.
 */
final class ShardedTableCreation {

    /**
     * What is asked for.
     *
     * @param table the table's name as quoted SQL
     * @param keyColumn the distribution key, or null for a replicated table
     * @param colocateWith another table's name as quoted SQL, or null
     * @param createTable the statement as PostgreSQL's CREATE TABLE
     */
    record Request(
            String table,
            @Nullable String keyColumn,
            @Nullable String colocateWith,
            boolean ifNotExists,
            String createTable) {}

    private final Request request;
    private final DefinitionScope scope;

    ShardedTableCreation(Request request, DefinitionScope scope) {
        this.request = request;
        this.scope = scope;
    }

    void run() throws SQLException {
        LocalTableCreation.refusePgplexSchema(request.table());
        Shard home = scope.map().homeShard();
        boolean there =
                request.ifNotExists() && scope.on(home, connection -> isThere(new CatalogInspector(connection)));
        if (there) {
            return;
        }
        DescribedRelation made = scope.on(home, connection -> {
            scope.execute(connection, request.createTable());
            return DefinitionExecutor.made(new CatalogInspector(connection), request.table());
        });
        TableDistribution distribution =
                scope.on(home, connection -> distribution(made, new CatalogInspector(connection)));
        scope.change(new MetadataChange.PutTable(
                new Table(made.name(), distribution, made.modelColumns(), made.primaryKey(), Table.State.ACTIVE)));
        scope.on(home, connection -> {
            new TableRules(scope.map(), new CatalogInspector(connection)).check(List.of(made));
            return 0;
        });
        scope.onEach(ShardRuns.others(scope.map()), connection -> {
            scope.repeat(connection, request.createTable());
            compare(made, DefinitionExecutor.made(new CatalogInspector(connection), request.table()));
            return 0;
        });
    }

    private boolean isThere(CatalogInspector inspector) throws SQLException {
        List<ResolvedRelation> resolved = inspector.resolve(List.of(request.table()));
        if (resolved.isEmpty()) {
            return false;
        }
        TableName name = resolved.get(0).name();
        if (scope.map().table(name) == null) {
            throw Refusals.error(
                    "42P07",
                    "relation \"" + name + "\" already exists and is local",
                    "Choose another name, or drop the local relation first.");
        }
        return true;
    }

    private TableDistribution distribution(DescribedRelation table, CatalogInspector inspector) throws SQLException {
        if (request.keyColumn() == null) {
            return new Replicated();
        }
        KeyType type = TableRules.keyType(table, request.keyColumn());
        if (request.colocateWith() != null) {
            checkColocation(request.colocateWith(), type, inspector);
        }
        return new Distributed(request.keyColumn(), type);
    }

    private void checkColocation(String other, KeyType type, CatalogInspector inspector) throws SQLException {
        List<ResolvedRelation> resolved = inspector.resolve(List.of(other));
        ClusterMap map = scope.map();
        Table table = resolved.isEmpty() ? null : map.table(resolved.get(0).name());
        if (table == null || !(table.distribution() instanceof Distributed distributed)) {
            throw Refusals.error(
                    resolved.isEmpty() ? "42P01" : "42809",
                    "table " + other + " is not a distributed table",
                    "COLOCATE WITH names a distributed table.");
        }
        if (distributed.keyType().family() != type.family()) {
            throw Refusals.of(
                    Unsupported.COLOCATION,
                    type.sqlName(),
                    table.name().toString(),
                    distributed.keyType().sqlName());
        }
    }

    /** Refuses a table that came out differently on another shard, because a schema or a type there is another one. */
    private static void compare(DescribedRelation home, DescribedRelation other) throws SQLException {
        if (!home.name().equals(other.name())) {
            throw Refusals.error(
                    "3F000",
                    "schema \"" + home.name().schema() + "\" is not on every shard",
                    "Run CREATE SCHEMA IF NOT EXISTS for it, which reaches every shard.");
        }
        boolean same = home.columns().size() == other.columns().size();
        for (int i = 0; same && i < home.columns().size(); i++) {
            same = same(home.columns().get(i).column(), other.columns().get(i).column());
        }
        if (!same) {
            throw Refusals.error(
                    "55000",
                    "table \"" + home.name() + "\" came out with other columns on another shard",
                    "Types, domains and LIKE tables must be the same on every shard.");
        }
    }

    private static boolean same(Column home, Column other) {
        return home.name().equals(other.name())
                && home.type().equals(other.type())
                && home.notNull() == other.notNull()
                && Objects.equals(home.collation(), other.collation())
                && home.defaultKind() == other.defaultKind()
                && (home.defaultKind() != DefaultKind.CONSTANT
                        || Objects.equals(home.defaultExpression(), other.defaultExpression()));
    }
}
