/** The metadata store within one JVM, for tests and demos. */
@NullMarked
package io.pgplex.metadata.store.memory;

import org.jspecify.annotations.NullMarked;
