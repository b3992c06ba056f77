package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.function.Functions;
import io.pgplex.routing.plan.CrossShard;
import io.pgplex.routing.plan.Unsupported;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Which functions and other expressions a statement may use when it runs on several shards. Collects the calls that are
 * to be computed once for all of them. Confined to one thread.
 */
public final class FunctionRules {

    private static final Set<String> SYSTEM_COLUMNS = Set.of("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid");

    /** What these give depends on the order in which a server happens to read the rows. */
    private static final Set<String> ORDER_SENSITIVE = Set.of(
            "array_agg",
            "string_agg",
            "json_agg",
            "jsonb_agg",
            "json_object_agg",
            "jsonb_object_agg",
            "xmlagg",
            "json_agg_strict",
            "jsonb_agg_strict",
            "any_value",
            "json_arrayagg",
            "json_objectagg");

    private static final Set<String> SESSION_NAMES =
            Set.of("current_user", "current_role", "session_user", "user", "current_schema");

    private static final Set<String> MOMENTS = Set.of("now", "today", "tomorrow", "yesterday");

    private final boolean copies;
    private final Map<Integer, Expr.Call> evaluatedOnce = new LinkedHashMap<>();

    /**
     * The rules for one statement.
     *
     * @param copies whether it writes to every copy of a replicated table, so that no row is one shard's alone
     */
    public FunctionRules(boolean copies) {
        this.copies = copies;
    }

    /** The calls in the statement's own text that must be computed once. */
    public List<Expr.Call> evaluatedOnce() {
        return List.copyOf(evaluatedOnce.values());
    }

    /** Checks all expressions of a block. */
    public void check(Block block, boolean everywhere) {
        for (Expr expression : block.expressions()) {
            check(block, expression, everywhere || copies);
        }
    }

    /** Checks a call in FROM, which must give the same rows wherever it runs. */
    void checkStable(Block block, Expr call) {
        check(block, call, true);
    }

    /**
     * Checks a statement that one shard runs over rows that came from others: what it calls must not look for further rows
     * there, nor mean the server itself.
     */
    public static void checkGathered(Resolution resolution) {
        for (Block block : resolution.blocks()) {
            block.expressions().forEach(expression -> checkGathered(block, expression));
        }
    }

    /** Refuses functions that do something to a session or server, of which only sequences are the whole cluster's. */
    public static void checkSideEffects(Resolution resolution) {
        for (Block block : resolution.blocks()) {
            block.expressions().forEach(expression -> checkSideEffects(block, expression));
        }
    }

    private static void checkSideEffects(Block block, Expr expression) {
        if (expression instanceof Expr.Call call) {
            String name = String.join(".", call.name());
            if (Functions.hasSideEffects(name) && !Functions.isSequenceFunction(name)) {
                throw Placements.refuse(Unsupported.SIDE_EFFECT_FUNCTION, block, call.from(), call.function());
            }
        }
        expression.children().forEach(child -> checkSideEffects(block, child));
    }

    private static void checkGathered(Block block, Expr expression) {
        if (expression instanceof Expr.Call call) {
            String name = String.join(".", call.name());
            boolean known = (call.bare() && SESSION_NAMES.contains(call.function()))
                    || Functions.evaluatedOnce(name) != null
                    || Functions.isSequenceFunction(name)
                    || Functions.isVolatile(name)
                    || Functions.isHarmless(name)
                    || Functions.isAggregate(name)
                    || Functions.isWindowFunction(name);
            if (Functions.hasSideEffects(name) && !Functions.isSequenceFunction(name)) {
                throw Placements.refuse(Unsupported.SIDE_EFFECT_FUNCTION, block, call.from(), call.function());
            }
            if (!known) {
                throw Placements.refuse(
                        Functions.isBuiltIn(name) ? Unsupported.SERVER_FUNCTION : Unsupported.USER_FUNCTION,
                        block,
                        call.from(),
                        call.function());
            }
            if (Functions.isSequenceFunction(name) && namesSequence(call)) {
                return;
            }
        } else if (expression instanceof Expr.Column column) {
            column(block, column);
        } else if (expression instanceof Expr.Cast cast && cast.type().name().startsWith("reg")) {
            throw Placements.refuse(
                    Unsupported.SERVER_FUNCTION, block, cast.from(), cast.type().name());
        }
        expression.children().forEach(child -> checkGathered(block, child));
    }

