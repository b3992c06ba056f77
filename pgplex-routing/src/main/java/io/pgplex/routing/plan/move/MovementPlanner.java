package io.pgplex.routing.plan.move;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.analyze.Attribute;
import io.pgplex.routing.analyze.FunctionRules;
import io.pgplex.routing.analyze.RelationUse;
import io.pgplex.routing.analyze.Resolution;
import io.pgplex.routing.analyze.Selectors;
import io.pgplex.routing.analyze.syntax.UnknownSyntaxException;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.function.Functions;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Movement;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.insert.InsertPlanner;
import io.pgplex.routing.plan.select.SelectPlanner;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.statistics.Statistics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Plans what travels. Confined to one thread, for one statement. */
public final class MovementPlanner {

    /** Beyond this many uses of distributed tables only gather is tried: each other way is a plan of its own. */
    private static final int MAX_BROADCAST_USES = 12;

    /** The same for long texts, which take long to plan. */
    private static final int MAX_BROADCAST_TOKENS = 5000;

    /** How many tables are tried as the one that stays. */
    private static final int MAX_ANCHORS = 3;

    /** Fewer bytes than this are not worth a filter that travels first. */
    private static final double MIN_REDUCED_BYTES = 256 * 1024;

    /** What a filter must save for each byte that it costs. */
    private static final double MIN_REDUCTION = 4;

    /** A filter of more rows than this would not be used. */
    private static final double MAX_REDUCER_ROWS = 10_000;

    private final ClusterMap map;
    private final Sizes sizes;
    private final OwnText own;
    private final Planning planning;
    private final Names names;

    private MovementPlanner(ScannedStatement statement, ClusterMap map, RoutingScope scope, Sizes sizes) {
        this.map = map;
        this.sizes = sizes;
        this.planning = Planning.of(map, scope);
        this.own = OwnText.of(statement, planning);
        this.names = new Names(own.text());
    }

    /**
     * What travels so that a statement can run that the ordinary planners refuse.
     *
     * @return null when it cannot run that way either
     * @throws RoutingException why it cannot, where that is another reason than before
     */
    public static @Nullable Movement plan(
            ScannedStatement statement, ClusterMap map, RoutingScope scope, Statistics statistics) {
        return new MovementPlanner(statement, map, scope, new Sizes(statistics, scope)).plan();
    }

    private @Nullable Movement plan() {
        Resolution resolution = planning.resolve(own.text());
        // FOR UPDATE and its kin lock rows where they are, not where they have travelled to
        if (resolution.hasUnknownView() || SelectPlanner.locksRows(own.text())) {
            return null;
        }
        FunctionRules.checkGathered(resolution);
        Draft draft = new Draft(own.text(), own.parameters(), planning, List.of());
        if (!resolution.modifyingCtes().isEmpty()) {
            Draft without = new ModifyingCtes(draft, resolution, names).replace(this::source);
            if (without == null) {
                return null;
            }
            draft = without;
            resolution = draft.planning().resolve(draft.text());
        }
        boolean values = InsertPlanner.isValues(draft.text());
        Draft reduced = values ? draft : new Subqueries(draft, resolution, names).replace();
        Plan.@Nullable Sharded plan = values ? null : reduced.plan();
        if (plan != null) {
            return reduced.intermediates().isEmpty() ? null : movement(reduced, plan);
        }
        Table target =
                resolution.isModification() ? resolution.target().target().table() : null;
        if (target == null) {
            return tables(reduced);
        }
        Movement writing = null;
        RoutingException refusal = null;
        try {
            writing = writing(draft, resolution, target);
        } catch (RoutingException cannot) {
            refusal = cannot;
        }
        boolean copies = target.distribution() instanceof TableDistribution.Replicated;
        if (writing == null && (refusal == null || copies)) {
            writing = tables(reduced);
        }
        if (writing == null && refusal != null && !copies) {
            throw refusal;
        }
        return writing;
    }

    private @Nullable Movement writing(Draft draft, Resolution resolution, Table target) {
        return switch (resolution.target().syntax().verb()) {
            case INSERT -> new InsertMovement(draft, resolution, target, names).plan(this::source, own.evaluations());
            case MERGE -> new MergeMovement(draft, resolution, target, names).plan(this::source, own.evaluations());
            default -> null;
        };
    }

