/** What a statement's names mean, which shards its predicates allow, and whether it may run shard by shard. */
@NullMarked
package io.pgplex.routing.analyze;

import org.jspecify.annotations.NullMarked;
