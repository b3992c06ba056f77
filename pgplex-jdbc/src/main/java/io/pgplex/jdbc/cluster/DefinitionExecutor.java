package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.cluster.Definition.Subject;
import io.pgplex.jdbc.cluster.Definition.Trait;
import io.pgplex.jdbc.cluster.Definition.Verb;
import io.pgplex.jdbc.cluster.Placement.Extent;
import io.pgplex.jdbc.transaction.MetadataChange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.command.QualifiedName;
import io.pgplex.routing.command.StatementClass;
import io.pgplex.routing.command.StatementClass.AlterCluster;
import io.pgplex.routing.command.StatementClass.CreateDistributedTable;
import io.pgplex.routing.command.StatementClass.CreateReplicatedTable;
import io.pgplex.routing.command.StatementClass.DropDistributedTable;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.scan.ScannedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs definitions (DDL) on every shard that they concern. Stateless and thread-safe.
 *
 * <p>The home shard runs a definition first; then its catalogs say what became of the cluster's tables, whatever the
 * definition's syntax was. What would break a promise is refused there; the caller rolls back and nothing is left. Only
 * then the other shards run the same text, in parallel, in the same distributed transaction.
 */
public final class DefinitionExecutor {

    /**
     * Runs a definition, PostgreSQL's or pgplex's own.
     *
     * @param statementClass what the statement was classified as
     * @return its update count: rows of CREATE TABLE AS, else 0
     * @throws SQLException 0A000 with a hint for what would break a promise, or what a server says
     */
    public long execute(StatementClass statementClass, ScannedStatement statement, DefinitionScope scope)
            throws SQLException {
        if (statementClass instanceof CreateDistributedTable create) {
            QualifiedName other = create.colocateWith();
            createSharded(
                    create.table(),
                    create.keyColumn(),
                    other == null ? null : other.quoted(),
                    create.createTable(),
                    scope);
            return 0;
        }
        if (statementClass instanceof CreateReplicatedTable create) {
            createSharded(create.table(), null, null, create.createTable(), scope);
            return 0;
        }
        if (statementClass instanceof DropDistributedTable drop) {
            return dropSharded(drop.dropTable(), scope);
        }
        if (statementClass instanceof AlterCluster) {
            throw Refusals.of(Unsupported.ALTER_CLUSTER, "ALTER CLUSTER");
        }
        return execute(statement, scope);
    }

    private static void createSharded(
            QualifiedName table,
            @Nullable String keyColumn,
            @Nullable String colocateWith,
            ScannedStatement createTable,
            DefinitionScope scope)
            throws SQLException {
        if (LocalTableCreation.queryStart(createTable) > 0) {
            throw Refusals.of(Unsupported.CREATE_TABLE_AS);
        }
        // one text for all shards: nothing in CREATE TABLE names the database
        String text = new ServerText(scope.map(), createTable).on(scope.map().homeShard());
        boolean ifNotExists = createTable.isSequence(2, "IF", "NOT", "EXISTS");
        new ShardedTableCreation(
                        new ShardedTableCreation.Request(table.quoted(), keyColumn, colocateWith, ifNotExists, text),
                        scope)
                .run();
    }

    private long dropSharded(ScannedStatement dropTable, DefinitionScope scope) throws SQLException {
        Definition definition = DefinitionReader.read(dropTable);
        Placement placement = scope.on(
                scope.map().homeShard(),
                connection -> Placement.of(definition, scope.map(), new CatalogInspector(connection)));
        for (ResolvedRelation relation : placement.resolved()) {
            if (scope.map().table(relation.name()) == null) {
                throw Refusals.error(
                        "42809",
                        "\"" + relation.name() + "\" is not a distributed or replicated table",
                        "Use DROP TABLE to remove a local table.");
            }
        }
        return execute(dropTable, scope);
    }

    private long execute(ScannedStatement statement, DefinitionScope scope) throws SQLException {
        Definition definition = DefinitionReader.read(statement);
        ServerText text = new ServerText(scope.map(), statement);
        if (Maintenance.runsOutsideTransaction(definition, scope)) {
            new Maintenance(definition, statement, text, scope).run();
            return 0;
        }
        Shard home = scope.map().homeShard();
        Placement placement =
                scope.on(home, connection -> Placement.of(definition, scope.map(), new CatalogInspector(connection)));
        ShardRuns runs = new ShardRuns(scope, text);
        if (definition.verb() == Verb.LOCK) {
            return lock(placement, text, scope);
        }
        if (definition.verb() == Verb.CREATE) {
            switch (definition.subject()) {
                case TABLE, FOREIGN_TABLE -> {
                    if (definition.relations().isEmpty()) {
                        return new LocalTableCreation(definition, statement, scope).run(runs);
                    }
                }
                case VIEW, MATERIALIZED_VIEW -> {
                    return new ViewCreation(definition, scope).run(runs);
                }
                case SCHEMA -> refuseElements(definition);
                default -> {}
            }
        }
        return change(definition, statement, placement, scope, runs);
    }

    private static void refuseElements(Definition definition) throws SQLException {
        if (definition.has(Trait.ELEMENTS)) {
            throw Refusals.of(Unsupported.SCHEMA_ELEMENTS);
        }
    }

