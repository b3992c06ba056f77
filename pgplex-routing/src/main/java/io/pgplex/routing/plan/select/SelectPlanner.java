package io.pgplex.routing.plan.select;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.CatalogRelations;
import io.pgplex.routing.analyze.Effects;
import io.pgplex.routing.analyze.EvaluateOnce;
import io.pgplex.routing.analyze.FunctionRules;
import io.pgplex.routing.analyze.KeyConstants;
import io.pgplex.routing.analyze.ModificationSelectors;
import io.pgplex.routing.analyze.Placement;
import io.pgplex.routing.analyze.Placements;
import io.pgplex.routing.analyze.RelationUse;
import io.pgplex.routing.analyze.Resolution;
import io.pgplex.routing.analyze.ResolvedQuery;
import io.pgplex.routing.analyze.Resolver;
import io.pgplex.routing.analyze.SelectShape;
import io.pgplex.routing.analyze.Selectors;
import io.pgplex.routing.analyze.ShardAnalysis;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.plan.CrossShard;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Refusal;
import io.pgplex.routing.plan.Scatter;
import io.pgplex.routing.plan.StatementKind;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Plans a SELECT. Confined to one thread, for one statement. */
public final class SelectPlanner {

    private final ClusterMap map;
    private final ScannedStatement text;
    private final Query query;
    private final Resolution resolution;
    private final KeyConstants constants;

    public SelectPlanner(Query query, ScannedStatement text, ClusterMap map, RoutingScope scope) {
        this.map = map;
        this.text = text;
        this.query = query;
        this.resolution = new Resolver(map, scope).query(query, text);
        this.constants = new KeyConstants(map.buckets());
    }

    public Plan.Sharded plan() {
        Effects effects = new Effects(resolution);
        Effect effect = effects.ofQuery(resolution);
        if (!resolution.hasDistributed() && !writesDistributed()) {
            Plan.Sharded alone = sharded(effect, alone(effects), null, null);
            return locksForWrite()
                    ? new Plan.Sharded(
                            alone.kind(),
                            effect,
                            true,
                            alone.original(),
                            alone.selector(),
                            null,
                            null,
                            null,
                            replicatedTables())
                    : alone;
        }
        ShardAnalysis shards = new ShardAnalysis(constants);
        List<ShardSelector> needed = new ArrayList<>(List.of(shards.uses(resolution)));
        ModificationSelectors targets = new ModificationSelectors(constants, shards);
        resolution.modifyingCtes().forEach(cte -> needed.add(targets.of(cte)));
        if (effects.callsSequence()) {
            needed.add(Selectors.HOME);
        }
        if (resolution.hasLocal()) {
            needed.add(Selectors.HOME);
            return sharded(effect, Selectors.or(needed), null, localWithDistributed(resolution, text));
        }
        ShardSelector selector = Selectors.or(needed);
        try {
            return sharded(effect, selector, scatter(), null);
        } catch (RoutingException cannot) {
            return sharded(effect, selector, null, cannot.refusal());
        }
    }

    private boolean writesDistributed() {
        return !resolution.modifyingCtes().isEmpty()
                && resolution.modifyingCtes().stream()
                        .anyMatch(cte -> cte.target().table() != null);
    }

    private Plan.Sharded sharded(
            Effect effect, ShardSelector selector, @Nullable Scatter scatter, @Nullable Refusal refusal) {
        Fragment original;
        if (resolution.catalogs().isEmpty()) {
            original = Fragment.original(text.text(), text.parameterCount());
        } else {
            Splice splice = new Splice(text);
            withCatalogs(splice);
            original = splice.fragment();
        }
        return new Plan.Sharded(StatementKind.SELECT, effect, true, original, selector, scatter, null, refusal);
    }

    private void withCatalogs(Splice splice) {
        new CatalogRelations(map).splice(splice, resolution.catalogs(), query.with(), query.from());
    }

    /** The shard of a statement without distributed tables. */
    private ShardSelector alone(Effects effects) {
        boolean locks = locksRows(text);
        return resolution.hasLocal()
                        || effects.isBoundToHome()
                        || locks
                        || !resolution.modifyingCtes().isEmpty()
                ? Selectors.HOME
                : new ShardSelector.AnyShard();
    }