    /** The plan of a part of the statement that runs by itself. */
    private Plan.@Nullable Sharded source(Fragment part, Planning with) {
        ScannedStatement text = Planning.scan(part);
        try {
            Plan.Sharded plan = with.planOrRefuse(text);
            boolean values = InsertPlanner.isValues(text);
            if (plan.refusal() == null && !values) {
                return plan;
            }
            Movement movement = new MovementPlanner(text, with.map(), with.scope(), sizes).plan();
            // what defaults and sequences give is the cluster's, whichever shard the rows belong to
            ShardSelector shards = values || callsSequence(text) ? Selectors.ALL : plan.selector();
            return movement == null ? null : plan.moving(shards, movement);
        } catch (UnknownSyntaxException unknown) {
            return null;
        }
    }

    private static boolean callsSequence(ScannedStatement text) {
        for (int i = 0; i < text.tokenCount(); i++) {
            if (text.isPunctuation(i + 1, '(') && text.isName(i) && Functions.isSequenceFunction(text.identifier(i))) {
                return true;
            }
        }
        return false;
    }

    // ---- which tables travel

    /** One way to run the statement. */
    private record Choice(
            Draft draft, Plan.Sharded plan, double cost, TableSource source, List<TableSource.Moved> moved) {}

    private @Nullable Movement tables(Draft draft) {
        Resolution resolution = draft.planning().resolve(draft.text());
        TableSource source = new TableSource(draft, resolution, sizes);
        List<RelationUse> distributed = new ArrayList<>();
        List<RelationUse> local = new ArrayList<>();
        RelationUse target = resolution.isModification() ? resolution.target().target() : null;
        for (RelationUse use : resolution.uses()) {
            if (use.equals(target)) {
                continue;
            }
            if (use.isDistributed() && (use.item() == null || !use.block().isOwnText())) {
                return null;
            }
            if (use.isDistributed()) {
                distributed.add(use);
            } else if (use.kind() == RelationUse.Kind.LOCAL) {
                local.add(use);
            }
        }
        distributed.sort(Comparator.comparingDouble(
                        (RelationUse use) -> source.measure("", List.of(use)).bytes())
                .reversed());
        Choice best = choice(draft, source, distributed, 1);
        boolean localsMove = local.stream().allMatch(use -> sizes.table(use) != null);
        boolean stays = best != null && isImages(best.plan);
        boolean few = !stays
                && distributed.size() <= MAX_BROADCAST_USES
                && draft.text().tokenCount() <= MAX_BROADCAST_TOKENS;
        if (localsMove && few) {
            double limit = best == null ? Double.MAX_VALUE : best.cost;
            Choice broadcast = broadcast(draft, source, distributed, local, target != null, limit);
            best = broadcast != null ? broadcast : best;
        }
        Draft whole = best == null ? null : withReductions(best);
        return best == null || whole == null ? null : movement(whole, best.plan);
    }

    /** The cheapest way in which some tables stay where they are, if it is not dearer than {@code limit}. */
    private @Nullable Choice broadcast(
            Draft draft,
            TableSource source,
            List<RelationUse> distributed,
            List<RelationUse> local,
            boolean targetStays,
            double limit) {
        int copies = map.shards().size();
        Choice best = null;
        double least = limit;
        if (targetStays) {
            best = choice(draft, source, joined(distributed, local), copies);
            least = best == null ? limit : Math.min(limit, best.cost);
        }
        for (int i = 0; i < Math.min(MAX_ANCHORS, distributed.size()); i++) {
            List<RelationUse> moved = new ArrayList<>(distributed);
            moved.remove(i);
            Choice choice = choice(draft, source, joined(moved, local), copies);
            if (choice == null) {
                continue;
            }
            for (RelationUse use : distributed) {
                if (moved.contains(use)) {
                    List<RelationUse> fewer = new ArrayList<>(moved);
                    fewer.remove(use);
                    Choice further = choice(draft, source, joined(fewer, local), copies);
                    if (further != null) {
                        moved = fewer;
                        choice = further;
                    }
                }
            }
            if (choice.cost <= least) {
                best = choice;
                least = choice.cost;
            }
        }
        return best;
    }

    private static List<RelationUse> joined(List<RelationUse> some, List<RelationUse> others) {
        List<RelationUse> all = new ArrayList<>(some);
        all.addAll(others);
        return all;
    }

