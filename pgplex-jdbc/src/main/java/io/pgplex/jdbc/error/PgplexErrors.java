package io.pgplex.jdbc.error;

import io.pgplex.metadata.store.MetadataException;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.hint.HintException;
import io.pgplex.routing.plan.Refusal;
import io.pgplex.routing.scan.SqlSyntaxException;
import java.sql.SQLException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.GT;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

/**
 * The only place that makes pgplex's own exceptions: the JDBC type follows from the SQLState ({@link SqlState}), the
 * message has the form in which pgjdbc prints a server's error. Callers never put data values or credentials into it.
 */
public final class PgplexErrors {

    private PgplexErrors() {}

    public static SQLException error(SqlState state, String message) {
        return error(state, message, null, null, null);
    }

    public static SQLException error(SqlState state, String message, @Nullable String hint) {
        return error(state, message, null, hint, null);
    }

    /**
     * An exception.
     *
     * @param message what is wrong: lower case, no full stop
     * @param detail more about it, a sentence, or null
     * @param hint what to do about it, a sentence, or null
     * @param cause what brought it about, or null
     */
    public static SQLException error(
            SqlState state, String message, @Nullable String detail, @Nullable String hint, @Nullable Throwable cause) {
        return from(new Refusal(state.code(), message, detail, hint, 0), cause);
    }

    /** What a refused statement throws. */
    public static SQLException from(Refusal refusal) {
        return from(refusal, null);
    }

    public static SQLException from(RoutingException exception) {
        return from(exception.refusal(), exception);
    }

    /** What text throws that PostgreSQL would refuse. */
    public static SQLException from(SqlSyntaxException exception) {
        String hint = exception.hint().isEmpty() ? null : exception.hint();
        String message = Objects.requireNonNullElse(exception.getMessage(), "syntax error");
        return from(new Refusal(exception.sqlState(), message, null, hint, exception.position()), exception);
    }

    /** What a hint throws that cannot be understood. */
    public static SQLException from(HintException exception) {
        String message = Objects.requireNonNullElse(exception.getMessage(), "malformed hint");
        String hint = exception.hint().isEmpty() ? null : exception.hint();
        return from(new Refusal(exception.sqlState(), message, null, hint, exception.position()), exception);
    }

    /** What the metadata store's failure means to an application. */
    public static SQLException from(MetadataException exception) {
        String message = Objects.requireNonNullElse(exception.getMessage(), "the metadata store failed");
        return switch (exception.kind()) {
            case UNAVAILABLE, TIMEOUT, COMPACTED ->
                error(
                        SqlState.NO_ELIGIBLE_NODE,
                        message,
                        null,
                        "Are the etcd addresses of the URL right, and is etcd running?",
                        exception);
            case DENIED ->
                error(
                        SqlState.INVALID_PASSWORD,
                        message,
                        null,
                        "Check etcdUser, etcdPassword and the TLS files.",
                        exception);
            case CORRUPT -> error(SqlState.DATA_CORRUPTED, message, null, null, exception);
        };
    }

    /** An invariant of pgplex that does not hold. */
    public static SQLException bug(String message, @Nullable Throwable cause) {
        return error(
                SqlState.INTERNAL_ERROR,
                message,
                null,
                "This is a bug in pgplex. Please report it with the statement and the stack trace.",
                cause);
    }

    /** A server's error, the same exception, with the place where it happened as a suppressed one. */
    public static SQLException onShard(SQLException failure, String shard, @Nullable String node) {
        return ShardFailure.attach(failure, shard, node, null);
    }

