package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.KeyType.HashFamily;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.analyze.ResolvedQuery.Output;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.FromItem;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.plan.CrossShard;
import io.pgplex.routing.plan.Unsupported;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Says whether a statement may run on each shard alone, its rows then being the union of the shards' rows, and where the
 * rows lie. A {@link RoutingException} names the first thing in the way. Confined to one thread.
 *
 * <pre>
 * distributed x replicated            on the shard of the key
 * distributed x distributed           when their keys are equal
 * distributed LEFT JOIN replicated    on the shard of the key
 * replicated LEFT JOIN distributed    refused: each shard would keep the unmatched rows
 * </pre>
 */
public final class Placements {

    private final FunctionRules functions;
    private final IdentityHashMap<Block, Placement> done = new IdentityHashMap<>();

    public Placements(FunctionRules functions) {
        this.functions = functions;
    }

    /** Where the rows of a block lie before they are grouped, sorted or cut. */
    public Placement rows(Block block) {
        Placement known = done.get(block);
        if (known != null) {
            return known;
        }
        Placement from = block.tree() == null
                ? Placement.EVERYWHERE
                : inner(block, factors(block.tree()), block.tree(), block.where());
        Placement placement = withSublinks(block, from);
        functions.check(block, placement.isEverywhere());
        done.put(block, placement);
        return placement;
    }

    /** Where the rows of a subquery lie, all of its clauses applied. */
    public QueryPlacement rows(ResolvedQuery query, boolean asSet) {
        return query.isSetOperation()
                ? setOperation(query, asSet, query.syntax().limit())
                : result(query, asSet);
    }

    private static List<FromTree> factors(FromTree tree) {
        List<FromTree> factors = new ArrayList<>();
        flatten(tree, factors);
        return factors;
    }

    private static void flatten(FromTree tree, List<FromTree> factors) {
        if (tree instanceof FromTree.Joined joined && joined.type() == FromItem.Join.Type.INNER) {
            flatten(joined.left(), factors);
            flatten(joined.right(), factors);
        } else {
            factors.add(tree);
        }
    }

    private static void innerConditions(FromTree tree, List<Condition> conditions) {
        if (tree instanceof FromTree.Joined joined && joined.type() == FromItem.Join.Type.INNER) {
            conditions.addAll(joined.conditions());
            innerConditions(joined.left(), conditions);
            innerConditions(joined.right(), conditions);
        }
    }

    private Placement inner(Block block, List<FromTree> factors, FromTree tree, List<Condition> further) {
        List<Condition> conditions = new ArrayList<>(further);
        innerConditions(tree, conditions);
        List<Placement> open = new ArrayList<>();
        for (FromTree factor : factors) {
            Placement placement = factor(block, factor);
            if (!placement.isEverywhere()) {
                open.add(placement);
            }
        }
        return open.isEmpty() ? Placement.EVERYWHERE : merge(block, open, KeyClass.equalities(conditions, block));
    }

    /** Merges what lies by key: equal keys of one family lie together. */
    private static Placement merge(Block block, List<Placement> parts, List<Condition.Equal> equalities) {
        List<Placement> open = new ArrayList<>(parts);
        Placement first = open.remove(0);
        HashFamily family = Objects.requireNonNull(first.family());
        Set<Attribute> strong = new HashSet<>(first.strong());
        Set<Attribute> weak = new HashSet<>(first.weak());
        boolean grown = true;
        while (grown) {
            grown = false;
            block.effort().spend((equalities.size() + 1) * (2 * open.size() + 1) * 5);
            for (Condition.Equal equality : equalities) {
                grown |= grow(equality.left(), equality.right(), family, strong, weak, open);
                grown |= grow(equality.right(), equality.left(), family, strong, weak, open);
            }
            grown |= absorb(null, family, strong, weak, open);
        }
        if (!open.isEmpty()) {
            throw notColocated(block, first, open.get(0));
        }
        return new Placement(family, strong, weak);
    }

