/** The cluster map as a client keeps it: its keys, its documents, the watched copy, and the ways to change it. */
@NullMarked
package io.pgplex.metadata.cache;

import org.jspecify.annotations.NullMarked;