    /**
     * A server's error where a statement runs on one shard after the other, with what became of the others; its SQLState and
     * words, and the error itself as the cause.
     */
    public static SQLException partly(SQLException failure, String detail, String hint) {
        ServerErrorMessage said = failure instanceof PSQLException server ? server.getServerErrorMessage() : null;
        String words = said == null ? null : said.getMessage();
        String message = Objects.requireNonNullElse(words, String.valueOf(failure.getMessage()));
        String more = said == null || said.getDetail() == null ? detail : said.getDetail() + " " + detail;
        String state = Objects.requireNonNullElse(failure.getSQLState(), SqlState.INTERNAL_ERROR.code());
        return from(new Refusal(state, message.replaceFirst("^(ERROR|FATAL): ", ""), more, hint, 0), failure);
    }

    /**
     * A statement or its rows that ended with a lost connection, and with it all that was done in the transaction.
     *
     * @param lost what was lost, in words
     */
    public static SQLException rolledBack(String lost, SQLException cause) {
        return error(
                SqlState.TRANSACTION_ROLLED_BACK,
                "the transaction was rolled back: " + lost,
                null,
                "Run the transaction again.",
                cause);
    }

    /** Rows that came portion by portion from servers of which one was lost. */
    public static SQLException rowsLost(SQLException cause) {
        return error(
                SqlState.TRANSACTION_ROLLED_BACK,
                "the rows came from a snapshot that is gone: " + place(cause) + " was lost",
                null,
                "Run the query again.",
                cause);
    }

    /** A statement outside a transaction that may or may not have been done when its connection was lost. */
    public static SQLException statementUnknown(SQLException cause) {
        return error(
                SqlState.COMMIT_UNKNOWN,
                "the outcome of the statement is unknown: " + place(cause) + " was lost while it ran",
                null,
                "Look for what it has written before you repeat it.",
                cause);
    }

    /** The shard and node that a failure names, in words. */
    public static String place(SQLException failure) {
        ShardFailure place = ShardFailure.of(failure);
        if (place == null) {
            return "a connection";
        }
        return "shard " + place.shard() + (place.node() == null ? "" : ", node " + place.node() + ",");
    }

    /** Several shards' rows can be read forward only. */
    public static SQLException scrollableAcrossShards() {
        return error(
                SqlState.FEATURE_NOT_SUPPORTED,
                "scrollable or updatable result sets over several shards are not supported",
                "Use TYPE_FORWARD_ONLY and CONCUR_READ_ONLY, or bind the statement to one distribution key.");
    }

    /** Rows of a type whose order only a server knows, in a statement that no server can finish. */
    public static SQLException orderNotReproducible() {
        return error(
                SqlState.FEATURE_NOT_SUPPORTED,
                "ORDER BY of this type or collation is not supported across shards in this statement",
                "Order by a column of another type, or add COLLATE \"C\".");
    }

    /** Copies of a replicated table gave different answers to the same write. */
    public static SQLException copiesDiffer() {
        return error(
                SqlState.DATA_CORRUPTED,
                "copies of a replicated table differ",
                "The statement was rolled back; COMPARE REPLICATED TABLE says which copies differ.");
    }

    /** What every method of a closed object throws. */
    public static SQLException closed(SqlState state, String object) {
        return error(state, "this " + object + " is closed");
    }

    /**
     * An application's misuse of JDBC, in pgjdbc's type and words, which applications may compare.
     *
     * @param message one of pgjdbc's own, which it translates
     */
    public static SQLException misuse(PSQLState state, String message, Object... arguments) {
        return new PSQLException(GT.tr(message, arguments), state);
    }

    private static SQLException from(Refusal refusal, @Nullable Throwable cause) {
        return SqlState.constructorFor(refusal.sqlState()).make(text(refusal), refusal.sqlState(), cause);
    }

    private static String text(Refusal refusal) {
        StringBuilder text = new StringBuilder("ERROR: ").append(refusal.message());
        if (refusal.detail() != null) {
            text.append("\n  Detail: ").append(refusal.detail());
        }
        if (refusal.hint() != null) {
            text.append("\n  Hint: ").append(refusal.hint());
        }
        if (refusal.position() > 0) {
            text.append("\n  Position: ").append(refusal.position());
        }
        return text.toString();
    }
}
