package io.pgplex.jdbc.cluster;

import io.pgplex.metadata.model.TableName;
import org.jspecify.annotations.Nullable;

/**
 * What a name in a statement means on the home shard. Immutable.
 *
 * @param written the name as SQL that was asked for
 * @param kind {@code relkind}
 * @param table the table of an index, or null for other relations
 */
record ResolvedRelation(
        String written,
        long oid,
        TableName name,
        char kind,
        boolean temporary,
        @Nullable TableName table) {

    /** The table that decides where the relation is: an index is where its table is. */
    TableName owner() {
        return table == null ? name : table;
    }
}
