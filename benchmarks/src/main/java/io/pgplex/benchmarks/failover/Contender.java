package io.pgplex.benchmarks.failover;

/**
 * A driver on its way to the shard's primary.
 *
 * @param name for the table of results
 * @param url what the application connects with
 * @param key the distribution key that its rows have
 */
record Contender(String name, String url, long key) {}
