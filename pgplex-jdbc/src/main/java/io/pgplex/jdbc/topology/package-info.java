/** Which nodes are there, what they are and how they are: a pure value, made from events, and who waits for it. */
@NullMarked
package io.pgplex.jdbc.topology;

import org.jspecify.annotations.NullMarked;
