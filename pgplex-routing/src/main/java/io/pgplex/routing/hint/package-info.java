/** Hints: comments of the application that steer one statement. */
@NullMarked
package io.pgplex.routing.hint;

import org.jspecify.annotations.NullMarked;