    /** Whether FOR UPDATE or its kin stands anywhere: writers of replicated tables go to the first shard first. */
    public static boolean locksRows(ScannedStatement text) {
        for (int i = 0; i < text.tokenCount(); i++) {
            if (text.is(i, "FOR") && text.is(i + 1, "UPDATE", "SHARE", "NO", "KEY")) {
                return true;
            }
        }
        return false;
    }

    /** Whether FOR UPDATE or FOR NO KEY UPDATE stands anywhere. */
    private boolean locksForWrite() {
        for (int i = 0; i < text.tokenCount(); i++) {
            if (text.isSequence(i, "FOR", "UPDATE") || text.isSequence(i, "FOR", "NO", "KEY", "UPDATE")) {
                return true;
            }
        }
        return false;
    }

    /** The replicated tables that it reads, in an order that is the same for every statement. */
    private List<TableName> replicatedTables() {
        return resolution.uses().stream()
                .filter(RelationUse::isReplicated)
                .map(use -> Objects.requireNonNull(use.table()).name())
                .distinct()
                .sorted()
                .toList();
    }

    /** The refusal that names a local table beside a distributed one. */
    public static Refusal localWithDistributed(Resolution resolution, ScannedStatement text) {
        RelationUse local = null;
        RelationUse distributed = null;
        for (RelationUse use : resolution.uses()) {
            if (use.kind() == RelationUse.Kind.LOCAL && local == null) {
                local = use;
            } else if (use.isDistributed() && distributed == null) {
                distributed = use;
            }
        }
        String first = local == null ? "?" : local.name();
        String second = distributed == null || distributed.table() == null
                ? "?"
                : distributed.table().name().toString();
        return CrossShard.LOCAL_WITH_DISTRIBUTED.at(local == null ? 0 : local.position(), first, second);
    }

    private Scatter scatter() {
        if (!resolution.modifyingCtes().isEmpty()) {
            throw new RoutingException(Unsupported.DATA_MODIFYING_CTE.at(0));
        }
        FunctionRules functions = new FunctionRules(false);
        Placements placements = new Placements(functions);
        ResolvedQuery top = resolution.query();
        EvaluateOnce once = new EvaluateOnce(text);
        Splice splice = new Splice(text);
        Collations collations = new Collations(text, map, resolution);
        if (top.isSetOperation()) {
            Merge merge =
                    new SetOperationPlanner(top, placements, functions, collations, once, splice, resolution).plan();
            return finish(splice, merge, once);
        }
        Block block = Placements.anyBlock(top);
        Placement rows = placements.rows(block);
        once.splice(functions.evaluatedOnce(), resolution, splice);
        Limits limits = new Limits(query, block, once);
        if (!staysOnShards(block, rows, top)) {
            if (!query.locking().isEmpty()) {
                throw Placements.refuse(
                        Unsupported.LOCK_ACROSS_SHARDS,
                        block,
                        query.locking().get(0).from(),
                        lock());
            }
            withCatalogs(splice);
            return new FinishPlanner(top, limits, collations, once, splice).plan();
        }
        if (!query.locking().isEmpty() && !limits.isUnlimited()) {
            throw Placements.refuse(
                    Unsupported.LOCK_WITH_LIMIT, block, query.locking().get(0).from(), lock());
        }
        Merge merge = query.orderBy().isEmpty()
                ? new Merge.Concatenate(limits.rows())
                : new SortPlanner(top, collations, splice).plan(limits);
        limits.pushDown(splice);
        return finish(splice, merge, once);
    }

    private Scatter finish(Splice splice, Merge merge, EvaluateOnce once) {
        withCatalogs(splice);
        return new Scatter(splice.fragment(), merge, once.evaluations());
    }

    private String lock() {
        Query.Locking locking = query.locking().get(0);
        return text.text(locking.from(), locking.to());
    }

    /** Whether every group, every window's partition and all that DISTINCT compares lie on one shard. */
    private static boolean staysOnShards(Block block, Placement rows, ResolvedQuery top) {
        Query.Select select = block.select();
        if (select == null) {
            return true;
        }
        SelectShape shape = new SelectShape(block, Placements.orderBy(top));
        if (shape.isGrouped() && !Placements.meet(shape.groupKeys(), rows.strong())) {
            return false;
        }
        if (select.distinct()) {
            var compared = select.distinctOn() == null ? shape.outputAttributes() : shape.distinctOnAttributes();
            if (!Placements.meet(compared, rows.strong())) {
                return false;
            }
        }
        return shape.windowCalls().stream().allMatch(call -> Placements.meet(shape.partition(call), rows.strong()));
    }
}