    private static boolean grow(
            Attribute from,
            Attribute to,
            HashFamily family,
            Set<Attribute> strong,
            Set<Attribute> weak,
            List<Placement> open) {
        if (!strong.contains(from) && !weak.contains(from)) {
            return false;
        }
        if (absorb(to, family, strong, weak, open)) {
            return true;
        }
        return KeyFamilies.hashesLike(to.origin(), family) && isFree(to, open) && strong.add(to);
    }

    /** A column of rows that lie by another key says nothing of where they lie. */
    private static boolean isFree(Attribute attribute, List<Placement> open) {
        return open.stream().noneMatch(part -> part.all().contains(attribute));
    }

    /** Takes in the parts that lie by an attribute; by any that is in already when it is null. */
    private static boolean absorb(
            @Nullable Attribute attribute,
            HashFamily family,
            Set<Attribute> strong,
            Set<Attribute> weak,
            List<Placement> open) {
        for (Placement part : open) {
            boolean shares = attribute == null
                    ? part.all().stream().anyMatch(each -> strong.contains(each) || weak.contains(each))
                    : part.all().contains(attribute);
            if (shares && part.family() == family) {
                strong.addAll(part.strong());
                weak.addAll(part.weak());
                open.remove(part);
                return true;
            }
        }
        return false;
    }

    private static RoutingException notColocated(Block block, Placement one, Placement other) {
        RelationUse first = relation(one);
        RelationUse second = relation(other);
        int token = second == null ? 0 : second.token();
        return new RoutingException(CrossShard.NON_COLOCATED_JOIN.at(
                second != null && second.block() == block ? Positions.of(block, token) : 0,
                first == null ? "subquery" : name(first),
                second == null ? "subquery" : name(second)));
    }

    private static @Nullable RelationUse relation(Placement placement) {
        return placement.all().stream().map(Attribute::relation).findFirst().orElse(null);
    }

    static String name(RelationUse relation) {
        return relation.table() == null
                ? relation.name().isEmpty() ? "subquery" : relation.name()
                : relation.table().name().toString();
    }

    private Placement factor(Block block, FromTree tree) {
        if (tree instanceof FromTree.Joined joined) {
            return joined.type() == FromItem.Join.Type.INNER
                    ? inner(block, factors(tree), tree, List.of())
                    : outer(block, joined);
        }
        RelationUse relation = ((FromTree.Leaf) tree).relation();
        boolean samplesItsOwn = relation.isDistributed() && block.relations().size() == 1;
        if (block.isSampled() && !samplesItsOwn) {
            throw refuse(Unsupported.VOLATILE_FUNCTION, block, relation.token(), "tablesample");
        }
        return switch (relation.kind()) {
            case TABLE ->
                relation.isDistributed()
                        ? new Placement(relation.keyType().family(), Set.of(relation.key()), Set.of())
                        : Placement.EVERYWHERE;
            case CONSTANT -> Placement.EVERYWHERE;
            case FUNCTION -> {
                relation.calls().forEach(call -> functions.checkStable(block, call));
                yield Placement.EVERYWHERE;
            }
            case LOCAL ->
                throw refuse(CrossShard.LOCAL_WITH_DISTRIBUTED, block, relation.token(), relation.name(), "*");
            case OPAQUE -> throw refuse(CrossShard.RECURSIVE_CTE, block, relation.token(), relation.name());
            case DERIVED -> derived(block, relation);
        };
    }

    private Placement derived(Block block, RelationUse relation) {
        QueryPlacement result = rows(relation.query(), true);
        if (relation.query().isRecursive() && !result.isEverywhere()) {
            throw refuse(CrossShard.RECURSIVE_CTE, block, relation.token(), relation.name());
        }
        if (result.isEverywhere()) {
            return Placement.EVERYWHERE;
        }
        Set<Attribute> strong = new HashSet<>(result.outer());
        Set<Attribute> weak = new HashSet<>();
        List<String> columns = relation.columns();
        if (columns != null) {
            result.strong().forEach(i -> name(relation, columns, i, strong));
            result.weak().forEach(i -> name(relation, columns, i, weak));
        }
        return new Placement(result.family(), strong, weak);
    }

