package io.pgplex.routing.plan.move;

import io.pgplex.metadata.model.Column;
import io.pgplex.routing.analyze.Attribute;
import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.CatalogRelations;
import io.pgplex.routing.analyze.RelationUse;
import io.pgplex.routing.analyze.Resolution;
import io.pgplex.routing.analyze.ResolvedQuery;
import io.pgplex.routing.analyze.SelectShape;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.analyze.Sublink;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.function.Functions;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.select.TokenKeys;
import io.pgplex.routing.scan.Identifiers;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Subqueries that travel as their results: they name nothing outside of themselves, run on their own, and give fewer rows
 * than the tables below them have.
 *
 * <pre>
 * SELECT * FROM t WHERE v > (SELECT avg(v) FROM t)
 * moves SELECT avg(v) FROM t, then SELECT * FROM t WHERE v > (SELECT "c1" AS "avg" FROM pgplex_moved1)
 * </pre>
 *
 * Confined to one thread.
 */
final class Subqueries {

    private final Draft draft;
    private final ScannedStatement text;
    private final Resolution resolution;
    private final Names names;
    private final Set<Integer> done = new HashSet<>();
    /** The result of each text: what is written twice must stay the same twice, in DISTINCT ON and ORDER BY for one. */
    private final Map<String, String> travelling = new HashMap<>();

    private final List<Draft.Replacement> replacements = new ArrayList<>();
    private final List<Intermediate> results = new ArrayList<>();
    private final boolean modifies;
    private Planning planning;

    Subqueries(Draft draft, Resolution resolution, Names names) {
        this.draft = draft;
        this.text = draft.text();
        this.resolution = resolution;
        this.names = names;
        this.modifies = resolution.isModification();
        this.planning = draft.planning();
    }

    /** The statement with all such subqueries replaced; the same draft when there are none. */
    Draft replace() {
        if (resolution.isModification()) {
            ResolvedQuery source = resolution.target().source();
            if (source != null) {
                below(source);
            }
            inside(resolution.target().block());
        } else {
            below(resolution.query());
        }
        return results.isEmpty() ? draft : draft.replace(replacements, results, planning);
    }

    private void below(ResolvedQuery query) {
        if (query.isSetOperation()) {
            visit(query.left(), true);
            visit(query.right(), true);
            return;
        }
        Block block = query.block();
        if (block != null) {
            inside(block);
        }
    }

    private void inside(Block block) {
        for (RelationUse relation : block.relations()) {
            if (relation.kind() == RelationUse.Kind.DERIVED) {
                visit(relation.query(), false);
            }
        }
        for (Sublink sublink : block.sublinks()) {
            visit(sublink.query(), false);
        }
    }

    private void visit(ResolvedQuery query, boolean branch) {
        if (done.contains(query.syntax().from())) {
            return;
        }
        if (!travels(query, branch)) {
            below(query);
        }
    }

    private boolean travels(ResolvedQuery query, boolean branch) {
        Set<Block> blocks = new HashSet<>();
        List<String> labels = query.outputs();
        if (labels == null
                || labels.isEmpty()
                || !isClosed(query, query.syntax(), blocks)
                || !reduces(query, blocks)
                || (branch && !isTyped(query))) {
            return false;
        }
        List<Column> columns = columns(query, labels.size());
        if (columns == null) {
            return false;
        }
        Query syntax = query.syntax();
        String key = TokenKeys.of(text, syntax.from(), syntax.to());
        boolean repeatable = blocks.stream().allMatch(Subqueries::isRepeatable);
        String known = repeatable ? travelling.get(key) : null;
        if (known != null) {
            done.add(syntax.from());
            replacements.add(new Draft.Replacement(syntax.from(), syntax.to(), reading(syntax, known, labels)));
            return true;
        }
        Fragment fragment = new Splice(text).slice(syntax.from(), syntax.to()).fragment();
        Plan.@Nullable Sharded plan = draft.planning().plan(Planning.scan(fragment));
        if (plan == null) {
            return false;
        }
        done.add(syntax.from());
        String name = names.next();
        if (repeatable) {
            travelling.put(key, name);
        }
        planning = planning.with(name, columns);
        results.add(new Intermediate(
                name,
                columns.stream()
                        .map(column -> new Intermediate.Column(column.name(), null, column.collation()))
                        .toList(),
                plan,
                draft.own(fragment),
                new Intermediate.Reach.OneShard(),
                null,
                -1,
                -1));
        replacements.add(new Draft.Replacement(syntax.from(), syntax.to(), reading(syntax, name, labels)));
        return true;
    }

    /** Whether the same text gives the same rows: where it draws lots, each place has its own. */
    private static boolean isRepeatable(Block block) {
        return !block.isSampled() && block.expressions().stream().noneMatch(Subqueries::isVolatile);
    }

    private static boolean isVolatile(Expr expression) {
        return (expression instanceof Expr.Call call && Functions.isVolatile(String.join(".", call.name())))
                || expression.children().stream().anyMatch(Subqueries::isVolatile);
    }

