package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.syntax.Modification;
import org.jspecify.annotations.Nullable;

/**
 * A statement that writes, with its names resolved.
 *
 * @param block its target and the relations beside it
 * @param source INSERT's query; null for other kinds and for DEFAULT VALUES
 */
public record ResolvedModification(
        Modification syntax,
        Block block,
        RelationUse target,
        @Nullable ResolvedQuery source) {}