    private static void name(RelationUse relation, List<String> columns, int position, Set<Attribute> into) {
        if (position < columns.size() && relation.position(columns.get(position)) >= 0) {
            into.add(new Attribute(relation, columns.get(position)));
        }
    }

    private Placement outer(Block block, FromTree.Joined join) {
        Placement left = factor(block, join.left());
        Placement right = factor(block, join.right());
        if (left.isEverywhere() && right.isEverywhere()) {
            return Placement.EVERYWHERE;
        }
        boolean keepsLeft = join.type() != FromItem.Join.Type.RIGHT;
        boolean keepsRight = join.type() != FromItem.Join.Type.LEFT;
        if ((left.isEverywhere() && keepsLeft && !right.isPinned(block))
                || (right.isEverywhere() && keepsRight && !left.isPinned(block))) {
            boolean leftKept = left.isEverywhere();
            throw preservesReplicated(
                    block, leftKept ? join.left() : join.right(), leftKept ? join.right() : join.left());
        }
        if (left.isEverywhere()) {
            return keepsLeft ? pinned(right, block) : right;
        }
        if (right.isEverywhere()) {
            return keepsRight ? pinned(left, block) : left;
        }
        Placement both = merge(block, List.of(left, right), KeyClass.equalities(join.conditions(), block));
        Set<Attribute> strong = new HashSet<>();
        Set<Attribute> weak = both.all();
        // what ON adds holds for matched rows only
        Set<Attribute> known = left.all();
        known.addAll(right.all());
        weak.retainAll(known);
        if (keepsLeft && !keepsRight) {
            strong.addAll(left.strong());
        } else if (keepsRight && !keepsLeft) {
            strong.addAll(right.strong());
        }
        weak.removeAll(strong);
        return new Placement(both.family(), strong, weak);
    }

    /** Rows that only correlation ties to a shard. */
    private static Placement pinned(Placement placement, Block block) {
        Set<Attribute> outer = new HashSet<>(placement.all());
        outer.removeIf(attribute -> attribute.relation().block() == block);
        return new Placement(placement.family(), outer, Set.of());
    }

    private static RoutingException preservesReplicated(Block block, FromTree kept, FromTree other) {
        RelationUse relation = first(kept);
        return refuse(
                CrossShard.OUTER_JOIN_PRESERVES_REPLICATED,
                block,
                relation.token(),
                name(relation),
                name(first(other)));
    }

    private static RelationUse first(FromTree tree) {
        FromTree at = tree;
        while (at instanceof FromTree.Joined joined) {
            at = joined.left();
        }
        return ((FromTree.Leaf) at).relation();
    }

    /** The subqueries in a block's expressions must find on each row's shard all that they look for. */
    private Placement withSublinks(Block block, Placement from) {
        Placement placement = from;
        for (Sublink sublink : block.sublinks()) {
            QueryPlacement result = rows(sublink.query(), !(sublink.expression() instanceof Expr.Exists));
            if (result.isEverywhere()) {
                continue;
            }
            Set<Attribute> all = placement.all();
            boolean tied = result.outer().stream().anyMatch(all::contains);
            if (tied && placement.family() == result.family()) {
                continue;
            }
            Set<Attribute> further = new HashSet<>(result.outer());
            further.removeIf(attribute -> attribute.relation().block() == block);
            if (placement.isEverywhere() && !further.isEmpty()) {
                // the subquery ties this block in its turn to an outer one
                placement = new Placement(result.family(), further, Set.of());
                continue;
            }
            if (!isMember(block, placement, sublink, result)) {
                RelationUse table = distributed(sublink.query());
                throw refuse(
                        CrossShard.UNBOUND_SUBQUERY,
                        block,
                        sublink.expression().from(),
                        table == null ? "subquery" : name(table));
            }
        }
        return placement;
    }

