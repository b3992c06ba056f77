/** Rules that make a plan of a SELECT: how its text changes for the shards and how their answers become one. */
@NullMarked
package io.pgplex.routing.plan.select;

import org.jspecify.annotations.NullMarked;
