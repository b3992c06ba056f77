package io.pgplex.routing.plan.modify;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.analyze.CatalogRelations;
import io.pgplex.routing.analyze.Effects;
import io.pgplex.routing.analyze.EvaluateOnce;
import io.pgplex.routing.analyze.FunctionRules;
import io.pgplex.routing.analyze.KeyConstants;
import io.pgplex.routing.analyze.ModificationSelectors;
import io.pgplex.routing.analyze.Placement;
import io.pgplex.routing.analyze.Placements;
import io.pgplex.routing.analyze.Positions;
import io.pgplex.routing.analyze.RelationUse;
import io.pgplex.routing.analyze.Resolution;
import io.pgplex.routing.analyze.ResolvedModification;
import io.pgplex.routing.analyze.Resolver;
import io.pgplex.routing.analyze.Selectors;
import io.pgplex.routing.analyze.ShardAnalysis;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.syntax.Modification;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.plan.CrossShard;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Refusal;
import io.pgplex.routing.plan.RowLimit;
import io.pgplex.routing.plan.Scatter;
import io.pgplex.routing.plan.StatementKind;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.plan.insert.InsertPlanner;
import io.pgplex.routing.plan.select.SelectPlanner;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Plans a statement that writes, INSERT ... VALUES apart. Confined to one thread, for one statement. */
public final class ModificationPlanner {

    private final ClusterMap map;
    private final ScannedStatement text;
    private final Modification syntax;
    private final Resolution resolution;
    private final ResolvedModification target;

    public ModificationPlanner(Modification syntax, ScannedStatement text, ClusterMap map, RoutingScope scope) {
        this.map = map;
        this.text = text;
        this.syntax = syntax;
        this.resolution = new Resolver(map, scope).modification(syntax, text);
        this.target = resolution.target();
    }

    /** The distributed or replicated table that is written; null when the target is local or a view. */
    public @Nullable Table table() {
        return target.target().table();
    }

    public Plan.Sharded plan() {
        Table table = table();
        if (table == null) {
            return target.target().kind() == RelationUse.Kind.LOCAL ? local() : throughView();
        }
        if (table.distribution() instanceof TableDistribution.Distributed distributed) {
            return distributed(table, distributed);
        }
        try {
            return replicated(table);
        } catch (RoutingException cannot) {
            return sharded(Selectors.ALL, null, cannot.refusal());
        }
    }

    /** A local table is written on the home shard; distributed tables beside it must be there too. */
    private Plan.Sharded local() {
        if (!resolution.hasDistributed() && !writesShared()) {
            return sharded(Selectors.HOME, null, null);
        }
        List<ShardSelector> needed = new ArrayList<>(needed(shards()));
        needed.add(Selectors.HOME);
        return sharded(Selectors.or(needed), null, SelectPlanner.localWithDistributed(resolution, text));
    }

    private boolean writesShared() {
        return resolution.modifyingCtes().stream().anyMatch(cte -> cte.target().table() != null);
    }

    /** A view that can be written has one table below; where new rows would go is not followed. */
    private Plan.Sharded throughView() {
        List<ShardSelector> needed = new ArrayList<>(needed(shards()));
        boolean reads = syntax.verb() == Modification.Verb.DELETE
                || (syntax.verb() == Modification.Verb.UPDATE && resolution.hasDistributed());
        Refusal refusal = Unsupported.WRITE_THROUGH_VIEW.at(
                target.target().position(), target.target().name());
        if (!reads || !resolution.hasDistributed() || setsAnyKey()) {
            throw new RoutingException(refusal);
        }
        return sharded(Selectors.or(needed), null, refusal);
    }

    /** Whether SET names a column that is some table's distribution key. */
    private boolean setsAnyKey() {
        return syntax.assignments().stream().anyMatch(assignment -> resolution.uses().stream()
                        .anyMatch(use -> use.isDistributed() || use.table() == null))
                && syntax.verb() == Modification.Verb.UPDATE;
    }

    private ShardAnalysis shards() {
        return new ShardAnalysis(new KeyConstants(map.buckets()));
    }

    private List<ShardSelector> needed(ShardAnalysis shards) {
        List<ShardSelector> needed = new ArrayList<>(List.of(shards.uses(resolution)));
        ModificationSelectors targets = new ModificationSelectors(new KeyConstants(map.buckets()), shards);
        resolution.modifyingCtes().forEach(cte -> needed.add(targets.of(cte)));
        return needed;
    }

