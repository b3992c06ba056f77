package io.pgplex.jdbc.pool;

/**
 * As whose primary a connection is wanted. The server is asked once for each physical connection and epoch whether it is
 * that. Immutable.
 *
 * @param cluster the cluster's name
 * @param shard the shard's name
 * @param epoch the shard's epoch as the client knows it, or 0 where pgplex does not choose the primary and so keeps none
 */
public record Attachment(String cluster, String shard, long epoch) {}
