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
            throw Refusals.notSupported(
                    "temporary table \"" + table.name().name() + "\" cannot be distributed or replicated",
                    "Use a plain CREATE TEMPORARY TABLE, or a permanent table.");
        }
        if (table.kind() == 'p') {
            throw Refusals.notSupported(
                    "partitioned table \"" + table.name() + "\" cannot be distributed or replicated",
                    "Create it without PARTITION BY: its rows are spread over the shards already.");
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
            throw Refusals.notSupported(
                    "type " + column.column().type() + " of column \"" + keyColumn + "\" cannot be a distribution key",
                    "A distribution key's type is one of " + KeyTypes.LIST + ".");
        }
        if (!column.deterministic()) {
            throw Refusals.notSupported(
                    "the nondeterministic collation of column \"" + keyColumn + "\" cannot be a distribution key's",
                    "Use a deterministic collation: equal keys must have equal bytes.");
        }
        return type;
    }

    private void checkInheritance(Set<Long> tables) throws SQLException {
        for (Inheritance inheritance : inspector.inheritance(tables)) {
            for (TableName name : List.of(inheritance.child(), inheritance.parent())) {
                if (map.table(name) != null) {
                    throw Refusals.notSupported(
                            "inheritance and partitions of \"" + name + "\" are not supported",
                            "A distributed or replicated table stands alone.");
                }
            }
        }
    }

    private void checkRules(Set<Long> tables) throws SQLException {
        String rule = inspector.rule(tables);
        if (rule != null) {
            throw Refusals.notSupported(
                    "rule \"" + rule + "\" on a distributed or replicated table is not supported", "Use a trigger.");
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
            throw Refusals.notSupported(
                    what + " \"" + index.name() + "\" of distributed table \"" + table.name()
                            + "\" lacks the distribution key \"" + distributed.keyColumn() + "\"",
                    "Add column \"" + distributed.keyColumn()
                            + "\" to it: a shard can check it only among its own rows.");
        }
        if (!index.deterministic().get(place)) {
            throw Refusals.notSupported(
                    what + " \"" + index.name() + "\" has the distribution key under a nondeterministic collation",
                    "Keys that it takes for equal would lie on different shards.");
        }
    }

    private void checkForeignKey(ForeignKey key) throws SQLException {
        TableDistribution from = distribution(key.tableName());
        TableDistribution to = distribution(key.referencedName());
        if (to instanceof Replicated || (from == null && to == null)) {
            return;
        }
        String what = "foreign key \"" + key.name() + "\" from " + kind(from) + " table \"" + key.tableName() + "\" to "
                + kind(to) + " table \"" + key.referencedName() + "\"";
        if (to == null) {
            throw Refusals.notSupported(what + " is not supported", "Make the referenced table a replicated table.");
        }
        if (!(from instanceof Distributed child) || !(to instanceof Distributed parent)) {
            throw Refusals.notSupported(
                    what + " is not supported",
                    "Make the referenced table a replicated table, or distribute both by the referenced key.");
        }
        checkColocated(key, child, parent, what);
    }

    private void checkColocated(ForeignKey key, Distributed child, Distributed parent, String what)
            throws SQLException {
        DescribedColumn childKey = described(key.table()).column(child.keyColumn());
        DescribedColumn parentKey = described(key.referenced()).column(parent.keyColumn());
        int place = childKey == null ? -1 : key.columns().indexOf(childKey.number());
        boolean paired = place >= 0
                && parentKey != null
                && key.referencedColumns().get(place) == parentKey.number()
                && child.keyType().family() == parent.keyType().family();
        if (childKey == null || !paired) {
            throw Refusals.notSupported(
                    what + " does not pair their distribution keys",
                    "Reference (\"" + parent.keyColumn() + "\", ...) from (\"" + child.keyColumn()
                            + "\", ...), with keys of one type: then both rows are on one shard.");
        }
        boolean deleteSetsKey = "nd".indexOf(key.onDelete()) >= 0
                && (key.setColumns().isEmpty() || key.setColumns().contains(childKey.number()));
        if (deleteSetsKey || "nd".indexOf(key.onUpdate()) >= 0) {
            throw Refusals.notSupported(
                    what + " would change the distribution key",
                    "Use NO ACTION, RESTRICT or CASCADE, or name other columns after SET NULL.");
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
