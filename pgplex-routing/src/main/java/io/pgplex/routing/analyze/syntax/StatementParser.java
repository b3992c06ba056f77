package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.SqlSyntaxException;
import org.jspecify.annotations.Nullable;

/** Reads a statement that touches rows. Stateless. */
public final class StatementParser {

    private StatementParser() {}

    /** A statement's syntax: exactly one of the two is there. */
    public record Statement(@Nullable Query query, @Nullable Modification modification) {}

    /**
     * The syntax of a statement.
     *
     * @throws UnknownSyntaxException where the text is something else, or what the parser does not know
     */
    public static Statement parse(ScannedStatement text) {
        Cursor cursor = new Cursor(text);
        QueryParser queries = new QueryParser(cursor);
        try {
            Statement statement = modifies(text, cursor, queries)
                    ? new Statement(null, queries.modifications().modification())
                    : new Statement(queries.query(), null);
            if (!cursor.atEnd()) {
                throw cursor.unknown();
            }
            return statement;
        } catch (SqlSyntaxException malformedEscape) {
            throw new UnknownSyntaxException(cursor.atEnd() ? 0 : text.begin(cursor.at));
        }
    }

    private static boolean modifies(ScannedStatement text, Cursor cursor, QueryParser queries) {
        if (text.is(0, "WITH")) {
            queries.with();
        }
        boolean modifies = cursor.is("INSERT", "UPDATE", "DELETE", "MERGE");
        cursor.startAt(0);
        return modifies;
    }
}