    /** Whether a call on the home shard, whose sequences are the cluster's, has nothing but a sequence's name. */
    private static boolean namesSequence(Expr.Call call) {
        return call.children().stream()
                .allMatch(argument -> argument instanceof Expr.Cast cast
                        && cast.type().name().endsWith("regclass")
                        && cast.operand() instanceof Expr.Literal);
    }

    private void check(Block block, Expr expression, boolean everywhere) {
        if (expression instanceof Expr.Call call) {
            call(block, call, everywhere);
        } else if (expression instanceof Expr.Column column) {
            column(block, column);
        } else if (expression instanceof Expr.Cast cast) {
            cast(block, cast);
        }
        expression.children().forEach(child -> check(block, child, everywhere));
    }

    private void call(Block block, Expr.Call call, boolean everywhere) {
        String name = String.join(".", call.name());
        String shown = call.function();
        if (call.bare() && SESSION_NAMES.contains(shown)) {
            return;
        }
        if (Functions.evaluatedOnce(name) != null) {
            if (!block.isOwnText()) {
                throw Placements.refuse(Unsupported.VOLATILE_FUNCTION, block, call.from(), shown);
            }
            // in the statement's own text a call is known by its place
            evaluatedOnce.putIfAbsent(call.from(), call);
            return;
        }
        if (Functions.isSequenceFunction(name)) {
            throw Placements.refuse(Unsupported.SEQUENCE_FUNCTION, block, call.from(), shown);
        }
        if (Functions.hasSideEffects(name)) {
            throw Placements.refuse(Unsupported.SIDE_EFFECT_FUNCTION, block, call.from(), shown);
        }
        if (Functions.isVolatile(name)) {
            if (everywhere) {
                throw Placements.refuse(Unsupported.VOLATILE_FUNCTION, block, call.from(), shown);
            }
            return;
        }
        if (Functions.isHarmless(name) || Functions.isAggregate(name) || Functions.isWindowFunction(name)) {
            return;
        }
        throw Placements.refuse(
                Functions.isBuiltIn(name) ? Unsupported.SERVER_FUNCTION : Unsupported.USER_FUNCTION,
                block,
                call.from(),
                shown);
    }

    private static void column(Block block, Expr.Column column) {
        if (!column.names().isEmpty() && !column.star() && SYSTEM_COLUMNS.contains(column.name())) {
            Attribute attribute = block.lookup(column);
            if (attribute == null || attribute.origin() == null) {
                throw Placements.refuse(Unsupported.SYSTEM_COLUMN, block, column.from(), column.name());
            }
        }
    }

    private static void cast(Block block, Expr.Cast cast) {
        String type = cast.type().name();
        if (type.startsWith("reg") && !type.startsWith("\"")) {
            // object identifiers differ between servers
            throw Placements.refuse(Unsupported.SERVER_FUNCTION, block, cast.from(), type);
        }
        boolean time = type.startsWith("date") || type.startsWith("time");
        if (time
                && cast.operand() instanceof Expr.Literal literal
                && MOMENTS.contains(literal.value().strip().toLowerCase(Locale.ROOT))) {
            throw Placements.refuse(Unsupported.VOLATILE_FUNCTION, block, cast.from(), type);
        }
    }

    /** A query over the same rows on every shard must give the same answer on every shard. */
    void checkDeterministic(Block block, ResolvedQuery query, boolean asSet) {
        Query.Limit limit = query.syntax().limit();
        if (limit != null && asSet) {
            throw Placements.refuse(CrossShard.LIMIT_IN_SUBQUERY, block, limit.from());
        }
        if (block.select() == null) {
            return;
        }
        if (block.select().distinctOn() != null) {
            throw Placements.refuse(
                    CrossShard.DISTINCT_IN_SUBQUERY, block, query.syntax().from());
        }
        SelectShape shape = new SelectShape(block, Placements.orderBy(query));
        for (Expr.Call call : shape.windowCalls()) {
            throw Placements.refuse(CrossShard.WINDOW_IN_SUBQUERY, block, call.from());
        }
        for (Expr.Call call : shape.aggregates()) {
            if (ORDER_SENSITIVE.contains(call.function())) {
                throw Placements.refuse(CrossShard.AGGREGATE_IN_SUBQUERY, block, call.from());
            }
        }
    }
}
