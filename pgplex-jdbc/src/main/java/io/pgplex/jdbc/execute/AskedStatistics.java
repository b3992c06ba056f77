package io.pgplex.jdbc.execute;

import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.statistics.Statistics;
import io.pgplex.routing.statistics.TableStatistics;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Statistics as one planner sees them, with a note of what it was told. Confined to the planning. */
final class AskedStatistics implements Statistics {

    /** By how much a table's rows may change before plans are made again. */
    private static final double FACTOR = 2;

    /** So many rows travel as quickly as none. */
    private static final double FEW_ROWS = 100;

    /** Of a table of which nothing was known. */
    private static final double UNKNOWN_ROWS = -1;

    private final Supplier<Statistics> source;
    /** The rows of each table asked about. */
    private final Map<TableName, Double> told = new HashMap<>();

    private @Nullable Statistics statistics;

    /** @param source asked when the planner asks for the first time, and not again */
    AskedStatistics(Supplier<Statistics> source) {
        this.source = source;
    }

    @Override
    public @Nullable TableStatistics table(TableName name) {
        Statistics now = statistics;
        if (now == null) {
            now = source.get();
            statistics = now;
        }
        TableStatistics table = now.table(name);
        told.put(name, rows(table));
        return table;
    }

    private static double rows(@Nullable TableStatistics table) {
        return table == null ? UNKNOWN_ROWS : table.rows();
    }

    private static boolean differMuch(double told, double now) {
        if (told == UNKNOWN_ROWS || now == UNKNOWN_ROWS) {
            return told != now;
        }
        double one = Math.max(FEW_ROWS, told);
        double another = Math.max(FEW_ROWS, now);
        return Math.max(one, another) > FACTOR * Math.min(one, another);
    }

    /** What the planner was told, for its plan to be kept with; null when it has not asked. */
    @Nullable
    Basis basis() {
        return told.isEmpty() ? null : new Basis(told);
    }

    /** The sizes that a plan was made for. Immutable. */
    static final class Basis {
        private final Map<TableName, Double> told;

        private Basis(Map<TableName, Double> told) {
            this.told = Map.copyOf(told);
        }

        /** Whether the same plan would be made now: no table has become known or unknown, or twice or half as large. */
        boolean holds(Statistics now) {
            for (Map.Entry<TableName, Double> table : told.entrySet()) {
                if (differMuch(table.getValue(), rows(now.table(table.getKey())))) {
                    return false;
                }
            }
            return true;
        }
    }
}
