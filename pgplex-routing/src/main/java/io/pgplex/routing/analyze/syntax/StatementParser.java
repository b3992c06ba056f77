package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.parse.SqlParser;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.SqlSyntaxException;
import net.sf.jsqlparser.statement.select.Select;
import org.jspecify.annotations.Nullable;

/**
 * Reads a statement that touches rows: JSqlParser says how it is built, and the tokens say what is written there and where.
 * The tree is followed through the tokens from the first to the last, so a tree that does not fit its text is noticed, not
 * believed. Stateless.
 */
public final class StatementParser {

    private StatementParser() {}

    /** A statement's syntax: exactly one of the two is there. */
    public record Statement(@Nullable Query query, @Nullable Modification modification) {}

    /**
     * The syntax of a statement.
     *
     * @throws UnknownSyntaxException where the text is something else, or what cannot be read with certainty
     */
    public static Statement parse(ScannedStatement text) {
        Cursor cursor = new Cursor(text);
        try {
            net.sf.jsqlparser.statement.Statement tree = SqlParser.parse(text);
            Readers readers = new Readers(cursor);
            Statement statement = tree instanceof Select select
                    ? new Statement(readers.queries().query(select), null)
                    : new Statement(null, readers.modifications().modification(tree));
            if (!cursor.atEnd()) {
                throw cursor.unknown();
            }
            return statement;
        } catch (SqlSyntaxException unparsable) {
            boolean tooComplex = unparsable.sqlState().equals(SqlSyntaxException.STATEMENT_TOO_COMPLEX);
            int offset = text.text().offsetByCodePoints(0, Math.max(0, unparsable.position() - 1));
            throw new UnknownSyntaxException(offset, tooComplex);
        }
    }
}
