package io.pgplex.routing.command;

import io.pgplex.routing.command.StatementClass.CreateDistributedTable;
import io.pgplex.routing.command.StatementClass.CreateReplicatedTable;
import io.pgplex.routing.command.StatementClass.DropDistributedTable;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.StatementScanner;

/**
 * Reads the definitions that pgplex adds to PostgreSQL's, and cuts out what PostgreSQL does not know:
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
        int name = statement.is(3, "IF") ? 6 : 3;
        NameReader reader = new NameReader(statement, name);
        QualifiedName table = reader.read("a table");
        if (statement.is(1, "REPLICATED")) {
            return new CreateReplicatedTable(table, without(statement, statement.tokenCount()));
        }
        int by = byHash(statement, reader.next());
        NameReader column = new NameReader(statement, by + 3);
        QualifiedName key = column.read("the distribution key");
        int close = column.next();
        if (key.schema() != null || !statement.isPunctuation(close, ')')) {
            throw statement.error(
                    "a table is distributed by one column", Math.min(close, statement.tokenCount() - 1), SYNTAX);
        }
        QualifiedName colocateWith = null;
        int end = close + 1;
        if (statement.is(end, "COLOCATE") && statement.is(end + 1, "WITH")) {
            NameReader other = new NameReader(statement, end + 2);
            colocateWith = other.read("a colocated table");
            end = other.next();
        }
        if (end != statement.tokenCount()) {
            throw statement.error("syntax error after BY HASH", end, SYNTAX);
        }
        return new CreateDistributedTable(table, key.name(), colocateWith, without(statement, by));
    }

    /** The last BY HASH ( outside parentheses. */
    private static int byHash(ScannedStatement statement, int from) {
        int found = -1;
        for (int i = from; i < statement.tokenCount(); i++) {
            if (statement.isPunctuation(i, '(')) {
                int close = statement.matching(i);
                i = close < 0 ? i : close;
            } else if (statement.is(i, "BY") && statement.is(i + 1, "HASH") && statement.isPunctuation(i + 2, '(')) {
                found = i;
            }
        }
        if (found < 0) {
            throw statement.error(
                    "CREATE DISTRIBUTED TABLE needs BY HASH (column)", statement.tokenCount() - 1, SYNTAX);
        }
        return found;
    }

    static StatementClass drop(ScannedStatement statement) {
        return new DropDistributedTable(without(statement, statement.tokenCount()));
    }

    /** The statement without its second word and without what stands from a token on. */
    private static ScannedStatement without(ScannedStatement statement, int endToken) {
        String text = statement.text();
        int end = endToken < statement.tokenCount() ? statement.begin(endToken) : text.length();
        String plain = text.substring(0, statement.begin(1)) + text.substring(statement.begin(2), end);
        return StatementScanner.scan(plain.stripTrailing()).get(0);
    }
}
