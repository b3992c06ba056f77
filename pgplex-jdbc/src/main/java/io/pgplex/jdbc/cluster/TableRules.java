package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.cluster.CatalogInspector.ForeignKey;
import io.pgplex.jdbc.cluster.CatalogInspector.Inheritance;
import io.pgplex.jdbc.cluster.CatalogInspector.UniqueIndex;
import io.pgplex.jdbc.cluster.DescribedRelation.DescribedColumn;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableDistribution.Distributed;
import io.pgplex.metadata.model.TableDistribution.Replicated;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.plan.Unsupported;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a table must be so that its shards keep one PostgreSQL's promises: a shard can check a constraint only among its
 * own rows. Read from the home shard's catalogs after a definition ran there, so that it does not matter how the
 * definition was written. Confined to a thread.
 */
final class TableRules {

    private final ClusterMap map;
    private final CatalogInspector inspector;
    private final Map<Long, DescribedRelation> described = new HashMap<>();

    /**
     * Rules over a map that the definition's own changes are part of already.
     *
     * @param inspector the home shard's catalogs
     */
    TableRules(ClusterMap map, CatalogInspector inspector) {
        this.map = map;
        this.inspector = inspector;
    }

    /**
     * Checks tables, distributed, replicated or local.
     *
     * @throws SQLException 0A000 with a hint for the first rule that does not hold
     */
    void check(Collection<DescribedRelation> tables) throws SQLException {
        for (DescribedRelation table : tables) {
            described.put(table.oid(), table);
        }
        Set<Long> oids = new LinkedHashSet<>();
        Set<Long> sharded = new LinkedHashSet<>();
        for (DescribedRelation table : tables) {
            oids.add(table.oid());
            if (map.table(table.name()) != null) {
                sharded.add(table.oid());
                checkKind(table);
            }
        }
        if (oids.isEmpty()) {
            return;
        }
        checkInheritance(oids);
        if (!sharded.isEmpty()) {
            checkRules(sharded);
            for (UniqueIndex index : inspector.uniqueIndexes(sharded)) {
                checkUnique(index);
            }
        }
        for (ForeignKey key : inspector.foreignKeys(oids)) {
            checkForeignKey(key);
        }
    }

    private static void checkKind(DescribedRelation table) throws SQLException {
        if (table.temporary()) {
            throw Refusals.of(Unsupported.TEMPORARY_TABLE, table.name().name());
        }
        if (table.kind() == 'p') {
            throw Refusals.of(Unsupported.PARTITIONED_TABLE, table.name().toString());
        }
    }

    /**
     * The type of a distribution key.
     *
     * @throws SQLException 42703 when there is no such column, 0A000 when its hash cannot be reproduced exactly
     */
    static KeyType keyType(DescribedRelation table, String keyColumn) throws SQLException {
        DescribedColumn column = table.column(keyColumn);
        if (column == null) {
            throw Refusals.error(
                    "42703", "column \"" + keyColumn + "\" of table \"" + table.name() + "\" does not exist", null);
        }
        KeyType type = column.keyType();
        if (type == null) {
            throw Refusals.of(Unsupported.KEY_TYPE, column.column().type(), keyColumn);
        }
        if (!column.deterministic()) {
            throw Refusals.of(Unsupported.KEY_COLLATION, keyColumn);
        }
        return type;
    }

    private void checkInheritance(Set<Long> tables) throws SQLException {
        for (Inheritance inheritance : inspector.inheritance(tables)) {
            for (TableName name : List.of(inheritance.child(), inheritance.parent())) {
                if (map.table(name) != null) {
                    throw Refusals.of(Unsupported.INHERITANCE, name.toString());
                }
            }
        }
    }

    private void checkRules(Set<Long> tables) throws SQLException {
        String rule = inspector.rule(tables);
        if (rule != null) {
            throw Refusals.of(Unsupported.RULE, rule);
        }
    }

    private void checkUnique(UniqueIndex index) throws SQLException {
        DescribedRelation table = described(index.table());
        if (!(distribution(table.name()) instanceof Distributed distributed)) {
            return;
        }
        DescribedColumn key = table.column(distributed.keyColumn());
        int place = key == null ? -1 : index.columns().indexOf(key.number());
        String what =
                switch (index.kind()) {
                    case 'p' -> "primary key";
                    case 'u' -> "unique constraint";
                    case 'x' -> "exclusion constraint";
                    default -> "unique index";
                };
        if (place < 0 || (index.kind() == 'x' && !index.operators().get(place).equals("="))) {
            throw Refusals.of(
                    Unsupported.UNIQUE_WITHOUT_KEY,
                    what,
                    index.name(),
                    table.name().toString(),
                    distributed.keyColumn());
        }
        if (!index.deterministic().get(place)) {
            throw Refusals.of(Unsupported.UNIQUE_KEY_COLLATION, what, index.name());
        }
    }

    private void checkForeignKey(ForeignKey key) throws SQLException {
        TableDistribution from = distribution(key.tableName());
        TableDistribution to = distribution(key.referencedName());
        if (to instanceof Replicated || (from == null && to == null)) {
            return;
        }
        if (!(from instanceof Distributed child) || !(to instanceof Distributed parent)) {
            throw refused(Unsupported.FOREIGN_KEY, key, from, to);
        }
        checkColocated(key, child, parent);
    }

    private static SQLException refused(
            Unsupported refusal, ForeignKey key, @Nullable TableDistribution from, @Nullable TableDistribution to) {
        return Refusals.of(
                refusal,
                key.name(),
                kind(from),
                key.tableName().toString(),
                kind(to),
                key.referencedName().toString());
    }

    private void checkColocated(ForeignKey key, Distributed child, Distributed parent) throws SQLException {
        DescribedColumn childKey = described(key.table()).column(child.keyColumn());
        DescribedColumn parentKey = described(key.referenced()).column(parent.keyColumn());
        int place = childKey == null ? -1 : key.columns().indexOf(childKey.number());
        boolean paired = place >= 0
                && parentKey != null
                && key.referencedColumns().get(place) == parentKey.number()
                && child.keyType().family() == parent.keyType().family();
        if (childKey == null || !paired) {
            throw refused(Unsupported.FOREIGN_KEY_NOT_COLOCATED, key, child, parent);
        }
        boolean deleteSetsKey = "nd".indexOf(key.onDelete()) >= 0
                && (key.setColumns().isEmpty() || key.setColumns().contains(childKey.number()));
        if (deleteSetsKey || "nd".indexOf(key.onUpdate()) >= 0) {
            throw refused(Unsupported.FOREIGN_KEY_SETS_KEY, key, child, parent);
        }
    }

    private static String kind(@Nullable TableDistribution distribution) {
        if (distribution == null) {
            return "local";
        }
        return distribution instanceof Distributed ? "distributed" : "replicated";
    }

    private @Nullable TableDistribution distribution(TableName name) {
        Table table = map.table(name);
        return table == null ? null : table.distribution();
    }

    private DescribedRelation described(long oid) throws SQLException {
        DescribedRelation known = described.get(oid);
        if (known == null) {
            known = inspector.describe(List.of(oid)).get(oid);
            if (known == null) {
                throw Refusals.error("XX000", "a table is gone from the catalogs that was there before", null);
            }
            described.put(oid, known);
        }
        return known;
    }
}
