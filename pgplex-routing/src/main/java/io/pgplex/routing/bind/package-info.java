/** From a plan and one execution's parameters to shards. */
@NullMarked
package io.pgplex.routing.bind;

import org.jspecify.annotations.NullMarked;
