package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.ResolvedQuery.Output;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.FromItem;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One SELECT, or one statement that writes, with its relations: where names are looked up. Filled by {@link Resolver},
 * then read.
 */
public final class Block {

    private final ScannedStatement text;
    private final boolean own;
    private final @Nullable Block outer;
    private final Effort effort;
    private @Nullable ResolvedQuery query;
    private Query.@Nullable Select select;
    private final List<RelationUse> relations = new ArrayList<>();
    private final Map<String, @Nullable Attribute> merged = new HashMap<>();
    private @Nullable FromTree tree;
    private final List<Condition> where = new ArrayList<>();
    private final List<Expr> expressions = new ArrayList<>();
    private final List<Sublink> sublinks = new ArrayList<>();
    private @Nullable List<Output> outputs;
    private final Set<String> joinAliases = new HashSet<>();
    private boolean sampled;

    /**
     * An empty block.
     *
     * @param text the text that its tokens count in
     * @param own whether that is the statement's own text, not a view's
     * @param outer where names are looked up that are not found here
     * @param effort the statement's
     */
    Block(ScannedStatement text, boolean own, @Nullable Block outer, Effort effort) {
        this.text = text;
        this.own = own;
        this.outer = outer;
        this.effort = effort;
    }

    public ScannedStatement text() {
        return text;
    }

    public boolean isOwnText() {
        return own;
    }

    @Nullable
    Block outer() {
        return outer;
    }

    Effort effort() {
        return effort;
    }

    /** The query that this is the body of; null for a statement that writes. */
    @Nullable
    ResolvedQuery query() {
        return query;
    }

    void select(@Nullable ResolvedQuery owner, Query.@Nullable Select syntax) {
        this.query = owner;
        this.select = syntax;
    }

    /** The SELECT's syntax; null when the block is something else. */
    public Query.@Nullable Select select() {
        return select;
    }

    public List<RelationUse> relations() {
        return relations;
    }

    @Nullable
    FromTree tree() {
        return tree;
    }

    void tree(@Nullable FromTree joins) {
        this.tree = joins;
    }

    public boolean isSampled() {
        return sampled;
    }

    void sample() {
        sampled = true;
    }

    /** WHERE's conjuncts. */
    List<Condition> where() {
        return where;
    }

    /** Every expression of the block, WHERE and ON included. */
    public List<Expr> expressions() {
        return expressions;
    }

    public List<Sublink> sublinks() {
        return sublinks;
    }

    /** Its output columns; null when they are not known. */
    public @Nullable List<Output> outputs() {
        return outputs;
    }

    void outputs(@Nullable List<Output> columns) {
        this.outputs = columns;
    }

    /** A column that USING or NATURAL made one of two; null where it is neither side's. */
    void merge(String name, @Nullable Attribute attribute) {
        merged.put(name, attribute);
    }

    /** What a column that was merged before means among these relations. */
    @Nullable
    Attribute merged(String name, List<RelationUse> among) {
        Attribute attribute = merged.get(name);
        return attribute != null && among.contains(attribute.relation()) ? attribute : null;
    }

    /** A join's own name, through which nothing is concluded. */
    void joinAlias(String name) {
        joinAliases.add(name);
    }

    /** What a column reference means, here or in an outer block; null when that is not certain. */
    public @Nullable Attribute lookup(Expr.Column column) {
        if (column.star()) {
            return null;
        }
        List<String> names = column.names();
        return names.size() == 1 ? unqualified(names.get(0)) : qualified(names);
    }

    /** The same for any expression that is a plain column reference. */
    public @Nullable Attribute attribute(@Nullable Expr expression) {
        return expression instanceof Expr.Column column ? lookup(column) : null;
    }

    private @Nullable Attribute unqualified(String name) {
        if (merged.containsKey(name)) {
            return merged.get(name);
        }
        Attribute found = null;
        for (RelationUse relation : relations) {
            if (relation.columns() == null) {
                return null;
            }
            effort.spend(relation.columns().size());
            int count = count(relation.columns(), name);
            if (count > 1 || (count == 1 && found != null)) {
                return null;
            }
            if (count == 1) {
                found = new Attribute(relation, name);
            }
        }
        return found != null || outer == null ? found : outer.unqualified(name);
    }

