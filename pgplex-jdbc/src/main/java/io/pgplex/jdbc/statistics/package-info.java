/** The sizes of tables as the shards' catalogs tell them, read in the background. */
@NullMarked
package io.pgplex.jdbc.statistics;

import org.jspecify.annotations.NullMarked;
