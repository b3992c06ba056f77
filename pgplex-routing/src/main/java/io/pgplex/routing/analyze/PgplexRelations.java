package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The relations of schema {@code pgplex} of which each server has rows of its own: a statement reads those of all shards.
 *
 * <p>They are distributed tables whose key nobody can name, so that nothing binds them to a shard and nothing is known of
 * where equal rows are: any SQL that runs over distributed tables runs over them. The cluster map does not hold them, and
 * nothing may be written to them.
 */
public final class PgplexRelations {

    /** A server's view of that name has these columns in this order. */
    private static final Table TRANSACTIONS = table(
            "transactions",
            "gtxid",
            "text",
            "shard",
            "text",
            "anchor",
            "text",
            "state",
            "text",
            "since",
            "timestamp with time zone",
            "owner",
            "text",
            "client",
            "text",
            "action",
            "text",
            "arbiter",
            "text");

    private PgplexRelations() {}

    private static Table table(String name, String... columnsAndTypes) {
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < columnsAndTypes.length; i += 2) {
            columns.add(
                    new Column(columnsAndTypes[i], columnsAndTypes[i + 1], false, null, null, Column.DefaultKind.NONE));
        }
        return new Table(
                new TableName("pgplex", name),
                new TableDistribution.Distributed(TableDistribution.Distributed.UNNAMED, KeyType.BYTEA),
                columns,
                Table.State.ACTIVE);
    }

    /** The relation of that name, or null. */
    public static @Nullable Table find(TableName name) {
        return name.equals(TRANSACTIONS.name()) ? TRANSACTIONS : null;
    }

    /** What a statement may read under that name: one of these, or a table of the map; null where it is neither. */
    public static @Nullable Table find(ClusterMap map, TableName name) {
        Table own = find(name);
        return own != null ? own : map.table(name);
    }

    /** Whether a name in the text can mean one of them: text that is not understood must not read one shard's rows for all. */
    public static boolean isNamed(ScannedStatement text, int token) {
        return text.isName(token)
                && text.identifier(token).equals(TRANSACTIONS.name().name())
                && text.isPunctuation(token - 1, '.')
                && text.isName(token - 2)
                && text.identifier(token - 2).equals(TRANSACTIONS.name().schema());
    }
}
