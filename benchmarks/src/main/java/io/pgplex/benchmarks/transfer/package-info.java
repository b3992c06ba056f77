/** Transfers between accounts on two shards, by pgplex and by what an application would use instead of it. */
@NullMarked
package io.pgplex.benchmarks.transfer;

import org.jspecify.annotations.NullMarked;
