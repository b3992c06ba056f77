/** Plans as text, for EXPLAIN. */
@NullMarked
package io.pgplex.routing.plan.explain;

import org.jspecify.annotations.NullMarked;
