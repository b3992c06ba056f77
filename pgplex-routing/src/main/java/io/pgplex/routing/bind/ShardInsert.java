package io.pgplex.routing.bind;

import io.pgplex.routing.plan.Fragment;

/**
 * What one shard inserts of a statement's rows. Immutable.
 *
 * @param shard the shard's ordinal
 * @param fragment its INSERT
 * @param rows which of the statement's rows it has, from 0, ascending
 */
public record ShardInsert(int shard, Fragment fragment, int[] rows) {}
