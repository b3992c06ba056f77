package io.pgplex.routing.statistics;

import org.jspecify.annotations.Nullable;

/**
 * What the servers' ANALYZE found out about a column. Immutable.
 *
 * @param name the column's name
 * @param type its type as {@code format_type} prints it
 * @param collation its collation as quoted SQL where it is not the database's default; otherwise null
 * @param nullFraction the part of the rows that is NULL, 0 to 1
 * @param averageBytes the average size of a value that is not NULL
 * @param distinctValues how many different values there are, at least 1
 */
public record ColumnStatistics(
        String name,
        String type,
        @Nullable String collation,
        double nullFraction,
        double averageBytes,
        double distinctValues) {}
