package io.pgplex.jdbc.execute;

import io.pgplex.routing.bind.Parameters;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@code SELECT set_config(name, value, is_local)} with literals or parameters and nothing else: SET as a function.
 * Immutable.
 *
 * @param name the setting, lower case
 * @param value the value, or null for the default
 * @param local whether it ends with the transaction
 */
record ConfigCall(String name, @Nullable String value, boolean local) {

    /** The call, or null where the statement is anything else or a value is not to be had. */
    static @Nullable ConfigCall of(ScannedStatement statement, Parameters parameters) {
        int name = 1;
        if (statement.is(1, "PG_CATALOG") && statement.isPunctuation(2, '.')) {
            name = 3;
        }
        if (!statement.is(0, "SELECT")
                || !statement.is(name, "SET_CONFIG")
                || !statement.isPunctuation(name + 1, '(')
                || statement.matching(name + 1) != name + 7
                || !isLast(statement, name + 7)
                || !statement.isPunctuation(name + 3, ',')
                || !statement.isPunctuation(name + 5, ',')) {
            return null;
        }
        return read(statement, parameters, name + 2);
    }

    /** Behind the call there may be a name for its column. */
    private static boolean isLast(ScannedStatement statement, int parenthesis) {
        int left = statement.tokenCount() - 1 - parenthesis;
        return left == 0 || (left == 2 && statement.is(parenthesis + 1, "AS"));
    }

    private static @Nullable ConfigCall read(ScannedStatement statement, Parameters parameters, int first) {
        Object[] values = new Object[3];
        int parameter = 0;
        for (int i = 0; i < 3; i++) {
            int token = first + 2 * i;
            if (statement.hasKind(token, TokenKind.PARAMETER)) {
                values[i] = parameter < parameters.count() && !parameters.isLong(parameter)
                        ? parameters.value(parameter)
                        : Integer.valueOf(0);
                parameter++;
            } else {
                values[i] = literal(statement, token);
            }
        }
        if (values[0] instanceof String name
                && (values[1] == null || values[1] instanceof String)
                && values[2] instanceof Boolean local) {
            return new ConfigCall(name.toLowerCase(Locale.ROOT), (String) values[1], local);
        }
        return null;
    }

    /** A string, a boolean, null for NULL; a number for what is none of them. */
    private static @Nullable Object literal(ScannedStatement statement, int token) {
        if (statement.hasKind(token, TokenKind.STRING)) {
            return statement.stringValue(token);
        }
        return switch (statement.word(token)) {
            case "TRUE" -> true;
            case "FALSE" -> false;
            case "NULL" -> null;
            default -> 0;
        };
    }

    /** The call as a statement of its own. */
    String sql() {
        return "SELECT pg_catalog.set_config(" + literal(name) + ", " + (value == null ? "NULL" : literal(value)) + ", "
                + local + ")";
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** The value as a list of names, as search_path is one: quoted names as they stand, others folded. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        for (String part : value == null ? new String[0] : value.split(",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)")) {
            String name = part.trim();
            if (name.length() >= 2 && name.startsWith("\"") && name.endsWith("\"")) {
                names.add(name.substring(1, name.length() - 1).replace("\"\"", "\""));
            } else if (!name.isEmpty()) {
                names.add(name.toLowerCase(Locale.ROOT));
            }
        }
        return names;
    }
}
