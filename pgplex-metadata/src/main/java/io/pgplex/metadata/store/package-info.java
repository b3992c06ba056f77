/** The etcd-shaped port that cluster metadata is kept behind. */
@NullMarked
package io.pgplex.metadata.store;

import org.jspecify.annotations.NullMarked;