    private static boolean isMember(Block block, Placement placement, Sublink sublink, QueryPlacement result) {
        if (!(sublink.expression() instanceof Expr.Membership membership)
                || !isEquality(membership)
                || placement.family() != result.family()) {
            return false;
        }
        List<Expr> left = membership.left() instanceof Expr.Row row ? row.fields() : List.of(membership.left());
        for (int i = 0; i < left.size(); i++) {
            Attribute attribute = block.attribute(left.get(i));
            boolean listed = result.strong().contains(i)
                    || (sublink.positive() && result.weak().contains(i));
            if (attribute == null || !listed || !placement.all().contains(attribute)) {
                continue;
            }
            if (sublink.positive()) {
                return true;
            }
            // a NULL on either side would make "not in" unknown, on whichever shard it lies
            Column outer = attribute.origin();
            Column inner = sublink.query().origin(i);
            Attribute listedAs = sublink.query().output(i);
            return left.size() == 1
                    && placement.strong().contains(attribute)
                    && !attribute.relation().isNullable()
                    && listedAs != null
                    && listedAs.relation().kind() == RelationUse.Kind.TABLE
                    && attribute.relation().kind() == RelationUse.Kind.TABLE
                    && !listedAs.relation().isNullable()
                    && outer != null
                    && outer.notNull()
                    && inner != null
                    && inner.notNull();
        }
        return false;
    }

    /** {@code IN}, {@code = ANY}, {@code NOT IN}, {@code <> ALL}. */
    private static boolean isEquality(Expr.Membership membership) {
        return membership.all()
                ? membership.operator().equals("<>") || membership.operator().equals("!=")
                : membership.operator().equals("=");
    }

    private static @Nullable RelationUse distributed(ResolvedQuery query) {
        if (query.isSetOperation()) {
            RelationUse left = distributed(query.left());
            return left == null ? distributed(query.right()) : left;
        }
        for (RelationUse relation : Objects.requireNonNull(query.block()).relations()) {
            if (relation.isDistributed()) {
                return relation;
            }
            RelationUse below = relation.kind() == RelationUse.Kind.DERIVED ? distributed(relation.query()) : null;
            if (below != null) {
                return below;
            }
        }
        return null;
    }

    private QueryPlacement result(ResolvedQuery query, boolean asSet) {
        Block block = Objects.requireNonNull(query.block());
        Placement rows = rows(block);
        if (rows.isEverywhere()) {
            functions.checkDeterministic(block, query, asSet);
            return QueryPlacement.EVERYWHERE;
        }
        if (!rows.isPinned(block)) {
            finishesByShard(block, query, rows);
        }
        Set<Attribute> outer = new HashSet<>(rows.all());
        outer.removeIf(attribute -> attribute.relation().block() == block);
        return new QueryPlacement(rows.family(), places(block, rows.strong()), places(block, rows.weak()), outer);
    }

    private static Set<Integer> places(Block block, Set<Attribute> attributes) {
        Set<Integer> places = new HashSet<>();
        List<Output> outputs = block.outputs();
        for (int i = 0; outputs != null && i < outputs.size(); i++) {
            if (outputs.get(i).attribute() != null
                    && attributes.contains(outputs.get(i).attribute())) {
                places.add(i);
            }
        }
        return places;
    }