    private Plan.Sharded distributed(Table table, TableDistribution.Distributed distributed) {
        ShardAnalysis shards = shards();
        ModificationSelectors targets = new ModificationSelectors(new KeyConstants(map.buckets()), shards);
        boolean inserts = syntax.verb() == Modification.Verb.INSERT;
        List<ShardSelector> needed = new ArrayList<>();
        if (inserts) {
            needed.addAll(sources(shards));
        } else {
            needed.addAll(needed(shards));
        }
        refuseKeyChange(distributed);
        ShardSelector keys = targets.of(target);
        needed.add(keys);
        if (new Effects(resolution).callsSequence()) {
            needed.add(Selectors.HOME);
        }
        boolean setsKey = setsKey(distributed.keyColumn());
        if (resolution.hasLocal()) {
            needed.add(Selectors.HOME);
            return sharded(Selectors.or(needed), null, SelectPlanner.localWithDistributed(resolution, text));
        }
        Column computed = inserts && map.shards().size() > 1 ? clusterDefault(table) : null;
        if (computed != null) {
            // a sequence is the cluster's, also where all rows belong to one shard
            return sharded(
                    Selectors.ALL,
                    null,
                    Unsupported.INSERT_SELECT_DEFAULT.at(target.target().position(), computed.name()));
        }
        ShardSelector selector = Selectors.or(needed);
        if (setsKey && syntax.verb() == Modification.Verb.UPDATE) {
            return sharded(
                    selector, null, Unsupported.UPDATE_OF_KEY.at(target.target().position(), distributed.keyColumn()));
        }
        try {
            return sharded(selector, inserts ? insertSelect(table, distributed) : fanOut(), null);
        } catch (RoutingException cannot) {
            return sharded(selector, null, cannot.refusal());
        }
    }

    /** A column left out by the INSERT that takes its values from a sequence; null without one. */
    private @Nullable Column clusterDefault(Table table) {
        return InsertSelect.leftOut(syntax, table).stream()
                .filter(column -> column.defaultKind() == Column.DefaultKind.SEQUENCE)
                .findFirst()
                .orElse(null);
    }

    /** The shards of an INSERT's sources; its target finds no rows. */
    private List<ShardSelector> sources(ShardAnalysis shards) {
        List<ShardSelector> needed = new ArrayList<>();
        for (RelationUse use : resolution.uses()) {
            if (use.isDistributed() && !use.equals(target.target())) {
                needed.add(shards.of(use));
            }
        }
        if (resolution.hasUnknownView()) {
            needed.add(Selectors.ALL);
        }
        ModificationSelectors targets = new ModificationSelectors(new KeyConstants(map.buckets()), shards);
        resolution.modifyingCtes().forEach(cte -> needed.add(targets.of(cte)));
        return needed;
    }

    private boolean setsKey(String key) {
        return syntax.assignments().stream()
                .anyMatch(assignment -> assignment.columns().contains(key));
    }

    /** A key that is computed from the row may move it anywhere, whichever shard it is on. */
    private void refuseKeyChange(TableDistribution.Distributed distributed) {
        String key = distributed.keyColumn();
        for (Modification.Assignment assignment : syntax.assignments()) {
            if (!assignment.columns().contains(key) || syntax.verb() == Modification.Verb.MERGE) {
                continue;
            }
            if (assignment.value() == null) {
                throw new RoutingException(
                        Unsupported.KEY_SET_TO_DEFAULT.at(target.target().position(), key));
            }
            if (syntax.verb() == Modification.Verb.INSERT) {
                throw new RoutingException(
                        Unsupported.ON_CONFLICT_UPDATE_OF_KEY.at(target.target().position(), key));
            }
            ShardSelector to = new ModificationSelectors(new KeyConstants(map.buckets()), shards()).of(target);
            if (to.equals(Selectors.ALL) && map.shards().size() > 1) {
                throw new RoutingException(
                        Unsupported.UPDATE_OF_KEY.at(target.target().position(), key));
            }
        }
    }

    private Scatter fanOut() {
        if (syntax.verb() == Modification.Verb.MERGE) {
            throw new RoutingException(Unsupported.MERGE_ACROSS_SHARDS.at(Positions.of(text, syntax.verbFrom())));
        }
        refuseModifyingCtes();
        if (syntax.whereCurrentOf()) {
            throw new RoutingException(Unsupported.CURRENT_OF.at(target.target().position()));
        }
        FunctionRules functions = new FunctionRules(false);
        Placement rows = new Placements(functions).rows(target.block());
        if (rows.isEverywhere()) {
            throw new IllegalStateException("rows of a distributed table lie everywhere");
        }
        return scatter(functions, new Merge.Concatenate(RowLimit.UNLIMITED));
    }

    private Scatter insertSelect(Table table, TableDistribution.Distributed distributed) {
        refuseModifyingCtes();
        FunctionRules functions = new FunctionRules(false);
        Placements placements = new Placements(functions);
        new InsertSelect(target, table, placements).checkDistributed(distributed);
        placements.rows(target.block());
        return scatter(functions, new Merge.Concatenate(RowLimit.UNLIMITED));
    }

    private void refuseModifyingCtes() {
        if (!resolution.modifyingCtes().isEmpty()) {
            throw new RoutingException(Unsupported.DATA_MODIFYING_CTE.at(0));
        }
    }

