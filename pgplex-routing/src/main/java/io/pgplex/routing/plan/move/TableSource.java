package io.pgplex.routing.plan.move;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Table;
import io.pgplex.routing.analyze.Attribute;
import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.RelationUse;
import io.pgplex.routing.analyze.Resolution;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.FromItem;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.function.Functions;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.scan.Identifiers;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What of a table travels for the places where a statement uses it: the columns that the text names and the rows that can
 * matter in any of them. Confined to one thread.
 *
 * <pre>
 * SELECT a.x, b.y FROM a JOIN b ON a.v = b.w AND b.z > 3
 * of b: SELECT "y", "w", "z" FROM "public"."b" WHERE ("z" > 3)
 * </pre>
 */
final class TableSource {

    /** Types that {@code format_type} prints with a modifier, all of them PostgreSQL's own. */
    private static final List<String> MODIFIED = List.of("numeric(", "character", "bit", "time", "interval");

    /** Operators of PostgreSQL that give NULL for NULL. */
    private static final Set<String> STRICT = Set.of("=", "<", "<=", ">", ">=", "<>", "!=", "~~", "~~*", "~", "~*");

    /** Types, as {@code format_type} begins them, that a B-tree has an operator class for. */
    private static final List<String> INDEXED = List.of(
            "smallint", "integer", "bigint", "numeric", "text", "character", "uuid", "date", "timestamp", "boolean");

    private final Draft draft;
    private final ScannedStatement text;
    private final Resolution resolution;
    private final Sizes sizes;
    private final Set<String> identifiers = new HashSet<>();
    private final Set<Query.Body> existing = Collections.newSetFromMap(new IdentityHashMap<>());
    private final boolean natural;

    TableSource(Draft draft, Resolution resolution, Sizes sizes) {
        this.draft = draft;
        this.text = draft.text();
        this.resolution = resolution;
        this.sizes = sizes;
        boolean byName = false;
        for (int i = 0; i < text.tokenCount(); i++) {
            if (text.isName(i)) {
                identifiers.add(text.identifier(i));
            }
            byName |= text.is(i, "NATURAL");
        }
        this.natural = byName;
        for (Block block : resolution.blocks()) {
            block.expressions().forEach(this::findExists);
        }
    }

    private void findExists(Expr expression) {
        if (expression instanceof Expr.Exists exists) {
            existing.add(exists.query().body());
        }
        expression.children().forEach(this::findExists);
    }

    /** What stands for a table in the places of a statement that use it. */
    record Moved(String name, List<RelationUse> uses, List<String> columns, double rows, double bytes) {

        boolean covers(RelationUse use) {
            return uses.contains(use);
        }
    }

    /** How much travels for these uses of one table. */
    Moved measure(String name, List<RelationUse> uses) {
        List<String> columns = columns(uses);
        double rows = 0;
        for (RelationUse use : uses) {
            rows += sizes.rows(use, filters(use), use.block());
        }
        rows = Math.min(rows, sizes.rows(uses.get(0)));
        return new Moved(name, uses, columns, rows, rows * sizes.rowBytes(uses.get(0), columns));
    }

    // ---- columns

    private List<String> columns(List<RelationUse> uses) {
        List<String> all = names(uses.get(0));
        if (natural || uses.stream().anyMatch(this::isWhole)) {
            return all;
        }
        List<String> needed = new ArrayList<>();
        for (String column : all) {
            if (identifiers.contains(column)) {
                needed.add(column);
            }
        }
        // a relation without columns is more than parsers expect
        return needed.isEmpty() ? List.of(all.get(0)) : needed;
    }

    private List<String> names(RelationUse use) {
        Table table = Objects.requireNonNull(sizes.table(use));
        return table.columns().stream().map(Column::name).toList();
    }

    /** Whether a use needs every column: by a star, as a row, or by columns renamed in their order. */
    private boolean isWhole(RelationUse use) {
        FromItem.Relation item = Objects.requireNonNull(use.item());
        return !item.columns().isEmpty() || hasStar(use) || isValue(use, item);
    }

    private boolean hasStar(RelationUse use) {
        Block block = use.block();
        Query.Select select = block.select();
        List<Query.Item> items;
        if (select != null) {
            if (existing.contains(select)) {
                return false;
            }
            items = select.items();
        } else if (resolution.isModification() && resolution.target().block().equals(block)) {
            List<Query.Item> returning = resolution.target().syntax().returning();
            items = returning == null ? List.of() : returning;
        } else {
            return true;
        }
        return items.stream()
                .anyMatch(item -> item.expression() instanceof Expr.Column column
                        && column.star()
                        && (column.names().isEmpty() || column.name().equals(use.name())));
    }

