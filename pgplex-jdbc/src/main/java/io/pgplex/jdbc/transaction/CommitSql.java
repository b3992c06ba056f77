package io.pgplex.jdbc.transaction;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The statements of the commit protocol. Each is one round trip. */
final class CommitSql {

    private CommitSql() {}

    static String prepare(String gid) {
        return Barrier.SHARE + "; PREPARE TRANSACTION " + literal(gid);
    }

    /**
     * The commit point: the record and the anchor's own commit.
     *
     * @param finished records of earlier transactions that no participant can be in doubt about any more
     */
    static String decide(
            String gtxid, Collection<String> participants, @Nullable String metadata, List<String> finished) {
        StringBuilder sql = new StringBuilder(256).append(Barrier.SHARE).append("; ");
        if (!finished.isEmpty()) {
            sql.append(forget(finished)).append("; ");
        }
        return sql.append("INSERT INTO pgplex.commit_record (gtxid, state, participants, metadata) VALUES (")
                .append(literal(gtxid))
                .append(", 'committed', ")
                .append(array(participants))
                .append(", ")
                .append(metadata == null ? "NULL" : literal(metadata))
                .append("); COMMIT")
                .toString();
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

    private static String array(Collection<String> values) {
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
