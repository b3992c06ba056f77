/** The metadata store on etcd; the only package that sees jetcd. */
@NullMarked
package io.pgplex.metadata.store.etcd;

import org.jspecify.annotations.NullMarked;
