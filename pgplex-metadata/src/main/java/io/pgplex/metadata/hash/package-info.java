/** PostgreSQL's own extended hash functions and the way from a key's value to its bucket. */
@NullMarked
package io.pgplex.metadata.hash;

import org.jspecify.annotations.NullMarked;
