/** What routing knows about PostgreSQL's own functions. */
@NullMarked
package io.pgplex.routing.function;

import org.jspecify.annotations.NullMarked;
