package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.pool.Work;
import io.pgplex.jdbc.transaction.MetadataChange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.RoutingScope;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a definition (DDL) sees of the session that runs it: the shards inside the session's transaction, and the map as
 * that transaction has changed it so far. The caller has begun a transaction already and commits it, on every touched
 * shard by two-phase commit, when the definition returns; an exception rolls it back.
 */
public interface DefinitionScope {

    ClusterMap map();

    RoutingScope routingScope();

    /** Runs work on the shard's primary inside the transaction; the shard counts as written. */
    <T extends @Nullable Object> T on(Shard shard, Work<T> work) throws SQLException;

    /** Runs the same work on several shards in parallel inside the transaction; the first failure is thrown. */
    void onEach(List<Shard> shards, Work<?> work) throws SQLException;

    /** Runs work on the shard's primary outside any transaction, as CREATE INDEX CONCURRENTLY and VACUUM want it. */
    <T extends @Nullable Object> T outsideTransaction(Shard shard, Work<T> work) throws SQLException;

    /**
     * Sends a text on a connection that this scope has given: a cancel and the query timeout reach it, and the server's
     * notices become warnings.
     *
     * @return its update count, 0 where it has none
     */
    long execute(Connection connection, String sql) throws SQLException;

    /** Sends it on a further shard, whose notices would only repeat the first one's. */
    long repeat(Connection connection, String sql) throws SQLException;

    /** Tells the application, by a warning, and the log how far a definition has come that runs shard by shard. */
    void progress(String message);

    /** Makes a change of the map part of the transaction. */
    void change(MetadataChange change) throws SQLException;

    /** Whether the session is inside a transaction that the application began. */
    boolean inApplicationTransaction();

    /** Remembers a temporary relation that this session has made on the home shard. */
    void temporaryRelation(String name);
}
