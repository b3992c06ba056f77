/** What a statement's text and the cluster map say about how to run it; immutable, free of parameter values. */
@NullMarked
package io.pgplex.routing.plan;

import org.jspecify.annotations.NullMarked;
