package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.KeyType;
import io.pgplex.routing.analyze.ResolvedQuery.Output;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.bind.ShardSelector;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which shards a statement concerns: for each use of a distributed table, the shards outside of which no row of it can
 * matter. The conditions around a use are followed outwards, through subqueries that pass the key on and through
 * correlation:
 *
 * <pre>
 * SELECT * FROM (SELECT k, x FROM t) s, u WHERE s.k = u.k AND u.k = 5
 *                       t.k  ->       s.k  =  u.k  =  5
 * </pre>
 */
public final class ShardAnalysis {

    private final KeyConstants constants;

    public ShardAnalysis(KeyConstants constants) {
        this.constants = constants;
    }

    /** The shards that the uses of distributed tables need, together. */
    public ShardSelector uses(Resolution resolution) {
        // many uses that are bound together need the same shards
        Set<ShardSelector> parts = new LinkedHashSet<>();
        for (RelationUse use : resolution.uses()) {
            if (use.isDistributed() && !use.isInsertTarget()) {
                parts.add(of(use));
            }
        }
        if (resolution.hasUnknownView()) {
            parts.add(Selectors.ALL);
        }
        return Selectors.or(List.copyOf(parts));
    }

    /** The shards outside of which no row of a distributed table matters where it is used. */
    public ShardSelector of(RelationUse use) {
        KeyClass keys = new KeyClass(use.keyType().family());
        Attribute key = use.key();
        keys.add(key);
        return follow(keys, use.keyType(), use.block(), Set.of(use), use.isNullable() ? null : key);
    }

    /** The shards of the values that an attribute can have in rows that count; all when it may be NULL by a join. */
    public ShardSelector valuesOf(Attribute attribute, KeyType type) {
        if (attribute.relation().isNullable()) {
            return Selectors.ALL;
        }
        KeyClass keys = new KeyClass(type.family());
        keys.add(attribute);
        Block block = attribute.relation().block();
        return follow(keys, type, block, Set.of(attribute.relation()), null);
    }

    /** The shard of rows whose key is set to what a subquery gives as a constant; all when it is none. */
    ShardSelector assigned(Attribute attribute, KeyType type, String columnType) {
        return attribute.relation().isNullable()
                ? Selectors.ALL
                : constant(attribute, value -> constants.assigned(value, type, columnType));
    }

    private ShardSelector follow(
            KeyClass start, KeyType type, Block first, Set<RelationUse> from, @Nullable Attribute neverExtended) {
        List<ShardSelector> parts = new ArrayList<>();
        KeyClass keys = start;
        Block block = first;
        Set<RelationUse> seeds = from;
        Attribute nullTest = neverExtended;
        while (block != null && !keys.attributes().isEmpty()) {
            List<Condition> conditions = conditions(block, seeds);
            block.effort().spend(10 * conditions.size());
            keys.close(conditions, block);
            KeyPredicates predicates = new KeyPredicates(constants, this, block, keys, type, nullTest);
            for (Condition condition : conditions) {
                if (condition instanceof Condition.Holds holds) {
                    parts.add(predicates.allowed(holds.expression()));
                }
            }
            keys.attributes().forEach(attribute -> parts.add(compared(attribute, type)));
            nullTest = null;
            Step step = outwards(block, keys, type);
            keys = step.keys;
            block = step.block;
            seeds = step.seeds;
        }
        return Selectors.and(parts);
    }

    private static List<Condition> conditions(Block block, Set<RelationUse> seeds) {
        if (seeds.size() == 1) {
            return block.conditionsFor(seeds.iterator().next());
        }
        // a condition is itself only: comparing two would compare all that is in them
        Set<Condition> known = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Condition> conditions = new ArrayList<>();
        for (RelationUse seed : seeds) {
            for (Condition condition : block.conditionsFor(seed)) {
                if (known.add(condition)) {
                    conditions.add(condition);
                }
            }
        }
        return conditions;
    }

    /** What a subquery's column is worth that is a constant in all of its rows. */
    ShardSelector compared(Attribute attribute, KeyType type) {
        return constant(attribute, value -> constants.compared(value, type));
    }

