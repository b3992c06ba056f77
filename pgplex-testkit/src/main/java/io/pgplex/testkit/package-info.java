/**
 * Real PostgreSQL clusters and a real etcd for tests and demos, without Docker and without root.
 *
 * <p>Start reading at {@link io.pgplex.testkit.LocalCluster}; {@link io.pgplex.testkit.PostgresServer}
 * and {@link io.pgplex.testkit.EtcdServer} are what it is made of.
 */
@NullMarked
package io.pgplex.testkit;

import org.jspecify.annotations.NullMarked;
