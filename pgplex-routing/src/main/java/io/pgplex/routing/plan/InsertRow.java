package io.pgplex.routing.plan;

import io.pgplex.routing.bind.KeySource;

/**
 * One row of {@code INSERT ... VALUES}. Immutable.
 *
 * @param values the row's text with its parentheses, and its parameters
 * @param key where its distribution key comes from
 */
public record InsertRow(Fragment values, KeySource key) {}
