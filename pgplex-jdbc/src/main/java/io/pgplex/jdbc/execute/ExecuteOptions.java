package io.pgplex.jdbc.execute;

import java.sql.ResultSet;

/**
 * What an application set on its statement, in JDBC's terms. Immutable; a statement keeps one until a setter is called.
 *
 * @param resultSetType a type constant of {@link ResultSet}
 * @param concurrency a concurrency constant of {@link ResultSet}
 * @param holdability a holdability constant of {@link ResultSet}
 * @param fetchSize rows per round trip; 0 for the driver's default
 * @param maxRows most rows of a result; 0 for all
 * @param maxFieldSizeBytes most bytes of a character or binary column; 0 for all
 * @param queryTimeoutMillis 0 for none
 * @param escapeProcessing whether JDBC escapes are translated
 * @param generatedKeys what is returned beside the count
 */
public record ExecuteOptions(
        int resultSetType,
        int concurrency,
        int holdability,
        int fetchSize,
        long maxRows,
        int maxFieldSizeBytes,
        int queryTimeoutMillis,
        boolean escapeProcessing,
        GeneratedKeys generatedKeys) {

    public static final ExecuteOptions DEFAULT = new ExecuteOptions(
            ResultSet.TYPE_FORWARD_ONLY,
            ResultSet.CONCUR_READ_ONLY,
            ResultSet.CLOSE_CURSORS_AT_COMMIT,
            0,
            0,
            0,
            0,
            true,
            GeneratedKeys.NONE);

    /** The same options with another bound of rows; 0 for all. */
    ExecuteOptions withMaxRows(long rows) {
        return rows == maxRows
                ? this
                : new ExecuteOptions(
                        resultSetType,
                        concurrency,
                        holdability,
                        fetchSize,
                        rows,
                        maxFieldSizeBytes,
                        queryTimeoutMillis,
                        escapeProcessing,
                        generatedKeys);
    }

    /** The same options for rows that are read whole and counted before the application sees them. */
    ExecuteOptions readWhole() {
        return new ExecuteOptions(
                ResultSet.TYPE_SCROLL_INSENSITIVE,
                ResultSet.CONCUR_READ_ONLY,
                holdability,
                0,
                0,
                maxFieldSizeBytes,
                queryTimeoutMillis,
                escapeProcessing,
                generatedKeys);
    }

    /**
     * Options for a part of a statement whose answer the application does not see: nothing is cut off.
     *
     * @param fetchSize rows per round trip
     * @param queryTimeoutMillis what is left of the time; 0 for none
     */
    ExecuteOptions ofPart(int fetchSize, int queryTimeoutMillis) {
        return new ExecuteOptions(
                ResultSet.TYPE_FORWARD_ONLY,
                ResultSet.CONCUR_READ_ONLY,
                ResultSet.CLOSE_CURSORS_AT_COMMIT,
                fetchSize,
                0,
                0,
                queryTimeoutMillis,
                escapeProcessing,
                GeneratedKeys.NONE);
    }

    /** The same options for rows that outlive the transaction, and so are all in the heap before it ends. */
    ExecuteOptions held() {
        return new ExecuteOptions(
                resultSetType,
                concurrency,
                ResultSet.HOLD_CURSORS_OVER_COMMIT,
                fetchSize,
                maxRows,
                maxFieldSizeBytes,
                queryTimeoutMillis,
                escapeProcessing,
                generatedKeys);
    }

    /** The same options with another time and number of rows per round trip. */
    ExecuteOptions with(int rowsPerRoundTrip, int timeoutMillis) {
        return new ExecuteOptions(
                resultSetType,
                concurrency,
                holdability,
                rowsPerRoundTrip,
                maxRows,
                maxFieldSizeBytes,
                timeoutMillis,
                escapeProcessing,
                generatedKeys);
    }

    /** Whether rows are read once, forward, and never updated: what several shards can serve. */
    public boolean forwardReadOnly() {
        return resultSetType == ResultSet.TYPE_FORWARD_ONLY && concurrency == ResultSet.CONCUR_READ_ONLY;
    }
}