    /** The statement with these uses moved to so many shards; null when it is refused even so. */
    private @Nullable Choice choice(Draft draft, TableSource source, List<RelationUse> uses, int copies) {
        Names fresh = names.copy();
        if (uses.isEmpty()) {
            return null;
        }
        List<TableSource.Moved> moved = new ArrayList<>();
        List<Draft.Replacement> replacements = new ArrayList<>();
        Planning with = draft.planning();
        double cost = 0;
        for (List<RelationUse> group : byTable(uses)) {
            TableSource.Moved table = source.measure(fresh.next(), group);
            moved.add(table);
            replacements.addAll(source.replacements(table));
            with = with.with(table.name(), source.columns(group.get(0), table.columns()));
            cost += table.bytes() * copies;
        }
        // of two replacements of one place the first counts
        replacements.addAll(0, source.groupKeys(moved));
        Draft changed = draft.replace(replacements, List.of(), with);
        Plan.@Nullable Sharded plan = changed.plan();
        return plan == null || (copies == 1 && !isOneShard(plan))
                ? null
                : new Choice(changed, plan, cost, source, moved);
    }

    /** The uses of each table together; a sample is a relation of its own. */
    private List<List<RelationUse>> byTable(List<RelationUse> uses) {
        Map<Object, List<RelationUse>> groups = new LinkedHashMap<>();
        for (RelationUse use : uses) {
            TableName name = Objects.requireNonNull(sizes.table(use)).name();
            Object key = Objects.requireNonNull(use.item()).sampled() ? use : name;
            groups.computeIfAbsent(key, each -> new ArrayList<>()).add(use);
        }
        return List.copyOf(groups.values());
    }

    // ---- the movement

    private @Nullable Draft withReductions(Choice choice) {
        List<TableSource.Moved> order = new ArrayList<>(choice.moved);
        order.sort(Comparator.comparingDouble(TableSource.Moved::bytes));
        List<Intermediate> sources = new ArrayList<>(choice.draft.intermediates());
        List<TableSource.Moved> before = new ArrayList<>();
        for (TableSource.Moved table : order) {
            Intermediate source = choice.source.intermediate(table, reducer(table, before, choice.draft.planning()));
            if (source == null) {
                return null;
            }
            sources.add(source);
            before.add(table);
        }
        return new Draft(choice.draft.text(), choice.draft.parameters(), choice.draft.planning(), sources);
    }

    /** A smaller table that travels before and that the rows of this one are joined with, wherever it is used. */
    private TableSource.@Nullable Reducer reducer(
            TableSource.Moved table, List<TableSource.Moved> before, Planning with) {
        if (table.bytes() < MIN_REDUCED_BYTES || !table.uses().stream().allMatch(sizes::isKnown)) {
            return null;
        }
        for (Equality equality : Equality.of(table.uses().get(0))) {
            String mine = equality.mine().column();
            String other = equality.other().column();
            for (TableSource.Moved filtering : before) {
                boolean small = filtering.rows() <= MAX_REDUCER_ROWS
                        && filtering.uses().stream().allMatch(sizes::isKnown);
                if (small
                        && table.uses().stream().allMatch(use -> joins(use, mine, filtering, other))
                        && saves(table, equality.mine(), filtering)) {
                    return new TableSource.Reducer(filtering.name(), other, mine, with);
                }
            }
        }
        return null;
    }

    private static boolean joins(RelationUse use, String column, TableSource.Moved filtering, String other) {
        return Equality.of(use).stream()
                .anyMatch(equality -> equality.mine().column().equals(column)
                        && equality.other().column().equals(other)
                        && filtering.covers(equality.other().relation()));
    }

    private boolean saves(TableSource.Moved table, Attribute reduced, TableSource.Moved filtering) {
        double kept = Math.min(1, filtering.rows() / sizes.distinct(reduced));
        double cost = filtering.bytes() * map.shards().size();
        return (1 - kept) * table.bytes() > MIN_REDUCTION * cost;
    }

    /** Whether only the first shard runs the text, which writes to a replicated table. */
    private static boolean isImages(Plan.Sharded plan) {
        return plan.scatter() != null && plan.scatter().merge() instanceof Merge.Images;
    }

    private static boolean isOneShard(Plan.Sharded plan) {
        return isImages(plan)
                || plan.selector() instanceof ShardSelector.AnyShard
                || plan.selector() instanceof ShardSelector.HomeShard;
    }

    private Movement movement(Draft draft, Plan.Sharded then) {
        Intermediate.Reach reach =
                isOneShard(then) ? new Intermediate.Reach.OneShard() : new Intermediate.Reach.EveryShard();
        List<Intermediate> intermediates = new ArrayList<>();
        for (Intermediate each : draft.intermediates()) {
            intermediates.add(each.withReach(reach));
        }
        return new Movement(own.evaluations(), intermediates, then, draft.parameters(), false);
    }
}
