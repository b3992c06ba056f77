package io.pgplex.jdbc.merge;

/**
 * Where a row lies among several result sets.
 *
 * @param resultSet which of them, from 0
 * @param row the row in it, from 0
 */
public record RowPlace(int resultSet, int row) {}
