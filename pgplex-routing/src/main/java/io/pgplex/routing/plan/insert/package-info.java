/** {@code INSERT ... VALUES}: which row goes where, and what is computed before. */
@NullMarked
package io.pgplex.routing.plan.insert;

import org.jspecify.annotations.NullMarked;
