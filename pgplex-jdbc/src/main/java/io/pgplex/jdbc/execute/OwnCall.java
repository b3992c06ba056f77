package io.pgplex.jdbc.execute;

import io.pgplex.routing.bind.Parameters;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import org.jspecify.annotations.Nullable;

/**
 * {@code SELECT pgplex.function('argument') [AS name]}, with a literal or a parameter and nothing else: a function of the
 * cluster, which no server has. Immutable.
 *
 * @param function the function's name, folded
 * @param argument its argument, null for NULL
 */
record OwnCall(String function, @Nullable String argument) {

    static final String CREATE_RESTORE_POINT = "create_restore_point";

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
        String function = statement.identifier(3);
        if (statement.hasKind(5, TokenKind.STRING)) {
            return new OwnCall(function, statement.stringValue(5));
        }
        if (statement.hasKind(5, TokenKind.PARAMETER) && parameters.count() == 1 && !parameters.isLong(0)) {
            Object value = parameters.value(0);
            return value == null || value instanceof String ? new OwnCall(function, (String) value) : null;
        }
        return statement.is(5, "NULL") ? new OwnCall(function, null) : null;
    }

    /** Behind the call there may be a name for its column. */
    private static boolean isLast(ScannedStatement statement) {
        int left = statement.tokenCount() - 7;
        return left == 0 || (left == 2 && statement.is(7, "AS"));
    }
}