    /** Whether the groups, windows and so on of a subquery each lie on one shard. */
    private static void finishesByShard(Block block, ResolvedQuery query, Placement rows) {
        int token = query.syntax().from();
        if (query.syntax().limit() != null) {
            throw refuse(
                    CrossShard.LIMIT_IN_SUBQUERY, block, query.syntax().limit().from());
        }
        Query.Select select = block.select();
        if (select == null) {
            return;
        }
        SelectShape shape = new SelectShape(block, orderBy(query));
        if (shape.isGrouped() && !meet(shape.groupKeys(), rows.strong())) {
            throw refuse(CrossShard.AGGREGATE_IN_SUBQUERY, block, token);
        }
        if (select.distinct()
                && !meet(
                        select.distinctOn() == null ? shape.outputAttributes() : shape.distinctOnAttributes(),
                        rows.strong())) {
            throw refuse(CrossShard.DISTINCT_IN_SUBQUERY, block, token);
        }
        for (Expr.Call call : shape.windowCalls()) {
            if (!meet(shape.partition(call), rows.strong())) {
                throw refuse(CrossShard.WINDOW_IN_SUBQUERY, block, call.from());
            }
        }
    }

    public static List<Expr> orderBy(ResolvedQuery query) {
        return query.syntax().orderBy().stream().map(item -> item.expression()).toList();
    }

    public static boolean meet(Set<Attribute> one, Set<Attribute> other) {
        return one.stream().anyMatch(other::contains);
    }

    /** The same for a set operation at the top of a statement, whose LIMIT the client applies. */
    public QueryPlacement withoutLimit(ResolvedQuery query) {
        return setOperation(query, false, null);
    }

    private QueryPlacement setOperation(ResolvedQuery query, boolean asSet, Query.@Nullable Limit limit) {
        QueryPlacement left = rows(query.left(), true);
        QueryPlacement right = rows(query.right(), true);
        Query.SetOperation operation = query.setOperation();
        Block place = anyBlock(query);
        String name = operation.operator().name();
        if (left.isEverywhere() && right.isEverywhere()) {
            if (limit != null && asSet) {
                throw refuse(CrossShard.LIMIT_IN_SUBQUERY, place, limit.from());
            }
            return QueryPlacement.EVERYWHERE;
        }
        Set<Attribute> outer = new HashSet<>(left.outer());
        outer.retainAll(right.outer());
        if (left.family() != right.family()) {
            // the same rows on every shard would be counted once for each of them
            throw refuse(CrossShard.SET_OPERATION, place, query.syntax().from(), name);
        }
        Set<Integer> strong = new HashSet<>(left.strong());
        strong.retainAll(right.strong());
        boolean pinned = !outer.isEmpty();
        boolean concatenates = operation.all() && operation.operator() == Query.SetOperation.Operator.UNION;
        if (!pinned && limit != null) {
            throw refuse(CrossShard.LIMIT_IN_SUBQUERY, place, limit.from());
        }
        if (!pinned && !concatenates && strong.isEmpty()) {
            throw refuse(CrossShard.SET_OPERATION, place, query.syntax().from(), name);
        }
        if (!pinned && (!left.outer().isEmpty() || !right.outer().isEmpty())) {
            throw refuse(CrossShard.SET_OPERATION, place, query.syntax().from(), name);
        }
        Set<Integer> weak = new HashSet<>(left.weak());
        weak.addAll(left.strong());
        Set<Integer> rightAll = new HashSet<>(right.weak());
        rightAll.addAll(right.strong());
        weak.retainAll(rightAll);
        weak.removeAll(strong);
        return new QueryPlacement(left.family(), strong, weak, outer);
    }

    /** Some block of the query, for the text that its tokens count in. */
    public static Block anyBlock(ResolvedQuery query) {
        ResolvedQuery at = query;
        while (at.isSetOperation()) {
            at = at.left();
        }
        return Objects.requireNonNull(at.block());
    }

    /** The refusal of something in a block. */
    public static RoutingException refuse(CrossShard reason, Block block, int token, String... names) {
        return new RoutingException(reason.at(Positions.of(block, token), names));
    }

    public static RoutingException refuse(Unsupported refusal, Block block, int token, String... names) {
        return new RoutingException(refusal.at(Positions.of(block, token), names));
    }
}
