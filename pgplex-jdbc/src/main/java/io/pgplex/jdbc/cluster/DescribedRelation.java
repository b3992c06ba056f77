package io.pgplex.jdbc.cluster;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.TableName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A relation as a server's catalogs describe it. Immutable.
 *
 * @param oid its OID on that server
 * @param kind {@code relkind}: r table, p partitioned table, v view, m materialized view, f foreign table, ...
 * @param temporary whether it goes with the session
 * @param primaryKey the names of its primary key's columns in the key's order; empty without one, or where it is
 *     deferrable
 * @param definition a view's query with every name qualified, without a final semicolon; null for others
 */
record DescribedRelation(
        long oid,
        TableName name,
        char kind,
        boolean temporary,
        List<String> primaryKey,
        @Nullable String definition,
        List<DescribedColumn> columns) {

    /**
     * A column beside what a distribution key is judged by.
     *
     * @param number {@code attnum}, which a rename does not change
     * @param keyType the type that it would have as a key, or null where it cannot be one
     * @param deterministic whether equal text is equal bytes
     */
    record DescribedColumn(
            int number, Column column, @Nullable KeyType keyType, boolean deterministic) {}

    DescribedRelation {
        primaryKey = List.copyOf(primaryKey);
        columns = List.copyOf(columns);
    }

    boolean isView() {
        return kind == 'v';
    }

    List<Column> modelColumns() {
        return columns.stream().map(DescribedColumn::column).toList();
    }

    /** The column of that name, or null. */
    @Nullable
    DescribedColumn column(String columnName) {
        for (DescribedColumn column : columns) {
            if (column.column().name().equals(columnName)) {
                return column;
            }
        }
        return null;
    }

    /** The column of that number, or null where it was dropped. */
    @Nullable
    DescribedColumn column(int number) {
        for (DescribedColumn column : columns) {
            if (column.number() == number) {
                return column;
            }
        }
        return null;
    }
}
