/** The state that an application expects of its session, and the difference to what a physical connection has. */
@NullMarked
package io.pgplex.jdbc.session;

import org.jspecify.annotations.NullMarked;
