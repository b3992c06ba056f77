/** What all connections to one cluster share in this JVM, and how a connection is put together. */
@NullMarked
package io.pgplex.jdbc.runtime;

import org.jspecify.annotations.NullMarked;
