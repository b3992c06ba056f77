package io.pgplex.routing.plan.move;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Table;
import io.pgplex.routing.analyze.Attribute;
import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.GroupedKeys;
import io.pgplex.routing.analyze.OutputName;
import io.pgplex.routing.analyze.RelationUse;
import io.pgplex.routing.analyze.Resolution;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.scan.Identifiers;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * GROUP BY over tables that have travelled and have lost their primary keys on the way. Columns that follow from a key
 * that is grouped by are grouped by, too, which makes no other groups; what nothing can be grouped by is taken from any row of
 * the group.
 *
 * <pre>
 * SELECT c.id, c.name, c.place, count(*) FROM c JOIN e ON ... GROUP BY c.id
 * SELECT c.id, c.name, ((array_agg(c.place))[1]) AS "place", count(*) FROM c JOIN e ON ... GROUP BY "c"."name", c.id
 * </pre>
 *
 * Confined to one thread.
 */
final class GroupKeys {

    private final ScannedStatement text;
    private final Resolution resolution;
    private final Sizes sizes;
    private final Map<Integer, Set<String>> added = new LinkedHashMap<>();
    private final Map<Integer, Draft.Replacement> replaced = new LinkedHashMap<>();

    private GroupKeys(ScannedStatement text, Resolution resolution, Sizes sizes) {
        this.text = text;
        this.resolution = resolution;
        this.sizes = sizes;
    }

    /** What to write so that columns of these tables can be had from groups. */
    static List<Draft.Replacement> replacements(
            ScannedStatement text, Resolution resolution, Sizes sizes, List<TableSource.Moved> moved) {
        GroupKeys keys = new GroupKeys(text, resolution, sizes);
        for (Block block : resolution.blocks()) {
            Query.Select select = block.select();
            if (block.isOwnText() && select != null && select.groupBy() != null) {
                keys.block(block, select, select.groupBy(), moved);
            }
        }
        List<Draft.Replacement> replacements = new ArrayList<>(keys.replaced.values());
        keys.added.forEach((word, columns) -> replacements.add(new Draft.Replacement(
                word, word + 1, new SqlText().append(text.tokenText(word) + " " + String.join(", ", columns) + ","))));
        return replacements;
    }

    private void block(Block block, Query.Select select, Query.GroupBy groupBy, List<TableSource.Moved> moved) {
        GroupedKeys keys = new GroupedKeys(block);
        for (TableSource.Moved each : moved) {
            for (RelationUse use : each.uses()) {
                Table table = Objects.requireNonNull(sizes.table(use));
                if (keys.determine(use, table)) {
                    use(new Use(use, table, each.columns()), keys, select, groupBy);
                }
            }
        }
    }

    /** A use whose columns all follow from the groups. */
    private record Use(RelationUse relation, Table table, List<String> moved) {

        /** The table's column that has this name here, or null. */
        @Nullable
        Column column(String name) {
            for (int i = 0; i < table.columns().size(); i++) {
                if (name.equals(relation.nameHere(table, i))) {
                    return table.columns().get(i);
                }
            }
            return null;
        }

        /** The names of the columns that have travelled. */
        List<String> names() {
            List<String> names = new ArrayList<>();
            for (int i = 0; i < table.columns().size(); i++) {
                String name = relation.nameHere(table, i);
                if (name != null && moved.contains(table.columns().get(i).name())) {
                    names.add(name);
                }
            }
            return names;
        }

        boolean isNamed(Expr.Column column) {
            return column.name().equals(relation.name());
        }

        String reference(String column) {
            return Identifiers.quote(relation.name()) + "." + Identifiers.quote(column);
        }
    }

    private void use(Use use, GroupedKeys keys, Query.Select select, Query.GroupBy groupBy) {
        Block block = use.relation.block();
        List<Attribute> named = new ArrayList<>();
        List<Expr.Column> single = new ArrayList<>();
        boolean row = false;
        for (Expr.Column column : keys.references()) {
            Attribute attribute = block.lookup(column);
            if (attribute != null && attribute.relation().equals(use.relation)) {
                named.add(attribute);
                single.add(column);
            } else if (column.star() && (column.names().isEmpty() || use.isNamed(column))) {
                use.names().forEach(name -> named.add(new Attribute(use.relation, name)));
            } else if (attribute == null && column.names().size() == 1 && use.isNamed(column)) {
                row = true;
            }
        }
        for (Attribute attribute : keys.outerReferences(resolution.blocks())) {
            if (attribute.relation().equals(use.relation)) {
                named.add(attribute);
            }
        }
        for (Attribute attribute : named) {
            Column column = use.column(attribute.column());
            if (column != null && GroupedKeys.hasEquality(column) && !keys.isGrouped(attribute)) {
                add(groupBy, use.reference(attribute.column()));
            }
        }
        if (row) {
            // a name alone could be an output column's
            add(groupBy, Identifiers.quote(use.relation.name()) + ".*");
        }
        for (Expr.Column each : single) {
            Column column = use.column(each.name());
            if (column != null && !GroupedKeys.hasEquality(column) && keys.mayTakeAny()) {
                takeAny(each, use, select);
            }
        }
    }

    /** Adds a column behind the word before the first one: to every grouping set. */
    private void add(Query.GroupBy groupBy, String column) {
        int word = groupBy.from() + 1;
        if (text.is(word + 1, "ALL", "DISTINCT")) {
            word++;
        }
        added.computeIfAbsent(word, key -> new LinkedHashSet<>()).add(column);
    }

    private void takeAny(Expr.Column column, Use use, Query.Select select) {
        String any = "((array_agg(" + use.reference(column.name()) + "))[1])";
        for (Query.Item item : select.items()) {
            String name = OutputName.of(item, text);
            boolean holds = item.from() <= column.from() && column.to() <= item.to();
            if (holds && item.alias() == null && !name.equals("?column?")) {
                String alias = " AS " + Identifiers.quote(name);
                if (item.from() == column.from() && item.to() == column.to()) {
                    any += alias;
                } else {
                    replaced.put(
                            item.to(), new Draft.Replacement(item.to(), item.to(), new SqlText().append(alias + " ")));
                }
            }
        }
        replaced.put(column.from(), new Draft.Replacement(column.from(), column.to(), new SqlText().append(any)));
    }
}
