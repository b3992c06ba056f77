package io.pgplex.jdbc.connection;

import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;

/**
 * The errors that pgjdbc raises when an application misuses the JDBC interfaces, with pgjdbc's words, types and SQLStates,
 * which applications may compare; and the refusals of what a logical connection cannot do.
 */
final class JdbcErrors {

    private JdbcErrors() {}

    static SQLException connectionClosed() {
        return new PSQLException("This connection has been closed.", PSQLState.CONNECTION_DOES_NOT_EXIST);
    }

    static SQLException statementClosed() {
        return new PSQLException("This statement has been closed.", PSQLState.OBJECT_NOT_IN_STATE);
    }

    static SQLException resultSetClosed() {
        return new PSQLException("This ResultSet is closed.", PSQLState.OBJECT_NOT_IN_STATE);
    }

    static SQLException noResults() {
        return new PSQLException("No results were returned by the query.", PSQLState.NO_DATA);
    }

    static SQLException multipleResults() {
        return new PSQLException("Multiple ResultSets were returned by the query.", PSQLState.TOO_MANY_RESULTS);
    }

    static SQLException unexpectedResult() {
        return new PSQLException("A result was returned when none was expected.", PSQLState.TOO_MANY_RESULTS);
    }

    static SQLException textOnPreparedStatement() {
        return new PSQLException(
                "Can't use query methods that take a query string on a PreparedStatement.",
                PSQLState.WRONG_OBJECT_TYPE);
    }

    static SQLException indexOutOfRange(int index, int count) {
        return invalidValue("The column index is out of range: " + index + ", number of columns: " + count + ".");
    }

    static SQLException parameterNotSet(int position) {
        return invalidValue("No value specified for parameter " + position + ".");
    }

    static SQLException invalidValue(String message) {
        return new PSQLException(message, PSQLState.INVALID_PARAMETER_VALUE);
    }

    static SQLException state(String message, PSQLState state) {
        return new PSQLException(message, state);
    }

    static SQLException state(String message, PSQLState state, Throwable cause) {
        return new PSQLException(message, state, cause);
    }

    static SQLException cannotUnwrap(Class<?> type) {
        return new SQLException("Cannot unwrap to " + type.getName());
    }

    /** What pgjdbc throws for the methods that it does not have. */
    static SQLException notImplemented(String method) {
        return new SQLFeatureNotSupportedException(
                "Method " + method + " is not yet implemented.", PSQLState.NOT_IMPLEMENTED.getState());
    }

    /** A refusal of something that one PostgreSQL connection has and a logical connection has not. */
    static SQLException refused(String what, String hint) {
        return new SQLFeatureNotSupportedException(refusal(what, hint), PSQLState.NOT_IMPLEMENTED.getState());
    }

    /** The same refusal from a method that cannot throw SQLException. */
    static UnsupportedOperationException refusedUnchecked(String what, String hint) {
        return new UnsupportedOperationException(refusal(what, hint));
    }

    private static String refusal(String what, String hint) {
        return "ERROR: " + what + " is not supported on a pgplex connection\n  Hint: " + hint;
    }
}
