/** From a plan to answers: lease, send, collect. */
@NullMarked
package io.pgplex.jdbc.execute;

import org.jspecify.annotations.NullMarked;
