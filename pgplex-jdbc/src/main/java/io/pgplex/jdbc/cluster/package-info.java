/** Cluster membership and definitions: JOIN, DISCOVER and LEAVE CLUSTER, and DDL on every shard. */
@NullMarked
package io.pgplex.jdbc.cluster;

import org.jspecify.annotations.NullMarked;