    /** Whether its name stands anywhere without a column behind it: {@code row_to_json(o)}. */
    private boolean isValue(RelationUse use, FromItem.Relation item) {
        for (int i = 0; i < text.tokenCount(); i++) {
            boolean inFrom = i >= item.from() && i < item.to();
            if (!inFrom
                    && text.isName(i)
                    && text.identifier(i).equals(use.name())
                    && !text.isPunctuation(i + 1, '.')
                    && !(i > 0 && text.isPunctuation(i - 1, '.'))
                    && !isNamedInFrom(i)) {
                return true;
            }
        }
        return false;
    }

    private boolean isNamedInFrom(int token) {
        for (RelationUse use : resolution.uses()) {
            FromItem.Relation item = use.item();
            if (item != null && use.block().isOwnText() && token >= item.from() && token < item.to()) {
                return true;
            }
        }
        return false;
    }

    // ---- rows

    /** Conditions that a row must meet to matter in this place, and that its own shard can check. */
    private List<Expr> filters(RelationUse use) {
        FromItem.Relation item = Objects.requireNonNull(use.item());
        if (!item.columns().isEmpty()) {
            return List.of();
        }
        List<Expr> filters = new ArrayList<>();
        for (Expr condition : use.block().filters(use)) {
            if (isOf(condition, use) && names(condition)) {
                filters.add(condition);
            }
        }
        if (use.isNullable()) {
            for (Expr condition : use.block().whereConjuncts()) {
                // a row that does not meet it leaves NULL behind, which does not meet it either
                if (!filters.contains(condition) && isStrict(condition) && isOf(condition, use)) {
                    filters.add(condition);
                }
            }
        }
        return filters;
    }

    /** Whether a condition on a plain column is never true of NULL. */
    private static boolean isStrict(Expr condition) {
        if (condition instanceof Expr.Operation operation && operation.left() != null) {
            boolean plain = operation.left() instanceof Expr.Column || operation.right() instanceof Expr.Column;
            return plain && STRICT.contains(operation.operator());
        }
        if (condition instanceof Expr.In in) {
            return !in.negated() && in.left() instanceof Expr.Column;
        }
        return condition instanceof Expr.IsNull isNull && isNull.negated() && isNull.operand() instanceof Expr.Column;
    }

    /** Whether an expression needs nothing but the relation's columns, parameters and constants. */
    private static boolean isOf(Expr expression, RelationUse use) {
        if (expression.query() != null) {
            return false;
        }
        if (expression instanceof Expr.Column column) {
            Attribute attribute = column.star() ? null : use.block().lookup(column);
            return attribute != null && attribute.relation().equals(use);
        }
        if (expression instanceof Expr.Call call) {
            String name = String.join(".", call.name());
            if (call.over() != null || !Functions.isHarmless(name) || Functions.isVolatile(name)) {
                return false;
            }
        }
        return expression.children().stream().allMatch(child -> isOf(child, use));
    }

    private static boolean names(Expr expression) {
        return expression instanceof Expr.Column
                || expression.children().stream().anyMatch(TableSource::names);
    }

    /** The condition over the table's own column names. */
    private SqlText sql(Expr condition) {
        Splice splice = new Splice(text);
        bare(condition, splice);
        return new SqlText()
                .append("(")
                .append(splice.slice(condition.from(), condition.to()))
                .append(")");
    }

    private static void bare(Expr expression, Splice splice) {
        if (expression instanceof Expr.Column column) {
            splice.replace(column.from(), column.to(), new SqlText().append(Identifiers.quote(column.name())));
        }
        expression.children().forEach(child -> bare(child, splice));
    }

    private @Nullable SqlText where(List<RelationUse> uses) {
        SqlText where = new SqlText();
        boolean first = true;
        for (RelationUse use : uses) {
            List<Expr> filters = filters(use);
            if (filters.isEmpty()) {
                return null;
            }
            where.append(first ? "" : " OR ");
            first = false;
            for (int i = 0; i < filters.size(); i++) {
                where.append(i == 0 ? "" : " AND ").append(sql(filters.get(i)));
            }
        }
        return where;
    }

    // ---- the source

    /**
     * The intermediate for these uses.
     *
     * @param reducedBy an earlier intermediate that can filter the rows, or null
     * @return null when not even the table alone can be read
     */
    @Nullable
    Intermediate intermediate(Moved moved, @Nullable Reducer reducedBy) {
        RelationUse use = moved.uses().get(0);
        SqlText from = new SqlText().append("SELECT " + quoted(moved.columns()) + " FROM " + reference(use));
        FromItem.Relation item = Objects.requireNonNull(use.item());
        if (item.sampled()) {
            from.append(" ").append(new Splice(text).slice(sampleFrom(item), item.to()));
        }
        SqlText where = where(moved.uses());
        Source source = where == null
                ? null
                : source(new SqlText().append(from).append(" WHERE ").append(where));
        if (source == null) {
            where = null;
            source = source(from);
        }
        if (source == null) {
            return null;
        }
        Intermediate.Reduction reduction = null;
        if (reducedBy != null) {
            SqlText reduced = new SqlText().append(from).append(" WHERE ");
            if (where != null) {
                reduced.append("(").append(where).append(") AND ");
            }
            Source filtered = source(reduced.append(reducedBy.condition()), reducedBy.planning());
            if (filtered != null) {
                reduction = new Intermediate.Reduction(reducedBy.name(), filtered.plan, filtered.parameters);
            }
        }
        boolean known = moved.uses().stream().allMatch(sizes::isKnown);
        return new Intermediate(
                moved.name(),
                columnsOf(use, moved.columns()),
                source.plan,
                source.parameters,
                new Intermediate.Reach.OneShard(),
                reduction,
                lookups(moved.uses()),
                known ? Math.round(moved.rows()) : -1,
                known ? Math.round(moved.bytes()) : -1);
    }