    private static ShardSelector constant(Attribute attribute, Function<Expr, ShardSelector> shards) {
        RelationUse relation = attribute.relation();
        if (relation.kind() != RelationUse.Kind.DERIVED || relation.query().isSetOperation()) {
            return Selectors.ALL;
        }
        int position = relation.position(attribute.column());
        Query.Body body = relation.query().syntax().body();
        boolean own = relation.block().isOwnText();
        if (position < 0 || !own) {
            return Selectors.ALL;
        }
        if (body instanceof Query.Values values) {
            List<ShardSelector> parts = new ArrayList<>();
            values.rows()
                    .forEach(row -> parts.add(position < row.size() ? shards.apply(row.get(position)) : Selectors.ALL));
            return Selectors.or(parts);
        }
        List<Output> outputs = Objects.requireNonNull(relation.query().block()).outputs();
        Expr expression = outputs == null || position >= outputs.size()
                ? null
                : outputs.get(position).expression();
        return expression == null ? Selectors.ALL : shards.apply(expression);
    }

    private record Step(KeyClass keys, @Nullable Block block, Set<RelationUse> seeds) {}

    /** From a block to the one around it: output columns become the columns of the subquery, outer columns stay. */
    private Step outwards(Block block, KeyClass keys, KeyType type) {
        KeyClass next = new KeyClass(type.family());
        for (Attribute attribute : keys.attributes()) {
            if (attribute.relation().block() != block) {
                next.add(attribute);
            }
        }
        ResolvedQuery query = block.query();
        if (query == null) {
            return new Step(next, null, Set.of());
        }
        Set<Integer> positions = passedOn(block, query, keys);
        while (query.branchOf() != null) {
            query = query.branchOf();
            if (query.syntax().limit() != null) {
                positions.clear();
            }
        }
        if (query.isRecursive()) {
            return new Step(new KeyClass(type.family()), null, Set.of());
        }
        Block around;
        if (query.derivedAs() != null) {
            RelationUse derived = query.derivedAs();
            around = derived.block();
            List<String> columns = derived.columns();
            for (int position : positions) {
                if (columns != null && position < columns.size() && derived.position(columns.get(position)) >= 0) {
                    next.add(new Attribute(derived, columns.get(position)));
                }
            }
        } else {
            around = query.sublinkIn();
            if (around != null) {
                membership(Objects.requireNonNull(query.sublink()), around, positions, next);
            }
        }
        Set<RelationUse> seeds = new LinkedHashSet<>();
        for (Attribute attribute : next.attributes()) {
            if (attribute.relation().block() == around) {
                seeds.add(attribute.relation());
            }
        }
        return new Step(next, around, seeds);
    }

    /** {@code outer.k IN (SELECT key ...)}: rows with another key cannot make it true. */
    private static void membership(Sublink sublink, Block around, Set<Integer> positions, KeyClass next) {
        if (!sublink.conjunct()
                || !(sublink.expression() instanceof Expr.Membership membership)
                || !membership.operator().equals("=")) {
            return;
        }
        List<Expr> left = membership.left() instanceof Expr.Row row ? row.fields() : List.of(membership.left());
        for (int position : positions) {
            Attribute attribute = position < left.size() ? around.attribute(left.get(position)) : null;
            if (attribute != null && KeyFamilies.hashesLike(attribute.origin(), next.family())) {
                next.add(attribute);
            }
        }
    }

    private static Set<Integer> passedOn(Block block, ResolvedQuery query, KeyClass keys) {
        Set<Integer> positions = new LinkedHashSet<>();
        List<Output> outputs = block.outputs();
        if (outputs == null || query.syntax().limit() != null) {
            return positions;
        }
        SelectShape shape = block.select() == null ? null : new SelectShape(block);
        for (int i = 0; i < outputs.size(); i++) {
            Attribute attribute = outputs.get(i).attribute();
            if (attribute != null
                    && attribute.relation().block() == block
                    && keys.contains(attribute)
                    && (shape == null || shape.passes(attribute))) {
                positions.add(i);
            }
        }
        return positions;
    }
}