    private static int count(List<String> names, String name) {
        int count = 0;
        for (String each : names) {
            count += each.equals(name) ? 1 : 0;
        }
        return count;
    }

    private @Nullable Attribute qualified(List<String> names) {
        String qualifier = names.get(names.size() - 2);
        if (joinAliases.contains(qualifier)) {
            return null;
        }
        RelationUse found = null;
        effort.spend(relations.size());
        for (RelationUse relation : relations) {
            if (relation.isNamed() && relation.name().equals(qualifier)) {
                if (found != null) {
                    return null;
                }
                found = relation;
            }
        }
        if (found == null) {
            return outer == null ? null : outer.qualified(names);
        }
        String name = names.get(names.size() - 1);
        effort.spend(found.columns() == null ? 1 : found.columns().size());
        return found.columns() == null || count(found.columns(), name) == 1 ? new Attribute(found, name) : null;
    }

    /** What must hold for a row of the relation to matter: WHERE, and ON where the relation's side is not preserved. */
    List<Condition> conditionsFor(RelationUse relation) {
        effort.spend(where.size() + 10 * relations.size());
        List<Condition> conditions = new ArrayList<>(where);
        if (tree != null) {
            collect(tree, relation, conditions);
        }
        return conditions;
    }

    /**
     * Conditions that a row of the relation must meet to matter, whatever an outer join makes of rows without a partner:
     * where its side gives way, those inside the join only.
     */
    public List<Expr> filters(RelationUse relation) {
        List<Condition> found = new ArrayList<>();
        if (tree == null || filters(tree, relation, found) == Reach.OPEN) {
            found.addAll(where);
        }
        List<Expr> filters = new ArrayList<>();
        for (Condition condition : found) {
            if (condition instanceof Condition.Holds holds) {
                filters.add(holds.expression());
            }
        }
        return filters;
    }

    /** WHERE's conjuncts, which hold for whole rows, those with NULL from an outer join included. */
    public List<Expr> whereConjuncts() {
        List<Expr> conjuncts = new ArrayList<>();
        for (Condition condition : where) {
            if (condition instanceof Condition.Holds holds) {
                conjuncts.add(holds.expression());
            }
        }
        return conjuncts;
    }

    /** Whether a tree has a relation, and whether conditions around the tree hold for its rows too. */
    private enum Reach {
        ABSENT,
        OPEN,
        CLOSED
    }

    private static Reach filters(FromTree tree, RelationUse relation, List<Condition> found) {
        if (!(tree instanceof FromTree.Joined joined)) {
            return ((FromTree.Leaf) tree).relation().equals(relation) ? Reach.OPEN : Reach.ABSENT;
        }
        Reach left = filters(joined.left(), relation, found);
        Reach reach = left != Reach.ABSENT ? left : filters(joined.right(), relation, found);
        if (reach != Reach.OPEN || joined.type() == FromItem.Join.Type.INNER) {
            if (reach == Reach.OPEN) {
                found.addAll(joined.conditions());
            }
            return reach;
        }
        FromItem.Join.Type preserving = left != Reach.ABSENT ? FromItem.Join.Type.LEFT : FromItem.Join.Type.RIGHT;
        if (joined.type() == preserving) {
            return Reach.OPEN;
        }
        if (joined.type() != FromItem.Join.Type.FULL) {
            found.addAll(joined.conditions());
        }
        return Reach.CLOSED;
    }

    private static boolean collect(FromTree tree, RelationUse relation, List<Condition> conditions) {
        if (tree instanceof FromTree.Joined joined) {
            boolean left = collect(joined.left(), relation, conditions);
            boolean right = !left && collect(joined.right(), relation, conditions);
            FromItem.Join.Type type = joined.type();
            if ((left && (type == FromItem.Join.Type.INNER || type == FromItem.Join.Type.RIGHT))
                    || (right && (type == FromItem.Join.Type.INNER || type == FromItem.Join.Type.LEFT))) {
                conditions.addAll(joined.conditions());
            }
            return left || right;
        }
        return ((FromTree.Leaf) tree).relation() == relation;
    }
}
