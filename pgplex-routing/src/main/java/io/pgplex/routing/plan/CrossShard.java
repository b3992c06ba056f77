package io.pgplex.routing.plan;

import java.util.Locale;

/**
 * Why no shard can answer a statement alone. Rows travel then ({@link Movement}); where that is not possible either, the
 * statement is refused with {@link Unsupported#ROWS_OF_SEVERAL_SHARDS}, which names the construct.
 */
public enum CrossShard {
    NON_COLOCATED_JOIN("join of \"%s\" and \"%s\""),
    LOCAL_WITH_DISTRIBUTED("use of local table \"%s\" beside distributed table \"%s\""),
    UNBOUND_SUBQUERY("subquery over distributed table \"%s\""),
    OUTER_JOIN_PRESERVES_REPLICATED("outer join that preserves rows of \"%s\" beside \"%s\""),
    LIMIT_IN_SUBQUERY("LIMIT in a subquery"),
    DISTINCT_IN_SUBQUERY("DISTINCT in a subquery"),
    AGGREGATE_IN_SUBQUERY("aggregate in a subquery"),
    WINDOW_IN_SUBQUERY("window function in a subquery"),
    RECURSIVE_CTE("WITH RECURSIVE over \"%s\""),
    SET_OPERATION("%s"),
    SUBQUERY_BESIDE_AGGREGATE("subquery beside an aggregate, DISTINCT or window function"),
    COLLATION_NOT_KNOWN("aggregate, DISTINCT or window function over text whose collation is not known"),
    WHOLE_ROW("row of \"%s\" as a value beside an aggregate, DISTINCT or window function"),
    FETCH_WITH_TIES("FETCH FIRST WITH TIES"),
    ORDER_BY_USING("ORDER BY USING"),
    ORDER_OF_TYPE("ORDER BY a value whose order the client cannot reproduce"),
    LIMIT_EXPRESSION("LIMIT or OFFSET that is neither a number nor a parameter");

    private final String construct;

    CrossShard(String construct) {
        this.construct = construct;
    }

    /**
     * The refusal of a statement.
     *
     * @param position where the construct stands, from 1, or 0 when unknown
     * @param names the names in the construct's description
     */
    public Refusal at(int position, String... names) {
        return Unsupported.ROWS_OF_SEVERAL_SHARDS.at(position, String.format(Locale.ROOT, construct, (Object[]) names));
    }
}
