package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.cluster.DescribedRelation.DescribedColumn;
import io.pgplex.jdbc.transaction.MetadataChange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.KeyType.HashFamily;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableDistribution.Distributed;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.model.View;
import io.pgplex.routing.plan.Unsupported;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a definition changed in the map: the relations of the map as the home shard's catalogs describe them before and
 * after it, found again by OID and their columns by number, so that renames and CASCADE need no reading of the
 * statement. A pure function.
 */
final class MapDifference {

    private final ClusterMap map;
    private final List<MetadataChange> gone = new ArrayList<>();
    private final List<MetadataChange> changed = new ArrayList<>();

    private MapDifference(ClusterMap map) {
        this.map = map;
    }

    /**
     * The changes, those that remove names first.
     *
     * @param map the map before
     * @param before relations of the map, by OID
     * @param after what the same OIDs are now
     * @throws SQLException 0A000 when a distribution key was dropped or became another type
     */
    static List<MetadataChange> between(
            ClusterMap map, Map<Long, DescribedRelation> before, Map<Long, DescribedRelation> after)
            throws SQLException {
        MapDifference difference = new MapDifference(map);
        for (DescribedRelation old : before.values()) {
            difference.compare(old, after.get(old.oid()));
        }
        List<MetadataChange> changes = new ArrayList<>(difference.gone);
        changes.addAll(difference.changed);
        return changes;
    }

    private void compare(DescribedRelation old, @Nullable DescribedRelation now) throws SQLException {
        Table table = map.table(old.name());
        if (table != null) {
            compare(table, old, now);
            return;
        }
        View view = map.views().get(old.name());
        if (view != null) {
            compare(view, now);
        }
    }

    private void compare(Table table, DescribedRelation old, @Nullable DescribedRelation now) throws SQLException {
        if (now == null) {
            gone.add(new MetadataChange.DropTable(table.name()));
            return;
        }
        List<Column> columns = now.modelColumns();
        Table described =
                new Table(now.name(), distribution(table, old, now), columns, now.primaryKey(), table.state());
        if (!described.equals(table)) {
            forget(table.name(), now.name(), new MetadataChange.DropTable(table.name()));
            changed.add(new MetadataChange.PutTable(described));
        }
    }

    private void compare(View view, @Nullable DescribedRelation now) {
        if (now == null || now.definition() == null) {
            gone.add(new MetadataChange.DropView(view.name()));
            return;
        }
        View described = new View(now.name(), Objects.requireNonNull(now.definition()), now.modelColumns());
        if (!described.equals(view)) {
            forget(view.name(), now.name(), new MetadataChange.DropView(view.name()));
            changed.add(new MetadataChange.PutView(described));
        }
    }

    private void forget(TableName old, TableName now, MetadataChange drop) {
        if (!old.equals(now)) {
            gone.add(drop);
        }
    }

    private static TableDistribution distribution(Table table, DescribedRelation old, DescribedRelation now)
            throws SQLException {
        if (!(table.distribution() instanceof Distributed distributed)) {
            return table.distribution();
        }
        DescribedColumn key = old.column(distributed.keyColumn());
        DescribedColumn keyNow = key == null ? null : now.column(key.number());
        if (keyNow == null) {
            throw Refusals.of(
                    Unsupported.DROP_OF_KEY,
                    distributed.keyColumn(),
                    table.name().toString());
        }
        KeyType type = TableRules.keyType(now, keyNow.column().name());
        if (key != null
                && !keepsValues(
                        key.column().type(),
                        distributed.keyType(),
                        keyNow.column().type(),
                        type)) {
            throw Refusals.of(
                    Unsupported.TYPE_OF_KEY,
                    distributed.keyColumn(),
                    table.name().toString());
        }
        return new Distributed(keyNow.column().name(), type);
    }

    /** Whether every value of the old type is the same value, with the same hash, in the new one. */
    private static boolean keepsValues(String oldType, KeyType old, String newType, KeyType now) {
        if (oldType.equals(newType)) {
            return true;
        }
        if (old.family() == HashFamily.TEXT && now.family() == HashFamily.TEXT) {
            return longest(newType) >= longest(oldType);
        }
        return old.family() == HashFamily.INTEGER && now.family() == HashFamily.INTEGER;
    }

    /** The n of {@code character varying(n)}; without one there is no limit. */
    private static int longest(String type) {
        int open = type.indexOf('(');
        return open < 0 ? Integer.MAX_VALUE : Integer.parseInt(type.substring(open + 1, type.indexOf(')')));
    }
}
