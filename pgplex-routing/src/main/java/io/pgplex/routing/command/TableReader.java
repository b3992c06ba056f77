package io.pgplex.routing.command;

import io.pgplex.routing.command.StatementClass.CompareReplicatedTable;
import io.pgplex.routing.command.StatementClass.CreateDistributedTable;
import io.pgplex.routing.command.StatementClass.CreateReplicatedTable;
import io.pgplex.routing.command.StatementClass.DropDistributedTable;
import io.pgplex.routing.scan.QuestionMark;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.StatementScanner;

/**
 * Reads the statements about tables that pgplex adds to PostgreSQL's, and cuts out of definitions what PostgreSQL does not
 * know:
 *
 * <pre>
 * CREATE DISTRIBUTED TABLE t (id bigint) BY HASH (id) COLOCATE WITH u   becomes   CREATE TABLE t (id bigint)
 * </pre>
 */
final class TableReader {

    private static final String SYNTAX =
            "The form is CREATE DISTRIBUTED TABLE name (...) BY HASH (column) [COLOCATE WITH table].";

    private TableReader() {}

    static StatementClass create(ScannedStatement statement) {
        int name = statement.isSequence(3, "IF", "NOT", "EXISTS") ? 6 : 3;
        NameReader reader = new NameReader(statement, name, SYNTAX);
        QualifiedName table = reader.read("a table");
        if (statement.is(1, "REPLICATED")) {
            return new CreateReplicatedTable(table, without(statement, statement.tokenCount()));
        }
        int by = byHash(statement, reader.next());
        NameReader column = new NameReader(statement, by + 3, SYNTAX);
        QualifiedName key = column.read("the distribution key");
        int close = column.next();
        if (key.schema() != null || !statement.isPunctuation(close, ')')) {
            throw statement.error("a table is distributed by one column", close, SYNTAX);
        }
        QualifiedName colocateWith = null;
        int end = close + 1;
        if (statement.is(end, "COLOCATE") && statement.is(end + 1, "WITH")) {
            NameReader other = new NameReader(statement, end + 2, SYNTAX);
            colocateWith = other.read("a colocated table");
            end = other.next();
        }
        if (end != statement.tokenCount()) {
            throw statement.error("syntax error after BY HASH", end, SYNTAX);
        }
        return new CreateDistributedTable(table, key.name(), colocateWith, without(statement, by));
    }

    /** The last BY HASH ( outside parentheses that is not PostgreSQL's own PARTITION BY HASH. */
    private static int byHash(ScannedStatement statement, int from) {
        int found = -1;
        for (int i = from; i < statement.tokenCount(); i++) {
            if (statement.isPunctuation(i, '(')) {
                int close = statement.matching(i);
                i = close < 0 ? i : close;
            } else if (statement.isSequence(i, "BY", "HASH")
                    && statement.isPunctuation(i + 2, '(')
                    && !statement.is(i - 1, "PARTITION")) {
                found = i;
            }
        }
        if (found < 0) {
            throw statement.error("CREATE DISTRIBUTED TABLE needs BY HASH (column)", statement.tokenCount(), SYNTAX);
        }
        return found;
    }

    static StatementClass drop(ScannedStatement statement) {
        if (!statement.isName(statement.isSequence(3, "IF", "EXISTS") ? 5 : 3)) {
            throw statement.error(
                    "a table must have a name", 3, "The form is DROP DISTRIBUTED TABLE [IF EXISTS] name [, ...].");
        }
        return new DropDistributedTable(without(statement, statement.tokenCount()));
    }

    static StatementClass compare(ScannedStatement statement) {
        String syntax = "The form is COMPARE REPLICATED TABLE name.";
        NameReader reader = new NameReader(statement, 3, syntax);
        QualifiedName table = reader.read("a table");
        if (reader.next() != statement.tokenCount()) {
            throw statement.error("syntax error after the table's name", reader.next(), syntax);
        }
        return new CompareReplicatedTable(table);
    }

    /** The statement without its second word and without what stands from a token on. */
    private static ScannedStatement without(ScannedStatement statement, int endToken) {
        String text = statement.text();
        int end = endToken < statement.tokenCount() ? statement.begin(endToken) : text.length();
        String plain = text.substring(0, statement.begin(1)) + text.substring(statement.begin(2), end);
        // a statement without parameters may hold the operator ? undoubled
        QuestionMark questionMark = statement.parameterCount() == 0 ? QuestionMark.OPERATOR : QuestionMark.PARAMETER;
        return StatementScanner.scan(plain.stripTrailing(), questionMark).get(0);
    }
}
