package io.pgplex.routing.parse;

import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.SqlSyntaxException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.sf.jsqlparser.parser.AbstractJSqlParser.Dialect;
import net.sf.jsqlparser.parser.CCJSqlParser;
import net.sf.jsqlparser.parser.CCJSqlParserUtil;
import net.sf.jsqlparser.parser.ParseException;
import net.sf.jsqlparser.parser.Token;
import net.sf.jsqlparser.parser.TokenMgrException;
import net.sf.jsqlparser.statement.Statement;
import org.jspecify.annotations.Nullable;

/**
 * Parses statements on the caller's thread. Time is linear in the text; tokens and nesting have limits, so that no text ends
 * in an exhausted stack. Chains of AND, OR and other operators are as deep in the tree as they are long: walk them in loops.
 * Stateless.
 */
public final class SqlParser {
    /**
     * Most tokens that JSqlParser is given; what stands in a long {@link ConstantList} does not count. They take about a third
     * of a second, and some 20 MB while the statement is planned.
     */
    public static final int MAX_TOKENS = 64 * 1024;
    /** Deepest nesting of brackets, CASE or NOT; JSqlParser needs some 2 KB of stack for each. */
    public static final int MAX_NESTING = 200;
    /** Most parts of a dotted name that are looked at; PostgreSQL itself refuses more than four. */
    private static final int MAX_NAME_PARTS = 16;

    /** The copy has no line ends, so the column says it all. */
    private static final Pattern LEXICAL_ERROR_COLUMN = Pattern.compile("column (\\d+)");

    private SqlParser() {}

    /**
     * The statement's syntax tree.
     *
     * @throws UnparsableException when JSqlParser does not know the statement, or not all of it
     * @throws SqlSyntaxException with SQLState 54001 when the statement is beyond a limit
     */
    public static Statement parse(ScannedStatement statement) {
        checkLimits(statement);
        ParserInput input = ParserInput.of(statement);
        if (input.tokens() > MAX_TOKENS) {
            throw tooComplex(statement, 0, null);
        }
        CCJSqlParser parser = CCJSqlParserUtil.newParser(input.text())
                .withDialect(Dialect.POSTGRESQL)
                .withAllowComplexParsing(true);
        try {
            Statement tree = parser.Statement();
            Token rest = parser.getNextToken();
            // a tree of a part of the text would be a silent mistake
            if (tree == null || rest.kind != 0) {
                throw new UnparsableException(statement.text(), rest.absoluteBegin - 1);
            }
            return tree;
        } catch (ParseException e) {
            Token last = e.currentToken;
            Token found = last == null || last.next == null ? last : last.next;
            throw unparsable(statement, found == null ? 0 : found.absoluteBegin - 1, e);
        } catch (TokenMgrException e) {
            Matcher column = LEXICAL_ERROR_COLUMN.matcher(String.valueOf(e.getMessage()));
            throw unparsable(statement, column.find() ? Integer.parseInt(column.group(1)) - 1 : 0, e);
        } catch (StackOverflowError e) {
            // the caller's stack may be smaller than the nesting limit allows for
            throw tooComplex(statement, 0, e);
        } catch (RuntimeException e) {
            // JSqlParser's own complaints about a construct, and its mistakes
            throw unparsable(statement, 0, e);
        }
    }

    private static void checkLimits(ScannedStatement statement) {
        int nameParts = 1;
        for (int i = 0; i < statement.tokenCount(); i++) {
            if (statement.isPunctuation(i, '.')) {
                nameParts = statement.isPunctuation(i - 2, '.') ? nameParts + 1 : 2;
                if (nameParts > MAX_NAME_PARTS) {
                    throw new UnparsableException(statement.text(), statement.begin(i));
                }
            }
        }
        int tooDeep = nesting(statement, MAX_NESTING);
        if (tooDeep < statement.tokenCount()) {
            throw tooComplex(statement, tooDeep, null);
        }
    }

    /** Whether brackets, CASE or NOT stand in each other more than {@code limit} deep. */
    public static boolean nestsDeeper(ScannedStatement statement, int limit) {
        return nesting(statement, limit) < statement.tokenCount();
    }

    /** The first token that is nested deeper than {@code limit}; the number of tokens when none is. */
    private static int nesting(ScannedStatement statement, int limit) {
        int depth = 0;
        int negations = 0;
        for (int i = 0; i < statement.tokenCount(); i++) {
            negations = statement.is(i, "NOT") ? negations + 1 : 0;
            if (statement.isPunctuation(i, '(') || statement.isPunctuation(i, '[') || statement.is(i, "CASE")) {
                depth++;
            } else if (statement.isPunctuation(i, ')') || statement.isPunctuation(i, ']') || statement.is(i, "END")) {
                depth--;
            }
            if (Math.max(depth, negations) > limit) {
                return i;
            }
        }
        return statement.tokenCount();
    }

    private static SqlSyntaxException tooComplex(ScannedStatement statement, int token, @Nullable Throwable cause) {
        SqlSyntaxException e = new SqlSyntaxException(
                SqlSyntaxException.STATEMENT_TOO_COMPLEX,
                "statement is too complex to be routed",
                statement.text(),
                statement.begin(token),
                "");
        if (cause != null) {
            e.initCause(cause);
        }
        return e;
    }

    private static UnparsableException unparsable(ScannedStatement statement, int offset, Exception cause) {
        UnparsableException e = new UnparsableException(statement.text(), offset);
        e.initCause(cause);
        return e;
    }
}
