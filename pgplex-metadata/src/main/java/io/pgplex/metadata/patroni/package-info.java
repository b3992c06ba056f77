/** What Patroni's keys in etcd say of a shard: decoding them, and what follows from them. Pure. */
@NullMarked
package io.pgplex.metadata.patroni;

import org.jspecify.annotations.NullMarked;
