/** Rules that make a plan of UPDATE, DELETE, MERGE and INSERT ... SELECT. */
@NullMarked
package io.pgplex.routing.plan.modify;

import org.jspecify.annotations.NullMarked;
