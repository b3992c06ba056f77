package io.pgplex.routing.plan;

import org.jspecify.annotations.Nullable;

/**
 * Why a statement is not run. Immutable; never holds data values.
 *
 * @param sqlState five characters, 0A000 for what cannot run across shards
 * @param message names the construct, in PostgreSQL's style
 * @param detail more, or null
 * @param hint what to do instead, or null
 * @param position where in the statement, from 1, or 0 when unknown
 */
public record Refusal(
        String sqlState,
        String message,
        @Nullable String detail,
        @Nullable String hint,
        int position) {}
