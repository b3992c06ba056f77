package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.View;
import io.pgplex.routing.analyze.syntax.FromItem;

/** One place where a statement's own text names a view. */
public record ViewUse(FromItem.Relation item, View view) {}
