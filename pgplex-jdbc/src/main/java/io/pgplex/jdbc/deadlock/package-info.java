/** Deadlocks over shards: which transactions wait, who waits for whom, and which of them gives way. */
@NullMarked
package io.pgplex.jdbc.deadlock;

import org.jspecify.annotations.NullMarked;
