package io.pgplex.routing.plan;

/** What a statement may do to data; a shard that only read needs no part in a two-phase commit. */
public enum Effect {
    /** Reads, and locks at most. */
    READ,
    /** Calls something that may write, as any function can. */
    MAY_WRITE,
    /** Writes. */
    WRITE
}
