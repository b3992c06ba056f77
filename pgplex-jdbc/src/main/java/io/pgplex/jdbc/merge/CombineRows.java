package io.pgplex.jdbc.merge;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.routing.plan.Finish.Combine;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGResultSetMetaData;
import org.postgresql.core.Field;
import org.postgresql.core.Oid;
import org.postgresql.core.Tuple;
import org.postgresql.jdbc.PgResultSet;

/**
 * Makes one row of the shards' only rows where the client computes exactly what PostgreSQL would: it saves the round trip
 * of a finishing query. Aggregates without GROUP BY are such rows.
 */
public final class CombineRows {

    private CombineRows() {}

    /**
     * Whether these columns can be combined here; otherwise the finishing query must.
     *
     * @param sample one shard's rows; they are not moved
     */
    public static boolean possible(List<Combine> columns, PgResultSet sample) throws SQLException {
        if (sample.getMetaData().getColumnCount() != columns.size()) {
            return false;
        }
        for (int i = 0; i < columns.size(); i++) {
            if (!possible(columns.get(i), sample.getColumnOID(i + 1))) {
                return false;
            }
        }
        return true;
    }

    private static boolean possible(Combine combine, int oid) {
        return switch (combine) {
            // sums of floating point numbers are printed by the server alone
            case SUM -> oid == Oid.INT8 || oid == Oid.NUMERIC;
            case MINIMUM, MAXIMUM -> {
                ValueOrder order = ValueOrder.of(oid);
                yield order != null && !order.isText() && oid != Oid.BYTEA;
            }
            case AND, OR -> oid == Oid.BOOL;
        };
    }

    /**
     * The combined row as a result set with the fragments' column names and types. Reads every shard's row; the shards'
     * result sets stay open.
     *
     * @param shards at least one, each with exactly one row, for which {@link #possible} holds
     * @throws SQLException 22003 when a sum leaves bigint's range
     */
    public static ResultSet combine(List<Combine> columns, List<ShardRows> shards) throws SQLException {
        for (ShardRows shard : shards) {
            if (!shard.next()) {
                throw shard.attach(PgplexErrors.bug("a shard returned no row for an aggregate", null));
            }
        }
        PgResultSet sample = shards.get(0).rows().unwrap(PgResultSet.class);
        ResultSetMetaData metaData = sample.getMetaData();
        Field[] fields = new Field[columns.size()];
        byte[] @Nullable [] values = new byte[columns.size()][];
        for (int i = 0; i < fields.length; i++) {
            int oid = sample.getColumnOID(i + 1);
            fields[i] = new Field(metaData.getColumnLabel(i + 1), oid);
            values[i] = combine(columns.get(i), oid, i + 1, shards, fields[i]);
        }
        return DriverRows.open(sample.getStatement().getConnection(), fields, List.of(new Tuple(values)));
    }

    private static byte @Nullable [] combine(Combine combine, int oid, int column, List<ShardRows> shards, Field field)
            throws SQLException {
        return switch (combine) {
            case SUM -> text(oid == Oid.INT8 ? bigintSum(column, shards) : numericSum(column, shards));
            case MINIMUM, MAXIMUM -> extreme(combine, oid, column, shards, field);
            case AND, OR -> text(logical(combine == Combine.AND, column, shards));
        };
    }

    private static byte @Nullable [] text(@Nullable String value) {
        return value == null ? null : DriverRows.ascii(value);
    }

    private static @Nullable String bigintSum(int column, List<ShardRows> shards) throws SQLException {
        long sum = 0;
        boolean any = false;
        for (ShardRows shard : shards) {
            long value = shard.rows().getLong(column);
            if (!shard.rows().wasNull()) {
                any = true;
                try {
                    sum = Math.addExact(sum, value);
                } catch (ArithmeticException e) {
                    throw PgplexErrors.error(SqlState.NUMERIC_OUT_OF_RANGE, "bigint out of range", null, null, e);
                }
            }
        }
        return any ? Long.toString(sum) : null;
    }

    /** The sum with the greatest scale of its terms; Infinity and -Infinity make NaN, as in PostgreSQL. */
    private static @Nullable String numericSum(int column, List<ShardRows> shards) throws SQLException {
        BigDecimal sum = null;
        double special = 0;
        for (ShardRows shard : shards) {
            String value = shard.rows().getString(column);
            if (value != null) {
                ValueOrder.PgNumeric number = ValueOrder.PgNumeric.of(value);
                if (number.rank() == 0) {
                    sum = sum == null ? number.value() : sum.add(number.value());
                } else {
                    special += Double.parseDouble(value);
                }
            }
        }
        if (special != 0) {
            return Double.toString(special);
        }
        return sum == null ? null : sum.toPlainString();
    }

    private static @Nullable String logical(boolean and, int column, List<ShardRows> shards) throws SQLException {
        Boolean result = null;
        for (ShardRows shard : shards) {
            boolean value = shard.rows().getBoolean(column);
            if (!shard.rows().wasNull()) {
                result = result == null ? value : and ? result && value : result || value;
            }
        }
        return result == null ? null : result ? "t" : "f";
    }

    /** The least or greatest value, its bytes as the shard sent them. */
    private static byte @Nullable [] extreme(Combine combine, int oid, int column, List<ShardRows> shards, Field field)
            throws SQLException {
        ValueOrder order = ValueOrder.of(oid);
        if (order == null) {
            throw PgplexErrors.bug("a type without a known order was combined", null);
        }
        Object best = null;
        ShardRows holder = null;
        for (ShardRows shard : shards) {
            Object value = order.read(shard.rows(), column);
            if (value != null && (best == null || better(combine, order.compare(value, best)))) {
                best = value;
                holder = shard;
            }
        }
        if (holder == null) {
            return null;
        }
        field.setFormat(
                holder.rows().getMetaData().unwrap(PGResultSetMetaData.class).getFormat(column));
        return holder.rows().getBytes(column);
    }

    private static boolean better(Combine combine, int order) {
        return combine == Combine.MINIMUM ? order < 0 : order > 0;
    }
}
