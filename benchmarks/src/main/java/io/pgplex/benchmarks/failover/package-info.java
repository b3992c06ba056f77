/** How long a shard takes no writes after its primary was killed, as applications with different drivers see it. */
@NullMarked
package io.pgplex.benchmarks.failover;

import org.jspecify.annotations.NullMarked;
