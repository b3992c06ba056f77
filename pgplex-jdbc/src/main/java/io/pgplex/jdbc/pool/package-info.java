/** Pools of physical connections, one a node and user, shared by the logical connections of the JVM. */
@NullMarked
package io.pgplex.jdbc.pool;

import org.jspecify.annotations.NullMarked;
