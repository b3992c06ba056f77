package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.ExecuteOptions;
import io.pgplex.jdbc.execute.GeneratedKeys;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Options with one value changed, each checked as pgjdbc checks it. Confined to the call that makes it. */
final class StatementOptions {
    private int resultSetType;
    private int concurrency;
    private int holdability;
    private int fetchSize;
    private long maxRows;
    private int maxFieldSizeBytes;
    private int queryTimeoutMillis;
    private boolean escapeProcessing;
    private GeneratedKeys generatedKeys;

    private StatementOptions(ExecuteOptions options) {
        resultSetType = options.resultSetType();
        concurrency = options.concurrency();
        holdability = options.holdability();
        fetchSize = options.fetchSize();
        maxRows = options.maxRows();
        maxFieldSizeBytes = options.maxFieldSizeBytes();
        queryTimeoutMillis = options.queryTimeoutMillis();
        escapeProcessing = options.escapeProcessing();
        generatedKeys = options.generatedKeys();
    }

    private ExecuteOptions options() {
        return new ExecuteOptions(
                resultSetType,
                concurrency,
                holdability,
                fetchSize,
                maxRows,
                maxFieldSizeBytes,
                queryTimeoutMillis,
                escapeProcessing,
                generatedKeys);
    }

    static ExecuteOptions resultSet(ExecuteOptions options, int type, int concurrency, int holdability)
            throws SQLException {
        if (type == options.resultSetType()
                && concurrency == options.concurrency()
                && holdability == options.holdability()) {
            return options;
        }
        if (type != ResultSet.TYPE_FORWARD_ONLY
                && type != ResultSet.TYPE_SCROLL_INSENSITIVE
                && type != ResultSet.TYPE_SCROLL_SENSITIVE) {
            throw JdbcErrors.invalidValue("Unknown value for ResultSet type");
        }
        if (concurrency != ResultSet.CONCUR_READ_ONLY && concurrency != ResultSet.CONCUR_UPDATABLE) {
            throw JdbcErrors.invalidValue("Unknown value for ResultSet concurrency");
        }
        if (holdability != ResultSet.HOLD_CURSORS_OVER_COMMIT && holdability != ResultSet.CLOSE_CURSORS_AT_COMMIT) {
            throw JdbcErrors.invalidValue("Unknown value for ResultSet holdability");
        }
        StatementOptions changed = new StatementOptions(options);
        changed.resultSetType = type;
        changed.concurrency = concurrency;
        changed.holdability = holdability;
        return changed.options();
    }

    static ExecuteOptions fetchSize(ExecuteOptions options, int rows) throws SQLException {
        StatementOptions changed = new StatementOptions(options);
        changed.fetchSize = (int) notNegative("Fetch size must be a value greater than or equal to 0.", rows);
        return changed.options();
    }

    static ExecuteOptions maxRows(ExecuteOptions options, long rows) throws SQLException {
        StatementOptions changed = new StatementOptions(options);
        changed.maxRows = notNegative("Maximum number of rows must be a value greater than or equal to 0.", rows);
        return changed.options();
    }

    static ExecuteOptions maxFieldSize(ExecuteOptions options, int bytes) throws SQLException {
        StatementOptions changed = new StatementOptions(options);
        changed.maxFieldSizeBytes =
                (int) notNegative("The maximum field size must be a value greater than or equal to 0.", bytes);
        return changed.options();
    }

    /** A timeout; one that overflows milliseconds is the longest there is, 24 days. */
    static ExecuteOptions queryTimeout(ExecuteOptions options, int seconds) throws SQLException {
        long millis = 1000L * notNegative("Query timeout must be a value greater than or equals to 0.", seconds);
        StatementOptions changed = new StatementOptions(options);
        changed.queryTimeoutMillis = (int) Math.min(millis, Integer.MAX_VALUE);
        return changed.options();
    }

    static ExecuteOptions escapeProcessing(ExecuteOptions options, boolean enabled) {
        StatementOptions changed = new StatementOptions(options);
        changed.escapeProcessing = enabled;
        return changed.options();
    }

    static ExecuteOptions generatedKeys(ExecuteOptions options, GeneratedKeys keys) {
        if (keys.equals(options.generatedKeys())) {
            return options;
        }
        StatementOptions changed = new StatementOptions(options);
        changed.generatedKeys = keys;
        return changed.options();
    }

    private static long notNegative(String message, long value) throws SQLException {
        if (value < 0) {
            throw JdbcErrors.invalidValue(message);
        }
        return value;
    }

    /** The keys that a flag of {@link Statement} asks for. */
    static GeneratedKeys keys(int flag) throws SQLException {
        if (flag != Statement.NO_GENERATED_KEYS && flag != Statement.RETURN_GENERATED_KEYS) {
            throw JdbcErrors.invalidValue("Invalid value for autoGeneratedKeys " + flag);
        }
        return flag == Statement.RETURN_GENERATED_KEYS ? GeneratedKeys.ALL : GeneratedKeys.NONE;
    }

    /** None for no columns; pgjdbc does not know columns by their number. */
    static GeneratedKeys keys(int @Nullable [] columns) throws SQLException {
        if (columns == null || columns.length == 0) {
            return GeneratedKeys.NONE;
        }
        throw JdbcErrors.state(
                "Returning autogenerated keys by column index is not supported.",
                org.postgresql.util.PSQLState.NOT_IMPLEMENTED);
    }

    /** The named columns; all for null and none for no names, as pgjdbc has it. */
    static GeneratedKeys keys(String @Nullable [] columns) {
        if (columns == null) {
            return GeneratedKeys.ALL;
        }
        return columns.length == 0 ? GeneratedKeys.NONE : new GeneratedKeys.Columns(List.of(columns));
    }
}
