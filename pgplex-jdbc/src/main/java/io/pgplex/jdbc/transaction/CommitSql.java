package io.pgplex.jdbc.transaction;

import java.util.Collection;
import java.util.List;

/** The statements of the commit protocol. Each is one round trip. */
final class CommitSql {

    /**
     * Makes each step of a commit durable before the next relies on it: {@code synchronous_commit = off} could lose the
     * anchor's commit in a crash after the others have committed, and what is weaker than {@code on} could lose it in a
     * failover. It holds to the transaction's end. A statement_timeout needs no care: a server puts it off before it commits
     * or prepares (finish_xact_command in postgres.c).
     */
    private static final String STEP = Barrier.SHARE
            + ", pg_catalog.set_config('synchronous_commit', CASE pg_catalog.current_setting('synchronous_commit')"
            + " WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)";

    /** Longest wait for a terminated backend's end. */
    private static final int END_LIMIT_MILLIS = 5_000;

    private static final String READ_COMMITTED =
            " AND pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed'";

    /**
     * The same for a session that settles what another has left open, which must also be able to write, and not wait for
     * ever for a backend that does not end.
     */
    static final String UNHINDERED =
            "SET statement_timeout TO 0; SET lock_timeout TO '2s'; SET synchronous_commit TO 'on';"
                    + " SET default_transaction_read_only TO off; SET default_transaction_isolation TO 'read committed'";

    /** What {@link PlainCommit} wants to know of a server. */
    private static final String SERVER_COLUMNS = "pg_catalog.substr(pg_catalog.pg_walfile_name("
            + "pg_catalog.pg_current_wal_insert_lsn()), 1, 8) AS timeline,"
            + " pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time())::pg_catalog.numeric::pg_catalog.text"
            + " AS started_at,"
            + " pg_catalog.pg_last_wal_replay_lsn()::pg_catalog.text AS recovered_to,"
            + " pg_catalog.pg_last_xact_replay_timestamp() IS NOT NULL AS promoted";

    static final String SERVER = "SELECT " + SERVER_COLUMNS;

    /**
     * The number of the transaction, null where it has written nothing; the end of a record in the log that carries it, which
     * this writes; and the server.
     */
    static final String MARK = "SELECT pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text AS xid,"
            + " CASE WHEN pg_catalog.pg_current_xact_id_if_assigned() IS NULL THEN NULL"
            + " ELSE pg_catalog.pg_logical_emit_message(true, 'pgplex', ''::pg_catalog.text)::pg_catalog.text END"
            + " AS position, " + SERVER_COLUMNS;

    private CommitSql() {}

    /** How a transaction ended; null where that is so long ago that the server has forgotten it. */
    static String statusOf(String xid) {
        return "SELECT pg_catalog.pg_xact_status(" + literal(xid) + "::pg_catalog.xid8)";
    }

    static String prepare(String gid) {
        return STEP + "; PREPARE TRANSACTION " + literal(gid);
    }

    /**
     * The commit point: the record and the anchor's own commit; always the same text, so that the server keeps it prepared.
     * Parameters: gtxid, the participants as an array's text, the metadata change or null.
     *
     * <p>The record's age counts from now, not from the transaction's beginning.
     */
    static final String DECIDE = STEP
            + "; INSERT INTO pgplex.commit_record (gtxid, state, participants, metadata, created_at)"
            + " VALUES (?, 'committed', ?::pg_catalog.text[], ?, pg_catalog.clock_timestamp()); COMMIT";

    /**
     * The same after earlier records were removed: under READ COMMITTED alone, since any other snapshot is most likely too old
     * to see them, and fails on one that somebody else removes.
     *
     * @param finished records of earlier transactions that no participant can be in doubt about any more
     */
    static String decide(List<String> finished) {
        return finished.isEmpty() ? DECIDE : forget(finished) + READ_COMMITTED + "; " + DECIDE;
    }

    /** Shards' names, which need no quotes, as an array's text. */
    static String arrayText(Collection<String> names) {
        return "{" + String.join(",", names) + "}";
    }

    /** Removes records that no participant can be in doubt about any more. */
    static String forget(Collection<String> finished) {
        return "DELETE FROM pgplex.commit_record WHERE gtxid OPERATOR(pg_catalog.=) ANY (" + array(finished) + ")";
    }

    static String commitPrepared(String gid) {
        return "COMMIT PREPARED " + literal(gid);
    }

    static String rollbackPrepared(String gid) {
        return "ROLLBACK PREPARED " + literal(gid);
    }

    /** Settles a transaction as aborted unless its commit record is there; waits for a commit that is still under way. */
    static String settle(String gtxid) {
        return "INSERT INTO pgplex.commit_record (gtxid, state, participants, metadata) VALUES (" + literal(gtxid)
                + ", 'aborted', ARRAY[]::pg_catalog.text[], NULL) ON CONFLICT (gtxid) DO NOTHING";
    }

    static String stateOf(String gtxid) {
        return "SELECT state FROM pgplex.commit_record WHERE gtxid OPERATOR(pg_catalog.=) " + literal(gtxid);
    }

    /** Makes the session the one whose prepared transaction it is, who alone may end it, but for a superuser. */
    static String becomeOwner(String gid) {
        return "SELECT pg_catalog.set_config('role', p.owner, false) FROM pg_catalog.pg_prepared_xacts p"
                + " WHERE p.gid OPERATOR(pg_catalog.=) " + literal(gid);
    }

    /**
     * Ends the backend that a lost connection may have left at work, so that it cannot prepare any more what is rolled
     * back, and lets go of its locks; waits for that. No other is meant that has been given the same process id since.
     *
     * @param ageMillis how long it has lived at least
     */
    static String endBackend(int pid, long ageMillis) {
        return "SELECT pg_catalog.pg_terminate_backend(a.pid, " + END_LIMIT_MILLIS
                + ") FROM pg_catalog.pg_stat_activity a"
                + " WHERE a.pid OPERATOR(pg_catalog.=) " + pid
                + " AND a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()"
                + " AND a.usename OPERATOR(pg_catalog.=) SESSION_USER"
                + " AND a.backend_start OPERATOR(pg_catalog.<=)"
                + " (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) interval '" + ageMillis + " milliseconds')";
    }

    /** The same where it waits for a message that will not come. */
    static String endIdleBackend(int pid, long ageMillis) {
        return endBackend(pid, ageMillis) + " AND a.state OPERATOR(pg_catalog.=) 'idle in transaction'";
    }

    static String array(Collection<String> values) {
        StringBuilder sql = new StringBuilder("ARRAY[");
        for (String value : values) {
            if (sql.length() > "ARRAY[".length()) {
                sql.append(", ");
            }
            sql.append(literal(value));
        }
        return sql.append("]::pg_catalog.text[]").toString();
    }

    /** A literal that means the same whatever standard_conforming_strings is. */
    static String literal(String value) {
        String quoted = "'" + value.replace("'", "''") + "'";
        return value.indexOf('\\') < 0 ? quoted : "E" + quoted.replace("\\", "\\\\");
    }
}
