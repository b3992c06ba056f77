package io.pgplex.routing.plan.select;

import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.EvaluateOnce;
import io.pgplex.routing.analyze.Placements;
import io.pgplex.routing.analyze.ResolvedQuery;
import io.pgplex.routing.analyze.SelectShape;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.plan.CrossShard;
import io.pgplex.routing.plan.Finish;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Scatter;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Plans a SELECT that one server finishes: by partial aggregates where that is exact, else from the rows themselves. */
final class FinishPlanner {

    private final ResolvedQuery query;
    private final Block block;
    private final Limits limits;
    private final Collations collations;
    private final EvaluateOnce once;
    private final Splice splice;

    FinishPlanner(ResolvedQuery query, Limits limits, Collations collations, EvaluateOnce once, Splice splice) {
        this.query = query;
        this.block = Placements.anyBlock(query);
        this.limits = limits;
        this.collations = collations;
        this.once = once;
        this.splice = splice;
    }

    Scatter plan() {
        for (var item : query.syntax().orderBy()) {
            if (item.using()) {
                throw Placements.refuse(CrossShard.ORDER_BY_USING, block, item.from());
            }
        }
        Query.Select select = Objects.requireNonNull(block.select());
        SelectShape shape = new SelectShape(block, Placements.orderBy(query));
        PartialAggregates partial = new PartialAggregates(query, block, select, shape, collations, splice);
        if (partial.isExact()) {
            partial.rewrite();
            return scatter(
                    select,
                    partial.fragmentColumns(),
                    partial.fragmentTail(),
                    partial.finish(limits),
                    partial.combine(limits));
        }
        RowsFinish rows = new RowsFinish(query, block, select, shape, collations, splice);
        rows.rewrite();
        return scatter(select, rows.fragmentColumns(), new SqlText(), rows.finish(limits), null);
    }

    /** {@code [WITH ...] SELECT columns FROM ... WHERE ... tail} for the shards. */
    private Scatter scatter(
            Query.Select select,
            SqlText columns,
            SqlText tail,
            SqlText finish,
            @Nullable List<Finish.Combine> combine) {
        SqlText sql = new SqlText();
        Query syntax = query.syntax();
        sql.append(splice.slice(syntax.from(), select.from()));
        if (syntax.from() < select.from()) {
            sql.append(" ");
        }
        sql.append("SELECT ").append(columns);
        if (select.itemsTo() < select.tail()) {
            sql.append(" ").append(splice.slice(select.itemsTo(), select.tail()));
        }
        Fragment fragment = sql.append(tail).fragment();
        return new Scatter(fragment, new Merge.Finished(finish.finish(combine)), once.evaluations());
    }
}
