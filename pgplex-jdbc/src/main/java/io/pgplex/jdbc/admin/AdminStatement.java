package io.pgplex.jdbc.admin;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.SqlSyntaxException;
import io.pgplex.routing.scan.TokenKind;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement of the management database. Immutable. */
sealed interface AdminStatement {

    /** What everything else is told. */
    String ONLY = "only SHOW, SET and RESET work in the management database";

    String HINT = "SHOW ALL lists what there is; connect to the cluster's own database for its tables.";

    /**
     * SHOW.
     *
     * @param path the names on the way from the root of the tree; none for all of it
     */
    record Show(List<String> path) implements AdminStatement {
        public Show {
            path = List.copyOf(path);
        }
    }

    /**
     * SET, or RESET.
     *
     * @param path the names on the way from the root of the tree
     * @param value what was written behind the equals sign, literals decoded; null for RESET and DEFAULT
     */
    record Set(List<String> path, @Nullable String value) implements AdminStatement {
        public Set {
            path = List.copyOf(path);
        }
    }

    /**
     * Reads a statement.
     *
     * @throws SQLException 0A000 for any that does not begin with SHOW, SET or RESET; 42601 for a malformed one
     */
    static AdminStatement of(ScannedStatement statement) throws SQLException {
        try {
            if (statement.is(0, "SHOW")) {
                boolean all = statement.tokenCount() == 1 || (statement.tokenCount() == 2 && statement.is(1, "ALL"));
                return new Show(all ? List.of() : wholePath(statement));
            }
            if (statement.is(0, "RESET")) {
                return new Set(wholePath(statement), null);
            }
            if (statement.is(0, "SET")) {
                return set(statement);
            }
        } catch (SqlSyntaxException e) {
            throw PgplexErrors.from(e);
        }
        throw refused();
    }

    /** What everything else gets. */
    static SQLException refused() {
        return PgplexErrors.error(SqlState.FEATURE_NOT_SUPPORTED, ONLY, HINT);
    }

    private static AdminStatement set(ScannedStatement statement) {
        List<String> path = path(statement);
        int sign = 2 * path.size();
        if (!statement.isOperator(sign, "=") && !statement.is(sign, "TO")) {
            throw malformed(statement, sign);
        }
        int value = sign + 1;
        int count = statement.tokenCount();
        if (value == count) {
            throw malformed(statement, value);
        }
        if (count > value + 1) {
            return new Set(path, statement.text(value, count));
        }
        if (statement.is(value, "DEFAULT")) {
            return new Set(path, null);
        }
        if (statement.isName(value)) {
            return new Set(path, statement.identifier(value));
        }
        boolean string = statement.kind(value) == TokenKind.STRING;
        return new Set(path, string ? statement.stringValue(value) : statement.tokenText(value));
    }

    /** The path behind the first word, where nothing follows it. */
    private static List<String> wholePath(ScannedStatement statement) {
        List<String> path = path(statement);
        if (statement.tokenCount() > 2 * path.size()) {
            throw malformed(statement, 2 * path.size());
        }
        return path;
    }

    /** The names behind the first word, with a dot between each two. */
    private static List<String> path(ScannedStatement statement) {
        List<String> path = new ArrayList<>();
        int next = 1;
        do {
            if (!statement.isName(next)) {
                throw malformed(statement, next);
            }
            path.add(statement.identifier(next));
            next += 2;
        } while (statement.isPunctuation(next - 1, '.'));
        return path;
    }

    private static SqlSyntaxException malformed(ScannedStatement statement, int token) {
        return statement.error(
                "syntax error in a statement of the management database",
                token,
                "The forms are SHOW [path], SET path = value and RESET path, where a path is like nodes.pg1.weight.");
    }
}
