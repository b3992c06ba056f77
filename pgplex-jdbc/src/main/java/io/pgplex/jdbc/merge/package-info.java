/** Cursors and queries that make one answer of several shards' answers. */
@NullMarked
package io.pgplex.jdbc.merge;

import org.jspecify.annotations.NullMarked;
