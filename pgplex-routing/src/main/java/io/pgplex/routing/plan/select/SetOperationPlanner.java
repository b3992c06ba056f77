package io.pgplex.routing.plan.select;

import io.pgplex.routing.analyze.EvaluateOnce;
import io.pgplex.routing.analyze.FunctionRules;
import io.pgplex.routing.analyze.Placements;
import io.pgplex.routing.analyze.QueryPlacement;
import io.pgplex.routing.analyze.Resolution;
import io.pgplex.routing.analyze.ResolvedQuery;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.plan.CrossShard;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Unsupported;

/** UNION, INTERSECT and EXCEPT at the top of a statement that runs on several shards. */
final class SetOperationPlanner {

    private final ResolvedQuery query;
    private final Placements placements;
    private final FunctionRules functions;
    private final Collations collations;
    private final EvaluateOnce once;
    private final Splice splice;
    private final Resolution resolution;

    SetOperationPlanner(
            ResolvedQuery query,
            Placements placements,
            FunctionRules functions,
            Collations collations,
            EvaluateOnce once,
            Splice splice,
            Resolution resolution) {
        this.query = query;
        this.placements = placements;
        this.functions = functions;
        this.collations = collations;
        this.once = once;
        this.splice = splice;
        this.resolution = resolution;
    }

    /** The merge; the operation itself must be one that each shard can do alone. */
    Merge plan() {
        Query syntax = query.syntax();
        QueryPlacement placement = placements.withoutLimit(query);
        if (placement.isEverywhere()) {
            throw Placements.refuse(
                    CrossShard.SET_OPERATION,
                    Placements.anyBlock(query),
                    syntax.from(),
                    query.setOperation().operator().name());
        }
        if (!syntax.locking().isEmpty()) {
            throw Placements.refuse(
                    Unsupported.LOCK_ACROSS_SHARDS,
                    Placements.anyBlock(query),
                    syntax.locking().get(0).from(),
                    "FOR UPDATE");
        }
        once.splice(functions.evaluatedOnce(), resolution, splice);
        Limits limits = new Limits(syntax, Placements.anyBlock(query), once);
        Merge merge = syntax.orderBy().isEmpty()
                ? new Merge.Concatenate(limits.rows())
                : new SortPlanner(query, collations, splice).plan(limits);
        limits.pushDown(splice);
        return merge;
    }
}
