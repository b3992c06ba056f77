/** JMH benchmarks of pgplex beside its peers. */
@NullMarked
package io.pgplex.benchmarks;

import org.jspecify.annotations.NullMarked;