    private static long change(
            Definition definition,
            ScannedStatement statement,
            Placement placement,
            DefinitionScope scope,
            ShardRuns runs)
            throws SQLException {
        Shard home = scope.map().homeShard();
        ClusterMap map = scope.map();
        List<Table> tables = touchedTables(placement, map);
        boolean altersTable = definition.verb() == Verb.ALTER && !tables.isEmpty();
        if (altersTable) {
            scope.on(home, connection -> {
                RowRewrites.checkUsing(statement, tables, new CatalogInspector(connection));
                return 0;
            });
        }
        boolean changesMap = changesMap(definition, placement);
        Set<Long> judged = scope.on(home, connection -> judged(placement, new CatalogInspector(connection)));
        Map<Long, DescribedRelation> before = changesMap
                ? scope.on(home, connection -> describe(definition, placement, map, new CatalogInspector(connection)))
                : Map.of();
        long count = runs.onHome();
        if (changesMap) {
            Map<Long, DescribedRelation> now =
                    scope.on(home, connection -> new CatalogInspector(connection).describe(before.keySet()));
            for (MetadataChange change : MapDifference.between(map, before, now)) {
                scope.change(change);
            }
            if (altersTable) {
                checkNewColumns(tables, before, now, scope);
            }
        }
        if (mayBreakRules(definition)) {
            scope.on(home, connection -> {
                CatalogInspector inspector = new CatalogInspector(connection);
                Map<Long, DescribedRelation> now = inspector.describe(judged);
                new TableRules(scope.map(), inspector).check(now.values());
                if (definition.subject() == Subject.RULE) {
                    refuseRuleActions(now.values(), scope.map(), inspector);
                }
                return 0;
            });
        }
        runs.onOthers(placement.extent());
        return count;
    }

    private static List<Table> touchedTables(Placement placement, ClusterMap map) {
        List<Table> tables = new ArrayList<>();
        for (TableName name : placement.touched()) {
            Table table = map.table(name);
            if (table != null) {
                tables.add(table);
            }
        }
        return tables;
    }

    private static boolean changesMap(Definition definition, Placement placement) {
        boolean removesOrAlters = definition.verb() == Verb.ALTER || definition.verb() == Verb.DROP;
        return removesOrAlters && placement.extent() != Extent.HOME && definition.subject() != Subject.ROLE;
    }

    private static boolean mayBreakRules(Definition definition) {
        return switch (definition.verb()) {
            case ALTER -> true;
            case CREATE -> definition.subject() == Subject.INDEX || definition.subject() == Subject.RULE;
            default -> false;
        };
    }

    /** The tables that a definition names, or whose indexes. */
    private static Set<Long> judged(Placement placement, CatalogInspector inspector) throws SQLException {
        Set<Long> oids = new LinkedHashSet<>();
        Set<TableName> owners = new HashSet<>(placement.touched());
        for (ResolvedRelation relation : placement.resolved()) {
            if (relation.table() != null) {
                owners.add(relation.owner());
            } else if ("rpf".indexOf(relation.kind()) >= 0) {
                oids.add(relation.oid());
            }
        }
        if (!owners.isEmpty()) {
            oids.addAll(inspector.oids(owners).values());
        }
        return oids;
    }

    /**
     * The relations of the map that a definition may change: those that it names and every view, which may show their
     * new names; all of them where it names none or cascades.
     */
    private static Map<Long, DescribedRelation> describe(
            Definition definition, Placement placement, ClusterMap map, CatalogInspector inspector)
            throws SQLException {
        Set<TableName> names = new LinkedHashSet<>(map.views().keySet());
        boolean named =
                switch (definition.subject()) {
                    // a sequence's name is in the defaults of whatever tables use it
                    case TABLE, INDEX, VIEW, STATISTICS ->
                        !definition.has(Trait.CASCADE) && placement.extent() != Extent.EVERY_ABLE_SHARD;
                    default -> false;
                };
        names.addAll(named ? placement.touched() : map.tables().keySet());
        return inspector.describe(inspector.oids(names).values());
    }

    private static void checkNewColumns(
            List<Table> tables,
            Map<Long, DescribedRelation> before,
            Map<Long, DescribedRelation> now,
            DefinitionScope scope)
            throws SQLException {
        for (DescribedRelation old : before.values()) {
            DescribedRelation current = now.get(old.oid());
            for (Table table : tables) {
                if (current != null && table.name().equals(old.name())) {
                    RowRewrites.checkNewColumns(table, old, current, scope);
                }
            }
        }
    }

    private static void refuseRuleActions(
            Collection<DescribedRelation> tables, ClusterMap map, CatalogInspector inspector) throws SQLException {
        for (DescribedRelation table : tables) {
            for (TableName below : inspector.tablesBelow(table.oid())) {
                if (map.table(below) != null) {
                    throw Refusals.of(Unsupported.RULE_ACTION, table.name().toString(), String.valueOf(below));
                }
            }
        }
    }

    /** Locks in the order of shards, so that two sessions that lock the same tables cannot wait for each other. */
    private static long lock(Placement placement, ServerText text, DefinitionScope scope) throws SQLException {
        if (!scope.inApplicationTransaction()) {
            throw Refusals.error("25P01", "LOCK TABLE can only be used in transaction blocks", null);
        }
        List<Shard> shards = scope.map().shards();
        for (Shard shard : placement.extent() == Extent.HOME ? shards.subList(0, 1) : shards) {
            String sql = text.on(shard);
            scope.on(shard, connection -> scope.execute(connection, sql));
        }
        return 0;
    }

    /** Describes one relation that was just made. */
    static DescribedRelation made(CatalogInspector inspector, String name) throws SQLException {
        List<ResolvedRelation> resolved = inspector.resolve(List.of(name));
        if (resolved.isEmpty()) {
            throw Refusals.error("42P01", "relation " + name + " does not exist", null);
        }
        Placement.refusePgplex(resolved.get(0).name());
        long oid = resolved.get(0).oid();
        return Objects.requireNonNull(inspector.describe(List.of(oid)).get(oid), name);
    }
}
