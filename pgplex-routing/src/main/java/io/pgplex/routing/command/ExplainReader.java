package io.pgplex.routing.command;

import io.pgplex.routing.command.StatementClass.Explain;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;

/** Reads EXPLAIN: its options and where the explained statement begins. */
final class ExplainReader {

    private ExplainReader() {}

    static Explain read(ScannedStatement statement) {
        int i = 1;
        boolean analyze = false;
        if (statement.isPunctuation(i, '(') && isOptionList(statement, i + 1)) {
            int close = statement.matching(i);
            if (close < 0) {
                throw statement.error("unbalanced parenthesis", i);
            }
            for (int option = i + 1; option < close; option++) {
                if (statement.is(option, "ANALYZE", "ANALYSE")) {
                    analyze = !isOff(statement, option + 1);
                }
            }
            i = close + 1;
        } else {
            while (statement.is(i, "ANALYZE", "ANALYSE", "VERBOSE")) {
                analyze |= !statement.is(i, "VERBOSE");
                i++;
            }
        }
        if (i >= statement.tokenCount() || statement.is(i, "EXPLAIN")) {
            throw statement.error("syntax error in EXPLAIN", i);
        }
        String options =
                statement.text().substring(statement.end(0), statement.begin(i)).strip();
        return new Explain(options, analyze, statement.begin(i));
    }

    /** EXPLAIN (SELECT ...) explains a query in parentheses. */
    private static boolean isOptionList(ScannedStatement statement, int token) {
        return !statement.isPunctuation(token, '(') && !statement.is(token, "SELECT", "VALUES", "TABLE", "WITH");
    }

    /** Whether the option's value says no, as PostgreSQL's defGetBoolean reads it. */
    private static boolean isOff(ScannedStatement statement, int token) {
        String value =
                statement.hasKind(token, TokenKind.STRING) ? statement.stringValue(token) : statement.tokenText(token);
        return value.equals("0") || value.equalsIgnoreCase("off") || value.equalsIgnoreCase("false");
    }
}
