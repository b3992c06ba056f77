package io.pgplex.jdbc.transaction;

import java.util.Collection;

/** The statements of recovery. */
final class RecoverySql {

    /** Whether the server has the log of what arbiters did, which the schema's first version lacks. */
    static final String HAS_LOG = "SELECT pg_catalog.to_regclass('pgplex.settled') IS NOT NULL";

    /** No step of recovery waits longer for a lock: somebody else may be about to settle the same. */
    static final String SHORT_LOCK_TIMEOUT = "SET LOCAL lock_timeout TO '3s'";

    /** Most records that one look brings; of what is prepared each look must bring all. */
    private static final int MAXIMUM_ROWS = 1000;

    /** Seconds; a younger record is of no interest. */
    static final int RECORD_AGE = 5;

    /**
     * Records that may have done their work. One that says 'aborted' stops a coordinator that comes late, so it stays while
     * any transaction is open that is older, and for a day, because a role may not see everybody's transactions.
     */
    static final String RECORDS = "SELECT gtxid, state, participants, metadata,"
            + " pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) created_at) AS age"
            + " FROM pgplex.commit_record r"
            + " WHERE created_at OPERATOR(pg_catalog.<) (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-)"
            + " interval '" + RECORD_AGE + " seconds')"
            + " AND (state OPERATOR(pg_catalog.=) 'committed'"
            + " OR (created_at OPERATOR(pg_catalog.<) (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) interval '1 day')"
            + " AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a"
            + " WHERE a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
            + " AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()"
            + " AND a.xact_start OPERATOR(pg_catalog.<) r.created_at)))"
            + " ORDER BY created_at, gtxid LIMIT " + MAXIMUM_ROWS;

    /** What arbiters did is told for a day. */
    static final String FORGET_OLD_LOG = "DELETE FROM pgplex.settled WHERE settled_at OPERATOR(pg_catalog.<)"
            + " (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) interval '1 day')";

    /** Whether some transaction is creating a relation that nobody else can see yet: its lock names no known one. */
    static final String CREATION_UNDER_WAY = "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks l"
            + " JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) l.database"
            + " WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
            + " AND l.locktype OPERATOR(pg_catalog.=) 'relation'"
            + " AND l.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock' AND NOT EXISTS"
            + " (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) l.relation))";

    private RecoverySql() {}

    /**
     * What a cluster has prepared on a server: gid, owner, age in seconds, and whether the session's role may finish it:
     * {@code own}, {@code role} when it is a member of the owner, or {@code other}.
     */
    static String prepared(String cluster) {
        return "SELECT p.gid, p.owner, pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()"
                + " OPERATOR(pg_catalog.-) p.prepared) AS age,"
                + " CASE WHEN me.rolsuper OR p.owner OPERATOR(pg_catalog.=) me.rolname THEN 'own'"
                + " WHEN o.oid IS NOT NULL AND pg_catalog.pg_has_role(me.oid, o.oid, 'MEMBER') THEN 'role'"
                + " ELSE 'other' END AS access"
                + " FROM pg_catalog.pg_prepared_xacts p"
                + " JOIN pg_catalog.pg_roles me ON me.rolname OPERATOR(pg_catalog.=) current_user"
                + " LEFT JOIN pg_catalog.pg_roles o ON o.rolname OPERATOR(pg_catalog.=) p.owner"
                + " WHERE p.database OPERATOR(pg_catalog.=) pg_catalog.current_database()"
                + " AND pg_catalog.starts_with(p.gid, " + CommitSql.literal(GlobalTransactionId.gidPrefix(cluster))
                + ")"
                + " ORDER BY p.prepared, p.gid";
    }

    static String states(Collection<String> gtxids) {
        return "SELECT gtxid, state FROM pgplex.commit_record WHERE gtxid OPERATOR(pg_catalog.=) ANY ("
                + CommitSql.array(gtxids) + ")";
    }

    /** Removes records and says which there were. */
    static String forget(Collection<String> gtxids) {
        return CommitSql.forget(gtxids) + " RETURNING gtxid";
    }

    /** Tells what an arbiter did. */
    static String log(Collection<String> gtxids, String action) {
        return "INSERT INTO pgplex.settled (gtxid, action, arbiter) SELECT g, " + CommitSql.literal(action) + ", "
                + CommitSql.literal(GlobalTransactionId.client()) + " FROM pg_catalog.unnest(" + CommitSql.array(gtxids)
                + ") AS g";
    }

    /** The anchors of what is prepared of one transaction. */
    static String anchors(String cluster, String gtxid) {
        return "SELECT pg_catalog.split_part(gid, ':', 3) FROM pg_catalog.pg_prepared_xacts"
                + " WHERE database OPERATOR(pg_catalog.=) pg_catalog.current_database()"
                + " AND pg_catalog.starts_with(gid, " + CommitSql.literal(GlobalTransactionId.gidPrefix(cluster)) + ")"
                + " AND pg_catalog.split_part(gid, ':', 4) OPERATOR(pg_catalog.=) " + CommitSql.literal(gtxid);
    }

    /** How arbiters settled one transaction. */
    static String settledAs(String gtxid) {
        return "SELECT action FROM pgplex.settled WHERE gtxid OPERATOR(pg_catalog.=) " + CommitSql.literal(gtxid)
                + " AND action IN ('committed', 'rolled back', 'aborted')";
    }

    static String exists(String quotedRelation) {
        return "SELECT pg_catalog.to_regclass(" + CommitSql.literal(quotedRelation) + ") IS NOT NULL";
    }
}
