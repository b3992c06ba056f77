package io.pgplex.routing.plan;

import io.pgplex.metadata.model.KeyType;
import io.pgplex.routing.scan.Identifiers;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows that travel. Immutable.
 *
 * @param name the relation that stands for them in later texts; a plain identifier that the statement does not use
 * @param columns its columns: the first ones that the source answers with, whose labels do not matter
 * @param source the statement whose answer they are; one that writes and returns nothing has no columns
 * @param parameters which value each parameter of the source is, as in {@link Movement#parameters}
 * @param reach which shards need them
 * @param reduction a way to send fewer rows, or null
 * @param lookups columns that a correlated subquery compares with the row that it runs for: without an index it would read
 *     all rows once for each
 * @param rows how many rows the planner expects; negative when it has no idea
 * @param bytes how many bytes of data the planner expects; negative when it has no idea
 */
public record Intermediate(
        String name,
        List<Column> columns,
        Plan.Sharded source,
        int[] parameters,
        Reach reach,
        @Nullable Reduction reduction,
        List<List<String>> lookups,
        long rows,
        long bytes) {

    public Intermediate {
        columns = List.copyOf(columns);
        lookups = List.copyOf(lookups);
    }

    /** Rows of which a statement reads all. */
    public Intermediate(
            String name,
            List<Column> columns,
            Plan.Sharded source,
            int[] parameters,
            Reach reach,
            @Nullable Reduction reduction,
            long rows,
            long bytes) {
        this(name, columns, source, parameters, reach, reduction, List.of(), rows, bytes);
    }

    /** Which shards need which rows. */
    public sealed interface Reach {

        /** The one that runs the statement needs all (gather). */
        record OneShard() implements Reach {}

        /** Every shard needs all (broadcast). */
        record EveryShard() implements Reach {}

        /**
         * Each shard needs the rows whose key it owns; rows with NULL go to the home shard.
         *
         * @param column which column of the source's answer is the key, from 0; it may lie behind the relation's own
         */
        record ByKey(int column, KeyType type) implements Reach {}
    }

    /**
     * A column of an intermediate.
     *
     * @param name its name, not quoted
     * @param type its type with a modifier as {@code format_type} prints it; null for the type that the source reports
     * @param collation its collation as quoted SQL where it is not the database's default; otherwise null
     */
    public record Column(
            String name, @Nullable String type, @Nullable String collation) {}

    /**
     * A semi-join filter: the same source, but without rows that no row of an earlier intermediate can join. Worth it only
     * while that intermediate is small enough to travel as parameters; the source is run otherwise.
     *
     * @param by the name of the earlier intermediate, which the source names
     * @param source the filtered source
     * @param parameters which value each parameter of it is
     */
    public record Reduction(String by, Plan.Sharded source, int[] parameters) {}

    /** The same rows for other shards. */
    public Intermediate withReach(Reach other) {
        return new Intermediate(name, columns, source, parameters, other, reduction, lookups, rows, bytes);
    }

    /** The text by which a statement names the rows while they are in a temporary table. */
    public String definition() {
        return definition(name);
    }

    /** The definition of an intermediate by its name. */
    public static String definition(String name) {
        String quoted = Identifiers.quote(name);
        return quoted + " AS NOT MATERIALIZED (TABLE pg_temp." + quoted + ")";
    }
}
