/** From SQL text to a plan: pure functions of the text, the cluster map and the session's name scope. */
@NullMarked
package io.pgplex.routing;

import org.jspecify.annotations.NullMarked;
