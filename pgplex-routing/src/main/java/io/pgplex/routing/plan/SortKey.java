package io.pgplex.routing.plan;

/**
 * One column that the shards' rows are sorted by. Immutable.
 *
 * @param column the fragment's result column, from 1; negative ones count from the end, -1 is the last
 * @param descending whether large values come first
 * @param nullsFirst whether NULL comes first
 * @param bytewiseText whether text in this column is known to be ordered by its bytes
 */
public record SortKey(int column, boolean descending, boolean nullsFirst, boolean bytewiseText) {}
