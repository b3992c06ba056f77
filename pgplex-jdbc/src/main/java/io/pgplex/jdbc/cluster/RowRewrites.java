package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.cluster.DescribedRelation.DescribedColumn;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution.Distributed;
import io.pgplex.metadata.model.TableDistribution.Replicated;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.scan.ScannedStatement;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Refuses an ALTER TABLE that would write other values on one shard than on another one, or a number twice: each shard
 * rewrites its own rows. Stateless.
 */
final class RowRewrites {

    private RowRewrites() {}

    /**
     * Checks ALTER COLUMN ... TYPE ... USING before it runs.
     *
     * @throws SQLException 0A000 when it would change a distribution key's values, or compute a replicated table's with a
     *     function that may answer differently on each shard
     */
    static void checkUsing(ScannedStatement statement, List<Table> tables, CatalogInspector inspector)
            throws SQLException {
        for (int i = 0; i < statement.tokenCount(); i++) {
            if (!statement.is(i, "USING")) {
                continue;
            }
            for (Table table : tables) {
                if (table.distribution() instanceof Distributed distributed) {
                    checkKey(statement, i, table.name(), distributed.keyColumn());
                } else {
                    checkFunctions(statement, i, table.name(), inspector);
                }
            }
        }
    }

    /** The column is the name before TYPE, or before SET DATA TYPE. */
    private static void checkKey(ScannedStatement statement, int using, TableName table, String key)
            throws SQLException {
        for (int i = using; i > 0; i--) {
            if (statement.is(i, "TYPE") && !statement.isPunctuation(i - 1, '.')) {
                int column = statement.isSequence(i - 2, "SET", "DATA") ? i - 3 : i - 1;
                if (statement.isName(column) && statement.identifier(column).equals(key)) {
                    throw Refusals.of(Unsupported.REWRITE_OF_KEY, key, String.valueOf(table));
                }
                return;
            }
        }
    }

    private static void checkFunctions(
            ScannedStatement statement, int using, TableName table, CatalogInspector inspector) throws SQLException {
        ColumnDefault expression = ColumnDefault.of(statement.text(using + 1, statement.tokenCount()));
        Set<String> changing = inspector.changingFunctions(expression.functions());
        Set<String> called = new LinkedHashSet<>(expression.functions());
        called.retainAll(changing);
        if (expression.changing() || expression.sequence() || !called.isEmpty()) {
            throw Refusals.of(Unsupported.REWRITE_OF_COPIES, String.valueOf(table));
        }
    }

    /**
     * Checks columns that a definition has added, while the transaction can still be rolled back.
     *
     * @param table the table after it
     * @throws SQLException 0A000 when rows have got values that differ between copies or repeat between shards
     */
    static void checkNewColumns(Table table, DescribedRelation before, DescribedRelation now, DefinitionScope scope)
            throws SQLException {
        for (DescribedColumn column : now.columns()) {
            if (before.column(column.number()) == null
                    && differs(table, column.column().defaultKind())) {
                if (hasRows(table, now.name(), scope)) {
                    throw Refusals.of(
                            Unsupported.ADDED_DEFAULT,
                            column.column().name(),
                            table.name().toString());
                }
            }
        }
    }

    private static boolean differs(Table table, DefaultKind kind) {
        return kind == DefaultKind.SEQUENCE
                || (kind == DefaultKind.VOLATILE && table.distribution() instanceof Replicated);
    }

    private static boolean hasRows(Table table, TableName name, DefinitionScope scope) throws SQLException {
        List<Shard> shards = scope.map().shards();
        for (Shard shard : table.distribution() instanceof Replicated ? shards.subList(0, 1) : shards) {
            // other shards do not have the definition yet: ask by the name before it
            TableName there = shard.ordinal() == 0 ? name : table.name();
            if (scope.on(shard, connection -> new CatalogInspector(connection).hasRows(there))) {
                return true;
            }
        }
        return false;
    }
}
