package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.FromItem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns a FROM clause into relations and the tree of their joins. */
final class JoinResolver {

    /** Functions in FROM whose one output column is named by the alias. */
    private static final Set<String> SCALAR =
            Set.of("generate_series", "generate_subscripts", "string_to_table", "regexp_split_to_table");

    private final Resolver resolver;

    JoinResolver(Resolver resolver) {
        this.resolver = resolver;
    }

    /** Adds the relations to the block, and puts their joins beside what is there. */
    void from(Block block, List<FromItem> items, @Nullable Environment environment) {
        FromTree tree = block.tree();
        for (FromItem item : items) {
            FromTree next = tree(block, item, environment);
            tree = tree == null ? next : new FromTree.Joined(tree, next, FromItem.Join.Type.INNER, List.of());
        }
        block.tree(tree);
    }

    private FromTree tree(Block block, FromItem item, @Nullable Environment environment) {
        block.effort().part();
        if (item instanceof FromItem.Join join) {
            return joined(block, join, environment);
        }
        RelationUse relation;
        if (item instanceof FromItem.Relation named) {
            relation = resolver.named(block, named, environment);
            if (named.sampled()) {
                block.sample();
            }
        } else if (item instanceof FromItem.Derived derived) {
            // without LATERAL a subquery sees what its block's surroundings see
            Block outer = derived.lateral() ? block : block.outer();
            ResolvedQuery query = resolver.subquery(derived.query(), block, environment, outer);
            String name = derived.alias() == null ? "" : derived.alias();
            relation = resolver.derived(
                    block,
                    name,
                    query,
                    Resolver.rename(query.outputs(), derived.columns()),
                    derived.query().from());
        } else {
            relation = function(block, (FromItem.Function) item, environment);
        }
        block.relations().add(relation);
        return new FromTree.Leaf(relation);
    }

    private RelationUse function(Block block, FromItem.Function item, @Nullable Environment environment) {
        item.calls().forEach(call -> resolver.expression(block, call, environment));
        List<String> columns = null;
        Expr first = item.calls().get(0);
        String function = first instanceof Expr.Call call ? call.function() : "";
        String name = item.alias() == null ? function : item.alias();
        if (item.calls().size() == 1 && SCALAR.contains(function) && !item.ordinality()) {
            columns = item.columns().isEmpty() ? List.of(name) : item.columns();
        }
        return new RelationUse(RelationUse.Kind.FUNCTION, block, name, null, null, columns, item.calls(), first.from());
    }

    private FromTree joined(Block block, FromItem.Join join, @Nullable Environment environment) {
        int first = block.relations().size();
        FromTree left = tree(block, join.left(), environment);
        int middle = block.relations().size();
        FromTree right = tree(block, join.right(), environment);
        block.effort().spend(block.relations().size() - first);
        List<RelationUse> leftUses = List.copyOf(block.relations().subList(first, middle));
        List<RelationUse> rightUses =
                List.copyOf(block.relations().subList(middle, block.relations().size()));
        List<Condition> conditions = new ArrayList<>();
        if (join.on() != null) {
            Conjuncts.of(join.on()).forEach(each -> conditions.add(new Condition.Holds(each)));
            resolver.on(block, join.on(), join.type() == FromItem.Join.Type.INNER, environment);
        }
        List<String> using = join.natural() ? common(leftUses, rightUses) : join.using();
        if (using != null) {
            using.forEach(column -> merge(block, join.type(), column, leftUses, rightUses, conditions));
        }
        if (join.type() != FromItem.Join.Type.INNER && join.type() != FromItem.Join.Type.RIGHT) {
            rightUses.forEach(RelationUse::makeNullable);
        }
        if (join.type() != FromItem.Join.Type.INNER && join.type() != FromItem.Join.Type.LEFT) {
            leftUses.forEach(RelationUse::makeNullable);
        }
        if (join.alias() != null) {
            block.joinAlias(join.alias());
        }
        if (join.alias() != null && join.using() == null) {
            leftUses.forEach(RelationUse::hideName);
            rightUses.forEach(RelationUse::hideName);
        }
        return new FromTree.Joined(left, right, join.type(), conditions);
    }

    private static @Nullable List<String> common(List<RelationUse> left, List<RelationUse> right) {
        Set<String> names = new HashSet<>();
        for (RelationUse relation : left) {
            if (relation.columns() == null) {
                return null;
            }
            names.addAll(relation.columns());
        }
        List<String> common = new ArrayList<>();
        for (RelationUse relation : right) {
            if (relation.columns() == null) {
                return null;
            }
            relation.columns().stream().filter(names::contains).forEach(common::add);
        }
        return common;
    }

    private static void merge(
            Block block,
            FromItem.Join.Type type,
            String column,
            List<RelationUse> left,
            List<RelationUse> right,
            List<Condition> conditions) {
        Attribute one = only(block, left, column);
        Attribute other = only(block, right, column);
        if (one != null && other != null) {
            conditions.add(new Condition.Equal(one, other));
        }
        block.merge(
                column,
                switch (type) {
                    case INNER, LEFT -> one;
                    case RIGHT -> other;
                    // COALESCE of both
                    case FULL -> null;
                });
    }

    /** The column's only place among the relations, or the place that a column merged before has. */
    private static @Nullable Attribute only(Block block, List<RelationUse> relations, String column) {
        Attribute found = block.merged(column, relations);
        if (found != null) {
            return found;
        }
        for (RelationUse relation : relations) {
            if (relation.columns() == null) {
                return null;
            }
            block.effort().spend(relation.columns().size());
            if (relation.position(column) >= 0) {
                if (found != null) {
                    return null;
                }
                found = new Attribute(relation, column);
            }
        }
        return found;
    }
}
