/** Changes of a shard's primary: who may decide on one, which standby it becomes, and how the old one is kept out. */
@NullMarked
package io.pgplex.jdbc.failover;

import org.jspecify.annotations.NullMarked;
