package io.pgplex.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pgplex.jdbc.error.SqlState;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.postgresql.util.PSQLException;

/** What must hold of every error that bad input gives. */
final class Refused {

    /** Every password of these tests holds it, and no output may. */
    static final String SECRET = "xyzzy";

    private Refused() {}

    /** The one error, checked: SQLState, JDBC type, parts of the message, no secret, and in time. */
    static SQLException with(String sqlState, Duration limit, ThrowingCallable action, String... parts) {
        long start = System.nanoTime();
        Throwable thrown = catchThrowable(action);
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        assertThat(thrown).isInstanceOf(SQLException.class);
        SQLException error = (SQLException) thrown;
        assertThat(error.getSQLState()).as(error.toString()).isEqualTo(sqlState);
        assertThat((Throwable) error.getNextException()).isNull();
        for (String part : parts) {
            assertThat((Throwable) error).hasMessageContaining(part);
        }
        assertThat(printed(error)).doesNotContain(SECRET);
        assertThat(elapsed).isLessThan(limit);
        if (!(error instanceof PSQLException)) {
            Arrays.stream(SqlState.values())
                    .filter(state -> state.code().equals(sqlState))
                    .forEach(state -> assertThat((Throwable) error).isInstanceOf(state.type()));
        }
        return error;
    }

    private static String printed(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }
}
