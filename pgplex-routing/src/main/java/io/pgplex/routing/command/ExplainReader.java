package io.pgplex.routing.command;

import io.pgplex.routing.command.StatementClass.Explain;
import io.pgplex.routing.scan.ScannedStatement;

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
                    analyze = !statement.is(option + 1, "OFF", "FALSE") && !isZero(statement, option + 1);
                }
            }
            i = close + 1;
        } else {
            while (statement.is(i, "ANALYZE", "ANALYSE", "VERBOSE")) {
                analyze |= !statement.is(i, "VERBOSE");
                i++;
            }
        }
        if (i >= statement.tokenCount()) {
            throw statement.error("EXPLAIN needs a statement", 0);
        }
        String options =
                statement.text().substring(statement.end(0), statement.begin(i)).strip();
        return new Explain(options, analyze, statement.begin(i));
    }

    /** EXPLAIN (SELECT ...) explains a query in parentheses. */
    private static boolean isOptionList(ScannedStatement statement, int token) {
        return !statement.isPunctuation(token, '(') && !statement.is(token, "SELECT", "VALUES", "TABLE", "WITH");
    }

    private static boolean isZero(ScannedStatement statement, int token) {
        return token < statement.tokenCount() && statement.tokenText(token).equals("0");
    }
}
