package io.pgplex.jdbc.error;

import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.sql.SQLInvalidAuthorizationSpecException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLNonTransientException;
import java.sql.SQLSyntaxErrorException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransactionRollbackException;
import java.sql.SQLTransientConnectionException;
import java.sql.SQLTransientException;
import org.jspecify.annotations.Nullable;

/**
 * The SQLStates that pgplex itself raises, each with the JDBC type that frameworks translate by. Errors of a server pass
 * through and need no entry here. The README's table of errors is this enum.
 */
public enum SqlState {
    FEATURE_NOT_SUPPORTED("0A000", "not supported across shards", SQLFeatureNotSupportedException::new),
    SYNTAX_ERROR("42601", "malformed hint or pgplex command", SQLSyntaxErrorException::new),
    INVALID_PARAMETER("22023", "bad property, option or URL", SQLNonTransientException::new),
    NUMERIC_OUT_OF_RANGE("22003", "a combined sum leaves its type's range", SQLDataException::new),
    UNDEFINED_OBJECT("42704", "no such node, shard, table or option", SQLSyntaxErrorException::new),
    UNDEFINED_TABLE("42P01", "no such distributed or replicated table", SQLSyntaxErrorException::new),
    UNDEFINED_COLUMN("42703", "no such column", SQLSyntaxErrorException::new),
    DUPLICATE_OBJECT("42710", "a node, shard or option is there already", SQLSyntaxErrorException::new),
    INVALID_CATALOG_NAME("3D000", "no such cluster or database", SQLNonTransientException::new),
    INSUFFICIENT_PRIVILEGE("42501", "the login may not change primaries", SQLSyntaxErrorException::new),
    ACTIVE_TRANSACTION("25001", "not possible inside a transaction", SQLNonTransientException::new),
    READ_ONLY_TRANSACTION("25006", "a write in a read-only session", SQLNonTransientException::new),
    FAILED_TRANSACTION("25P02", "the transaction has failed, roll it back", SQLNonTransientException::new),
    NO_ACTIVE_TRANSACTION("25P01", "commit or rollback while autocommit is on", SQLNonTransientException::new),
    INVALID_CURSOR_STATE("24000", "a result set is not where the call needs it", SQLNonTransientException::new),
    INVALID_SAVEPOINT("3B001", "a savepoint that is gone or another connection's", SQLNonTransientException::new),
    OBJECT_NOT_IN_STATE("55000", "the object is closed or not in the state needed", SQLNonTransientException::new),
    LOCK_NOT_AVAILABLE("55P03", "no snapshot over shards within its time limit", SQLTransientException::new),
    OBJECT_IN_USE("55006", "the node, shard or table is in use", SQLNonTransientException::new),
    NO_ELIGIBLE_NODE("08001", "no eligible node before the deadline", SQLTransientConnectionException::new),
    CONNECTION_CLOSED("08003", "the connection is closed", SQLNonTransientConnectionException::new),
    CONNECTION_FAILURE("08006", "a server or etcd does not answer", SQLNonTransientConnectionException::new),
    COMMIT_UNKNOWN("08007", "commit sent, outcome unknown", SQLNonTransientConnectionException::new),
    INVALID_PASSWORD("28P01", "wrong user or password", SQLInvalidAuthorizationSpecException::new),
    TRANSACTION_ROLLED_BACK("40001", "backend lost, transaction rolled back", SQLTransactionRollbackException::new),
    DEADLOCK_DETECTED(
            "40P01",
            "deadlock over shards, the youngest transaction rolled back",
            SQLTransactionRollbackException::new),
    QUERY_CANCELED("57014", "statement deadline", SQLTimeoutException::new),
    LIMIT_EXCEEDED("54000", "a stated limit exceeded", SQLNonTransientException::new),
    STATEMENT_TOO_COMPLEX("54001", "a statement too long, deep or laborious to route", SQLNonTransientException::new),
    DATA_CORRUPTED(
            "XX001",
            "what etcd holds cannot be understood, or copies of a table differ",
            SQLNonTransientException::new),
    INTERNAL_ERROR("XX000", "a bug in pgplex", SQLException::new);

    /** Makes a JDBC exception of one type. */
    @FunctionalInterface
    interface Constructor {
        SQLException make(String reason, String sqlState, @Nullable Throwable cause);
    }

    private final String code;
    private final String situation;

    @SuppressWarnings("ImmutableEnumChecker") // constructor references only, which hold no state
    private final Constructor constructor;

    SqlState(String code, String situation, Constructor constructor) {
        this.code = code;
        this.situation = situation;
        this.constructor = constructor;
    }

    /** The five characters. */
    public String code() {
        return code;
    }

    /** When pgplex raises it, in words for the README. */
    public String situation() {
        return situation;
    }

    /** The JDBC type that carries it. */
    public Class<? extends SQLException> type() {
        return constructor.make("", code, null).getClass();
    }

    /** How exceptions with any SQLState are made: this enum's own type, else the one that JDBC gives to the class. */
    static Constructor constructorFor(String code) {
        for (SqlState state : values()) {
            if (state.code.equals(code)) {
                return state.constructor;
            }
        }
        return switch (code.length() < 2 ? "" : code.substring(0, 2)) {
            case "08" -> SQLNonTransientConnectionException::new;
            case "0A" -> SQLFeatureNotSupportedException::new;
            case "22" -> SQLDataException::new;
            case "23" -> SQLIntegrityConstraintViolationException::new;
            case "28" -> SQLInvalidAuthorizationSpecException::new;
            case "40" -> SQLTransactionRollbackException::new;
            case "42" -> SQLSyntaxErrorException::new;
            default -> SQLNonTransientException::new;
        };
    }
}
