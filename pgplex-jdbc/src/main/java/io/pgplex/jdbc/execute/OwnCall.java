package io.pgplex.jdbc.execute;

import io.pgplex.routing.bind.Parameters;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@code SELECT pgplex.function('argument') [AS name]}, with a literal or a parameter and nothing else: a function of the
 * cluster, which no server has. Immutable.
 *
 * @param function which function
 * @param argument its argument, null for NULL
 * @param column the name of the result's column
 */
record OwnCall(Function function, @Nullable String argument, String column) {

    /** The functions, by their folded names. */
    enum Function {
        TRANSACTION_STATUS,
        CREATE_RESTORE_POINT;

        private static @Nullable Function named(String name) {
            for (Function function : values()) {
                if (function.name().toLowerCase(Locale.ROOT).equals(name)) {
                    return function;
                }
            }
            return null;
        }
    }

    /** The token behind the call. */
    private static final int LAST = 7;

    /** The call, or null where the statement is anything else. */
    static @Nullable OwnCall of(ScannedStatement statement, Parameters parameters) {
        if (!statement.is(0, "SELECT")
                || !statement.isName(1)
                || !statement.identifier(1).equals("pgplex")
                || !statement.isPunctuation(2, '.')
                || !statement.isName(3)
                || !statement.isPunctuation(4, '(')
                || statement.matching(4) != 6
                || !isLast(statement)) {
            return null;
        }
        Function function = Function.named(statement.identifier(3));
        if (function == null) {
            return null;
        }
        String column = statement.tokenCount() == LAST ? statement.identifier(3) : statement.identifier(LAST + 1);
        if (statement.hasKind(5, TokenKind.STRING)) {
            return new OwnCall(function, statement.stringValue(5), column);
        }
        if (statement.hasKind(5, TokenKind.PARAMETER) && parameters.count() == 1 && !parameters.isLong(0)) {
            Object value = parameters.value(0);
            return value == null || value instanceof String ? new OwnCall(function, (String) value, column) : null;
        }
        return statement.is(5, "NULL") ? new OwnCall(function, null, column) : null;
    }

    /** Behind the call there may be a name for its column. */
    private static boolean isLast(ScannedStatement statement) {
        int left = statement.tokenCount() - LAST;
        return left == 0 || (left == 2 && statement.is(LAST, "AS") && statement.isName(LAST + 1));
    }
}
