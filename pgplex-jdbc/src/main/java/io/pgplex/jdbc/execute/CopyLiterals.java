package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.routing.scan.QuestionMark;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.SqlSyntaxException;
import io.pgplex.routing.scan.StatementScanner;
import io.pgplex.routing.scan.TokenKind;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Texts for COPY, which takes no parameters: the values stand in the text. Integers only, because a literal of their type
 * means exactly what the parameter would; that is not so of a string, whose type the server may have to guess. Stateless.
 */
final class CopyLiterals {

    private CopyLiterals() {}

    /**
     * The text as the server reads it, with values instead of parameters; null where a value cannot stand in a text.
     *
     * @param indexes which value each parameter of the text is
     */
    static @Nullable String text(String sql, int[] indexes, BoundParameters parameters, QuestionMark questionMark)
            throws SQLException {
        for (int index : indexes) {
            if (!parameters.isLong(index)) {
                return null;
            }
        }
        List<ScannedStatement> statements = scan(sql, questionMark);
        if (statements.size() != 1 || statements.get(0).parameterCount() != indexes.length) {
            return null;
        }
        ScannedStatement statement = statements.get(0);
        StringBuilder text = new StringBuilder(sql.length() + 16 * indexes.length);
        int from = 0;
        int next = 0;
        for (int i = 0; i < statement.tokenCount(); i++) {
            TokenKind kind = statement.kind(i);
            if (kind == TokenKind.PARAMETER || kind == TokenKind.OPERATOR) {
                text.append(statement.text(), from, statement.begin(i))
                        .append(
                                kind == TokenKind.OPERATOR
                                        ? statement.operator(i)
                                        : literal(parameters, indexes[next++]));
                from = statement.end(i);
            }
        }
        return text.append(statement.text(), from, statement.text().length()).toString();
    }

    private static List<ScannedStatement> scan(String sql, QuestionMark questionMark) throws SQLException {
        try {
            return StatementScanner.scan(sql, questionMark);
        } catch (SqlSyntaxException e) {
            throw PgplexErrors.from(e);
        }
    }

    /** The value with the type in which pgjdbc sends it: int2 from setByte and setShort, int4 from setInt, int8 from setLong. */
    private static String literal(BoundParameters parameters, int index) {
        Object value = parameters.value(index);
        String type = value instanceof Long ? "int8" : value instanceof Integer ? "int4" : "int2";
        return "'" + parameters.longValue(index) + "'::pg_catalog." + type;
    }
}
