package io.pgplex.jdbc.admin;

import java.sql.SQLException;

/** Makes another node of a shard its primary while all of them are well: a switchover, which loses nothing. */
@FunctionalInterface
public interface LeaderChange {

    /**
     * Returns when the node takes the shard's writes and the cluster's map says so.
     *
     * @throws SQLException why the primary stays who it is
     */
    void to(String shard, String node) throws SQLException;
}