    private SqlText reading(Query syntax, String name, List<String> labels) {
        StringBuilder sql = new StringBuilder("SELECT ");
        for (int i = 0; i < labels.size(); i++) {
            sql.append(i == 0 ? "" : ", ").append('c').append(i + 1);
            if (!labels.get(i).isEmpty()) {
                sql.append(" AS ").append(Identifiers.quote(labels.get(i)));
            }
        }
        sql.append(" FROM ").append(name);
        boolean parentheses = text.isPunctuation(syntax.from(), '(') && text.matching(syntax.from()) == syntax.to() - 1;
        return new SqlText().append(parentheses ? "(" + sql + ")" : sql.toString());
    }

    /** Whether a query names no column and no query outside of itself; collects its blocks. */
    private boolean isClosed(ResolvedQuery query, Query whole, Set<Block> blocks) {
        return collect(query, whole, blocks)
                && blocks.stream()
                        .allMatch(block -> block.isOwnText()
                                && block.expressions().stream()
                                        .allMatch(expression -> isClosed(expression, block, blocks)));
    }

    private static boolean collect(ResolvedQuery query, Query whole, Set<Block> blocks) {
        if (query.syntax().from() < whole.from() || query.syntax().to() > whole.to()) {
            return false;
        }
        if (query.isSetOperation()) {
            return collect(query.left(), whole, blocks) && collect(query.right(), whole, blocks);
        }
        Block block = query.block();
        if (block == null) {
            return false;
        }
        blocks.add(block);
        for (RelationUse relation : block.relations()) {
            boolean inside =
                    switch (relation.kind()) {
                        case DERIVED -> collect(relation.query(), whole, blocks);
                        case OPAQUE -> false;
                        default -> true;
                    };
            if (!inside) {
                return false;
            }
        }
        return block.sublinks().stream().allMatch(sublink -> collect(sublink.query(), whole, blocks));
    }

    private static boolean isClosed(Expr expression, Block block, Set<Block> blocks) {
        if (expression instanceof Expr.Column column && !column.star()) {
            Attribute attribute = block.lookup(column);
            if (attribute == null) {
                // an output column's name in ORDER BY or GROUP BY, or something that is not certain
                return column.names().size() == 1 && isOutput(block, column.name());
            }
            return blocks.contains(attribute.relation().block());
        }
        return expression.children().stream().allMatch(child -> isClosed(child, block, blocks));
    }

    private static boolean isOutput(Block block, String name) {
        var outputs = block.outputs();
        return outputs != null
                && outputs.stream().anyMatch(output -> output.name().equals(name));
    }

    /** Whether the result is smaller than what it is made from, which for one plain table is found out elsewhere. */
    private boolean reduces(ResolvedQuery query, Set<Block> blocks) {
        long distributed = blocks.stream()
                .flatMap(block -> block.relations().stream())
                .filter(RelationUse::isDistributed)
                .count();
        if (distributed == 0) {
            // what each shard might answer differently for the rows that it writes is answered once
            return modifies
                    && blocks.stream()
                            .flatMap(block -> block.relations().stream())
                            .noneMatch(Subqueries::hasTravelled);
        }
        if (query.isSetOperation() || query.syntax().limit() != null || distributed > 1) {
            return true;
        }
        Block block = query.block();
        if (block == null || block.select() == null) {
            return false;
        }
        return block.select().distinct() || new SelectShape(block).isGrouped();
    }

    private static boolean hasTravelled(RelationUse use) {
        return use.table() != null && use.table().name().schema().equals(CatalogRelations.MOVED);
    }

    /** Whether every branch gives types of its own, rather than constants that take the other branch's. */
    private static boolean isTyped(ResolvedQuery query) {
        if (query.isSetOperation()) {
            return isTyped(query.left()) && isTyped(query.right());
        }
        Block block = query.block();
        Query.Select select = block == null ? null : block.select();
        return select != null && select.items().stream().allMatch(item -> isTyped(item.expression()));
    }

    private static boolean isTyped(Expr expression) {
        if (expression instanceof Expr.Literal literal) {
            return literal.kind() == Expr.Literal.Kind.NUMBER || literal.kind() == Expr.Literal.Kind.BOOLEAN;
        }
        return expression instanceof Expr.Column
                || expression instanceof Expr.Cast
                || expression instanceof Expr.Call
                || (expression instanceof Expr.Operation operation && isTyped(operation.right()));
    }

    /**
     * The result's columns: of a plain column all is known; of a computed one only that its collation is the database's,
     * and where another one is about not even that.
     */
    private @Nullable List<Column> columns(ResolvedQuery query, int count) {
        boolean onlyDefault = true;
        for (int i = query.syntax().from(); i < query.syntax().to(); i++) {
            onlyDefault &= !text.is(i, "COLLATE");
        }
        onlyDefault &= resolution.uses().stream()
                .noneMatch(use -> use.table() != null
                        && use.table().columns().stream().anyMatch(column -> column.collation() != null));
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Column origin = query.origin(i);
            if (origin == null && !onlyDefault) {
                return null;
            }
            String name = "c" + (i + 1);
            columns.add(
                    origin == null
                            ? Draft.column(name, "", null)
                            : Draft.column(name, origin.type(), origin.collation()));
        }
        return columns;
    }
}
