package io.pgplex.routing.bind;

/**
 * A row whose key only a server can hash. Immutable.
 *
 * @param row the row's number from 0
 * @param parameter which parameter or evaluation holds the key
 * @param hashSql an expression over that one parameter, for {@code KeyBuckets.bucketOfHash}
 */
public record UnknownKey(int row, int parameter, String hashSql) {}
