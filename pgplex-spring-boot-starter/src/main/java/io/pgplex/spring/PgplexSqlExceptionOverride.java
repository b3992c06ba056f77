package io.pgplex.spring;

import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells HikariCP which errors of a pgplex connection say nothing about the connection: a statement that is refused (0A000)
 * and one that ran out of time (57014, {@link SQLTimeoutException}). HikariCP would close the connection for the first, and
 * some of its versions for the second. About every other error, such as 08003 and 08007, HikariCP decides by its own rules.
 *
 * <p>Stateless and thread-safe. HikariCP makes it by its name, so that it needs a public constructor without parameters.
 */
public final class PgplexSqlExceptionOverride implements SQLExceptionOverride {

    private static final String CONNECTION_CLASS = "08";
    private static final Set<String> STATEMENT_ONLY = Set.of("0A000", "57014");

    /** As many chained exceptions as HikariCP looks at. */
    private static final int MAXIMUM_DEPTH = 10;

    @java.lang.Override // the interface has a type of that name
    public Override adjudicate(SQLException exception) {
        return isStatementOnly(exception) && !breaksConnectionLater(exception)
                ? Override.DO_NOT_EVICT
                : Override.CONTINUE_EVICT;
    }

    private static boolean isStatementOnly(SQLException exception) {
        String state = exception.getSQLState();
        return state == null ? exception instanceof SQLTimeoutException : STATEMENT_ONLY.contains(state);
    }

    /** DO_NOT_EVICT ends HikariCP's walk through the chain, so that the rest of it must be seen to here. */
    private static boolean breaksConnectionLater(SQLException exception) {
        @Nullable SQLException next = exception.getNextException();
        for (int depth = 1; next != null && depth < MAXIMUM_DEPTH; depth++) {
            String state = next.getSQLState();
            if (state != null && state.startsWith(CONNECTION_CLASS)) {
                return true;
            }
            next = next.getNextException();
        }
        return false;
    }
}