    /**
     * The columns that each use within a correlated subquery compares with columns outside of it; not for EXISTS, which
     * PostgreSQL turns into a join or hashes.
     */
    private List<List<String>> lookups(List<RelationUse> uses) {
        Set<List<String>> lookups = new LinkedHashSet<>();
        for (RelationUse use : uses) {
            Query.Select select = use.block().select();
            if (select != null && existing.contains(select)) {
                continue;
            }
            Set<String> columns = new LinkedHashSet<>();
            for (Equality equality : Equality.of(use)) {
                String column = equality.mine().column();
                if (!equality.other().relation().block().equals(use.block()) && isIndexed(use, column)) {
                    columns.add(column);
                }
            }
            if (!columns.isEmpty()) {
                lookups.add(List.copyOf(columns));
            }
        }
        return List.copyOf(lookups);
    }

    private boolean isIndexed(RelationUse use, String column) {
        String type = columns(use, List.of(column)).get(0).type();
        return INDEXED.stream().anyMatch(type::startsWith);
    }

    /** An earlier intermediate whose rows tell which rows of another table can matter. */
    record Reducer(String name, String column, String reducedColumn, Planning planning) {
        String condition() {
            return Identifiers.quote(reducedColumn) + " IN (SELECT " + Identifiers.quote(column) + " FROM "
                    + Identifiers.quote(name) + ")";
        }
    }

    private record Source(Plan.Sharded plan, int[] parameters) {}

    private @Nullable Source source(SqlText sql) {
        return source(sql, draft.planning());
    }

    private @Nullable Source source(SqlText sql, Planning planning) {
        Fragment fragment = sql.fragment();
        Plan.@Nullable Sharded plan = planning.plan(Planning.scan(fragment));
        return plan == null ? null : new Source(plan, draft.own(fragment));
    }

    private static String quoted(List<String> columns) {
        return String.join(", ", columns.stream().map(Identifiers::quote).toList());
    }

    private String reference(RelationUse use) {
        var name = Objects.requireNonNull(sizes.table(use)).name();
        return Identifiers.quote(name.schema()) + "." + Identifiers.quote(name.name());
    }

    private List<Intermediate.Column> columnsOf(RelationUse use, List<String> names) {
        List<Intermediate.Column> columns = new ArrayList<>();
        for (Column column : columns(use, names)) {
            boolean modified =
                    column.type().indexOf('(') >= 0 && MODIFIED.stream().anyMatch(column.type()::startsWith);
            columns.add(new Intermediate.Column(column.name(), modified ? column.type() : null, column.collation()));
        }
        return columns;
    }

    /** The table's columns of these names. */
    List<Column> columns(RelationUse use, List<String> names) {
        Table table = Objects.requireNonNull(sizes.table(use));
        return names.stream()
                .map(name -> Objects.requireNonNull(table.column(name)))
                .toList();
    }

    private int sampleFrom(FromItem.Relation item) {
        int at = OwnText.nameEnd(item);
        while (!text.is(at, "TABLESAMPLE")) {
            at++;
        }
        return at;
    }

    // ---- its place in the text

    /** What GROUP BY needs where these tables have lost their keys. */
    List<Draft.Replacement> groupKeys(List<Moved> moved) {
        return GroupKeys.replacements(text, resolution, sizes, moved);
    }

    /** The parts of the text that name the table, and what stands there when it is an intermediate. */
    List<Draft.Replacement> replacements(Moved moved) {
        List<Draft.Replacement> replacements = new ArrayList<>();
        Set<Integer> done = new LinkedHashSet<>();
        for (RelationUse use : moved.uses()) {
            FromItem.Relation item = Objects.requireNonNull(use.item());
            if (!done.add(item.from())) {
                continue;
            }
            String alias = item.alias() == null ? " AS " + Identifiers.quote(item.name()) : "";
            replacements.add(new Draft.Replacement(
                    item.from(), OwnText.nameEnd(item), new SqlText().append(moved.name() + alias)));
            if (item.sampled()) {
                replacements.add(new Draft.Replacement(sampleFrom(item), item.to(), new SqlText()));
            }
        }
        Set<String> names = new HashSet<>();
        moved.uses().forEach(use -> names.add(use.name()));
        replacements.addAll(Qualifiers.withoutSchema(resolution, names));
        return replacements;
    }
}
