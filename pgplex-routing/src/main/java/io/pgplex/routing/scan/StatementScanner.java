package io.pgplex.routing.scan;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits SQL text into statements and those into tokens, in time linear in the text's length.
 *
 * <p>A statement ends at a semicolon outside parentheses (CREATE RULE has some inside) and outside the body of a SQL-standard
 * routine, as in psql. Statements without a token are dropped, and with them the hints in their comments. Stateless.
 */
public final class StatementScanner {
    private StatementScanner() {}

    /**
     * The statements of a text in which {@code ?} is a JDBC parameter.
     *
     * @throws SqlSyntaxException when a literal, quoted identifier or comment does not end, or a number, parameter or operator
     *     is malformed
     */
    public static List<ScannedStatement> scan(String sql) {
        return scan(sql, QuestionMark.PARAMETER);
    }

    /**
     * The statements of a text.
     *
     * @param questionMark what a single {@code ?} means in it
     * @throws SqlSyntaxException as {@link #scan(String)}
     */
    public static List<ScannedStatement> scan(String sql, QuestionMark questionMark) {
        List<ScannedStatement> statements = new ArrayList<>(1);
        Lexer lexer = new Lexer(sql, questionMark);
        TokenBuffer tokens = new TokenBuffer();
        RoutineBody body = new RoutineBody(sql);
        int offset = 0;
        int depth = 0;
        while (lexer.next()) {
            char first = sql.charAt(lexer.begin());
            if (lexer.kind() == TokenKind.PUNCTUATION) {
                if (first == ';' && depth == 0 && !body.isOpen()) {
                    finish(statements, sql, offset, lexer.begin(), tokens, lexer.hints());
                    body.startStatement();
                    offset = lexer.end();
                    continue;
                }
                depth = first == '(' ? depth + 1 : first == ')' ? Math.max(depth - 1, 0) : depth;
            }
            tokens.add(lexer.kind(), lexer.begin(), lexer.end());
            body.accept(lexer.kind(), lexer.begin(), lexer.end());
        }
        finish(statements, sql, offset, sql.length(), tokens, lexer.hints());
        return List.copyOf(statements);
    }

    private static void finish(
            List<ScannedStatement> statements, String sql, int begin, int end, TokenBuffer tokens, List<int[]> hints) {
        if (tokens.size() > 0) {
            String[] hintTexts = new String[hints.size()];
            int[] hintOffsets = new int[hints.size()];
            for (int i = 0; i < hintTexts.length; i++) {
                int[] bounds = hints.get(i);
                hintTexts[i] = sql.substring(bounds[0], bounds[1]);
                hintOffsets[i] = bounds[0] - begin;
            }
            statements.add(new ScannedStatement(
                    sql.substring(begin, end),
                    begin,
                    tokens.kinds(),
                    tokens.bounds(begin),
                    tokens.parameters(),
                    List.of(hintTexts),
                    hintOffsets));
        }
        tokens.clear();
        hints.clear();
    }
}
