/** Hints: comments in which an application tells pgplex where and how a statement may run. */
@NullMarked
package io.pgplex.routing.hint;

import org.jspecify.annotations.NullMarked;
