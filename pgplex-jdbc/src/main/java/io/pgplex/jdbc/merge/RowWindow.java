package io.pgplex.jdbc.merge;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.routing.bind.Parameters;
import io.pgplex.routing.plan.Refusal;
import io.pgplex.routing.plan.RowLimit;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A {@link RowLimit} with one execution's values. Immutable.
 *
 * @param offset rows to skip, at least 0
 * @param limit most rows to return; {@link Long#MAX_VALUE} for all
 */
public record RowWindow(long offset, long limit) {

    public static final RowWindow ALL = new RowWindow(0, Long.MAX_VALUE);

    /**
     * Reads the counts as PostgreSQL reads them: NULL is none, fractions are rounded.
     *
     * @throws SQLException 2201W or 2201X for a negative number, 22023 for what is none
     */
    public static RowWindow of(RowLimit rows, Parameters parameters) throws SQLException {
        if (rows.limit() == null && rows.offset() == null) {
            return ALL;
        }
        Long limit = count(rows.limit(), parameters);
        Long offset = count(rows.offset(), parameters);
        if (limit != null && limit < 0) {
            throw PgplexErrors.from(new Refusal("2201W", "LIMIT must not be negative", null, null, 0));
        }
        if (offset != null && offset < 0) {
            throw PgplexErrors.from(new Refusal("2201X", "OFFSET must not be negative", null, null, 0));
        }
        return new RowWindow(offset == null ? 0 : offset, limit == null ? Long.MAX_VALUE : limit);
    }

    /** The same window with at most so many rows, as {@link java.sql.Statement#setMaxRows} asks; 0 for no such bound. */
    public RowWindow atMost(long maxRows) {
        return maxRows == 0 || maxRows >= limit ? this : new RowWindow(offset, maxRows);
    }

    private static @Nullable Long count(RowLimit.@Nullable Count count, Parameters parameters) throws SQLException {
        if (count == null) {
            return null;
        }
        if (count instanceof RowLimit.Literal literal) {
            return literal.rows();
        }
        int index = ((RowLimit.Parameter) count).index();
        return parameters.isLong(index) ? Long.valueOf(parameters.longValue(index)) : number(parameters.value(index));
    }

    private static @Nullable Long number(@Nullable Object value) throws SQLException {
        if (value == null) {
            return null;
        }
        try {
            if (value instanceof Double || value instanceof Float) {
                return BigDecimal.valueOf(Math.rint(((Number) value).doubleValue()))
                        .longValueExact();
            }
            return new BigDecimal(value.toString().trim())
                    .setScale(0, RoundingMode.HALF_UP)
                    .longValueExact();
        } catch (ArithmeticException | NumberFormatException e) {
            throw PgplexErrors.error(
                    SqlState.INVALID_PARAMETER, "the parameter of LIMIT or OFFSET is not a bigint", null, null, e);
        }
    }
}