    /** Every copy must become the same: by the same text where it can do nothing else, by images of the rows otherwise. */
    private Plan.Sharded replicated(Table table) {
        refuseModifyingCtes();
        if (resolution.hasDistributed()) {
            if (table.primaryKey().isEmpty() && syntax.verb() == Modification.Verb.UPDATE) {
                throw new RoutingException(Unsupported.REPLICATED_WITHOUT_KEY.at(
                        target.target().position(), table.name().toString()));
            }
            throw new RoutingException(CrossShard.NON_COLOCATED_JOIN.at(
                    target.target().position(), table.name().toString(), firstDistributed()));
        }
        if (syntax.verb() == Modification.Verb.MERGE) {
            throw new RoutingException(
                    Unsupported.MERGE_ACROSS_SHARDS.at(target.target().position()));
        }
        if (syntax.whereCurrentOf()) {
            throw new RoutingException(Unsupported.CURRENT_OF.at(target.target().position()));
        }
        Scatter text = readsOthers() || InsertPlanner.isValues(this.text) ? null : sameText(table);
        return sharded(Selectors.ALL, text == null ? images(table) : text, null);
    }

    /** The same insertion, which the InsertPlanner has planned, with the way that is taken when the table has triggers. */
    public Plan.Sharded withTriggers(Plan.Sharded insert) {
        Table table = table();
        Scatter scatter = insert.scatter();
        return table == null || scatter == null || !(scatter.merge() instanceof Merge.Copies)
                ? insert
                : new Plan.Sharded(
                        insert.kind(),
                        insert.effect(),
                        insert.returnsRows(),
                        insert.original(),
                        insert.selector(),
                        new Scatter(
                                scatter.fragment(),
                                new Merge.Copies(table.name(), checkedImages(table)),
                                scatter.evaluations()),
                        null,
                        null);
    }

    private String firstDistributed() {
        for (RelationUse use : resolution.uses()) {
            Table table = use.table();
            if (use.isDistributed() && table != null) {
                return table.name().toString();
            }
        }
        return "view";
    }

    /**
     * Whether it reads tables beside the one that it writes, which under REPEATABLE READ each shard may see as of another
     * time, or could take another one of several rows in each copy. Rows that have travelled are the same everywhere.
     */
    private boolean readsOthers() {
        boolean joins =
                syntax.verb() == Modification.Verb.UPDATE && !syntax.relations().isEmpty();
        boolean skips = syntax.verb() == Modification.Verb.INSERT && syntax.onConflict();
        return joins
                || skips
                || resolution.uses().stream().anyMatch(use -> !use.equals(target.target()) && isTable(use));
    }

    private static boolean isTable(RelationUse use) {
        Table table = use.table();
        return switch (use.kind()) {
            case TABLE -> table == null || !table.name().schema().equals(CatalogRelations.MOVED);
            case LOCAL, OPAQUE -> true;
            case DERIVED, FUNCTION, CONSTANT -> false;
        };
    }

    /** The same text on every shard; null when it could do another thing to each copy. */
    private @Nullable Scatter sameText(Table table) {
        FunctionRules functions = new FunctionRules(true);
        Placements placements = new Placements(functions);
        try {
            if (syntax.verb() == Modification.Verb.INSERT) {
                new InsertSelect(target, table, placements).checkReplicated();
            }
            placements.rows(target.block());
        } catch (RoutingException differs) {
            return null;
        }
        return ReplicatedDefaults.differ(syntax, table)
                ? null
                : scatter(functions, new Merge.Copies(table.name(), checkedImages(table)));
    }

    private Scatter images(Table table) {
        FunctionRules.checkSideEffects(resolution);
        return images(table, false, checkedImages(table));
    }

    /** How the statement runs while the table has row triggers; null where it cannot. */
    private @Nullable Scatter checkedImages(Table table) {
        try {
            return images(table, true, null);
        } catch (RoutingException cannot) {
            return null;
        }
    }

    private Scatter images(Table table, boolean checked, @Nullable Scatter withTriggers) {
        Splice splice = new Splice(text);
        Merge.Images images =
                new RowImages(target, table, text, checked).plan(splice).withTriggers(withTriggers);
        withCatalogs(splice);
        return new Scatter(splice.fragment(), images, List.of());
    }

    private Scatter scatter(FunctionRules functions, Merge merge) {
        Splice splice = new Splice(text);
        EvaluateOnce once = new EvaluateOnce(text);
        once.splice(functions.evaluatedOnce(), resolution, splice);
        withCatalogs(splice);
        return new Scatter(splice.fragment(), merge, once.evaluations());
    }

    private void withCatalogs(Splice splice) {
        new CatalogRelations(map).splice(splice, resolution.catalogs(), syntax.with(), syntax.verbFrom());
    }

    private Plan.Sharded sharded(ShardSelector selector, @Nullable Scatter scatter, @Nullable Refusal refusal) {
        Fragment original;
        if (resolution.catalogs().isEmpty()) {
            original = Fragment.original(text.text(), text.parameterCount());
        } else {
            Splice splice = new Splice(text);
            withCatalogs(splice);
            original = splice.fragment();
        }
        return new Plan.Sharded(
                kind(), Effect.WRITE, syntax.returning() != null, original, selector, scatter, null, refusal);
    }

    private StatementKind kind() {
        return switch (syntax.verb()) {
            case INSERT -> StatementKind.INSERT;
            case UPDATE -> StatementKind.UPDATE;
            case DELETE -> StatementKind.DELETE;
            case MERGE -> StatementKind.MERGE;
        };
    }
}
