package io.pgplex.jdbc.merge;

import io.pgplex.routing.plan.SortKey;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.jdbc.PgResultSet;

/**
 * PostgreSQL's order of rows by several keys, reproduced exactly. Immutable and thread-safe. Keys are decoded once a row,
 * then compared often.
 */
public final class RowOrder {

    private final SortKey[] keys;
    private final ValueOrder[] orders;

    private RowOrder(SortKey[] keys, ValueOrder[] orders) {
        this.keys = keys;
        this.orders = orders;
    }

    /**
     * The order of rows like these.
     *
     * @param sample one shard's rows; they are not moved
     * @return null where a key's type is one whose order only a server knows
     */
    public static @Nullable RowOrder of(List<SortKey> keys, PgResultSet sample) throws SQLException {
        int columns = sample.getMetaData().getColumnCount();
        SortKey[] resolved = new SortKey[keys.size()];
        ValueOrder[] orders = new ValueOrder[resolved.length];
        for (int i = 0; i < orders.length; i++) {
            SortKey key = fromStart(keys.get(i), columns);
            ValueOrder order = ValueOrder.of(sample.getColumnOID(key.column()));
            if (order == null || (order.isText() && !(key.bytewiseText() && bytesFollowCodePoints(sample)))) {
                return null;
            }
            resolved[i] = key;
            orders[i] = order;
        }
        return new RowOrder(resolved, orders);
    }

    private static SortKey fromStart(SortKey key, int columns) {
        return key.column() > 0
                ? key
                : new SortKey(columns + 1 + key.column(), key.descending(), key.nullsFirst(), key.bytewiseText());
    }

    /** The current row's keys, to be compared later. */
    @Nullable
    Object[] keys(ResultSet rows) throws SQLException {
        @Nullable Object[] values = new Object[keys.length];
        for (int i = 0; i < keys.length; i++) {
            values[i] = orders[i].read(rows, keys[i].column());
        }
        return values;
    }

    /** Negative where the row of the left keys comes first, 0 where either may. */
    int compare(@Nullable Object[] left, @Nullable Object[] right) {
        for (int i = 0; i < keys.length; i++) {
            int order = compare(keys[i], orders[i], left[i], right[i]);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static int compare(SortKey key, ValueOrder order, @Nullable Object left, @Nullable Object right) {
        if (left == null || right == null) {
            int nulls = Boolean.compare(left != null, right != null);
            return key.nullsFirst() ? nulls : -nulls;
        }
        int values = order.compare(left, right);
        return key.descending() ? -Integer.signum(values) : values;
    }

    /** Whether text of this server, ordered by its bytes, is ordered by its code points, which is what Java has. */
    private static boolean bytesFollowCodePoints(PgResultSet sample) throws SQLException {
        String encoding = sample.getStatement()
                .getConnection()
                .unwrap(BaseConnection.class)
                .getParameterStatus("server_encoding");
        return encoding != null
                && (encoding.equals("UTF8") || encoding.equals("LATIN1") || encoding.equals("SQL_ASCII"));
    }
}
