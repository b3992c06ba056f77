package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.routing.analyze.ResolvedQuery.Output;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Modification;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Which shards a statement's new keys belong to, beside those where it finds rows. Immutable. */
public final class ModificationSelectors {

    private final KeyConstants constants;
    private final ShardAnalysis shards;

    public ModificationSelectors(KeyConstants constants, ShardAnalysis shards) {
        this.constants = constants;
        this.shards = shards;
    }

    /** The shards that must take part for the target's sake. */
    public ShardSelector of(ResolvedModification modification) {
        Table table = modification.target().table();
        if (table == null) {
            return modification.target().kind() == RelationUse.Kind.LOCAL ? Selectors.HOME : Selectors.ALL;
        }
        if (!(table.distribution() instanceof TableDistribution.Distributed distributed)) {
            return Selectors.ALL;
        }
        String key = distributed.keyColumn();
        List<ShardSelector> parts = new ArrayList<>();
        if (modification.syntax().verb() == Modification.Verb.INSERT) {
            parts.add(inserted(modification, table, distributed));
        }
        if (modification.syntax().verb() == Modification.Verb.MERGE && mayInsertDefaultKey(modification, table, key)) {
            return Selectors.ALL;
        }
        for (Modification.Assignment assignment : modification.syntax().assignments()) {
            String column = assignment.columns().get(0);
            boolean sets = assignment.columns().contains(key)
                    || (column.startsWith("#") && column.equals("#" + place(table, key)));
            if (sets) {
                parts.add(assigned(modification.block(), assignment, distributed.keyType(), table));
            }
        }
        return Selectors.or(parts);
    }

    /** Whether an INSERT of a MERGE leaves the key to its default. */
    private static boolean mayInsertDefaultKey(ResolvedModification merge, Table table, String key) {
        ScannedStatement text = merge.block().text();
        String place = "#" + place(table, key);
        for (int i = merge.syntax().from(); i < merge.syntax().to(); i++) {
            if (!text.isSequence(i, "THEN", "INSERT")) {
                continue;
            }
            boolean named = text.isPunctuation(i + 2, '(');
            boolean given = false;
            for (int column = i + 3; named && column < text.matching(i + 2); column++) {
                given |= text.isName(column) && text.identifier(column).equals(key);
            }
            if (!named) {
                given = merge.syntax().assignments().stream()
                        .anyMatch(assignment -> assignment.columns().contains(place));
            }
            if (!given) {
                return true;
            }
        }
        return false;
    }

    private static int place(Table table, String key) {
        for (int i = 0; i < table.columns().size(); i++) {
            if (table.columns().get(i).name().equals(key)) {
                return i;
            }
        }
        return -1;
    }

    /** The shard of a key that SET gives. */
    ShardSelector assigned(Block block, Modification.Assignment assignment, KeyType type, Table table) {
        Expr value = assignment.value();
        if (value == null || assignment.columns().size() != 1 || !assignment.plain()) {
            return Selectors.ALL;
        }
        Attribute attribute = block.attribute(value);
        if (attribute != null) {
            return ofAttribute(attribute, type, keyColumnType(table));
        }
        return constants.assigned(value, type, keyColumnType(table));
    }

    /** A column's values are stored as they are when the key's column has no modifier that might change them. */
    private ShardSelector ofAttribute(Attribute attribute, KeyType type, String columnType) {
        Column origin = attribute.origin();
        if (!KeyFamilies.hashesLike(origin, type.family())) {
            return shards.assigned(attribute, type, columnType);
        }
        boolean same = origin != null && (columnType.indexOf('(') < 0 || columnType.equals(origin.type()));
        return same ? shards.valuesOf(attribute, type) : Selectors.ALL;
    }

    private static String keyColumnType(Table table) {
        String key = ((TableDistribution.Distributed) table.distribution()).keyColumn();
        return Objects.requireNonNull(table.column(key)).type();
    }

    private ShardSelector inserted(
            ResolvedModification modification, Table table, TableDistribution.Distributed distributed) {
        ResolvedQuery source = modification.source();
        int position = keyPosition(modification.syntax(), table, distributed.keyColumn());
        if (source == null || position < 0) {
            return Selectors.ALL;
        }
        KeyType type = distributed.keyType();
        Query.Body body = source.syntax().body();
        if (body instanceof Query.Values values) {
            List<ShardSelector> parts = new ArrayList<>();
            for (List<Expr> row : values.rows()) {
                parts.add(
                        position < row.size()
                                ? constants.assigned(row.get(position), type, keyColumnType(table))
                                : Selectors.ALL);
            }
            return Selectors.or(parts);
        }
        return selected(source, position, type, keyColumnType(table));
    }

    private ShardSelector selected(ResolvedQuery source, int position, KeyType type, String columnType) {
        if (source.isSetOperation()) {
            return Selectors.or(List.of(
                    selected(source.left(), position, type, columnType),
                    selected(source.right(), position, type, columnType)));
        }
        List<Output> outputs = Objects.requireNonNull(source.block()).outputs();
        if (outputs == null || position >= outputs.size()) {
            return Selectors.ALL;
        }
        Output output = outputs.get(position);
        if (output.attribute() != null) {
            return ofAttribute(output.attribute(), type, columnType);
        }
        return output.expression() == null ? Selectors.ALL : constants.assigned(output.expression(), type, columnType);
    }

    /** Where INSERT gives the key, from 0; -1 where it leaves it out. */
    public static int keyPosition(Modification insert, Table table, String key) {
        return insert.columns().isEmpty() ? place(table, key) : insert.columns().indexOf(key);
    }
}
