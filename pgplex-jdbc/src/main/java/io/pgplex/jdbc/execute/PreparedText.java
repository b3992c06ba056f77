package io.pgplex.jdbc.execute;

import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.List;

/**
 * A text that was scanned once: its statements, their hints and parameters. Immutable.
 *
 * @param sql the text as the application gave it, JDBC escapes translated
 * @param statements its statements in order; empty for an empty text
 * @param hints one for each statement
 * @param parameterCount parameters of all statements together
 */
public record PreparedText(String sql, List<ScannedStatement> statements, List<Hints> hints, int parameterCount) {

    public PreparedText {
        statements = List.copyOf(statements);
        hints = List.copyOf(hints);
    }
}
