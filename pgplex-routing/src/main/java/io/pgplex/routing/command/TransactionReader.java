package io.pgplex.routing.command;

import io.pgplex.routing.command.StatementClass.TransactionControl;
import io.pgplex.routing.command.StatementClass.TransactionControl.Kind;
import io.pgplex.routing.scan.ScannedStatement;
import org.jspecify.annotations.Nullable;

/** Reads transaction control. */
final class TransactionReader {

    private TransactionReader() {}

    static TransactionControl read(ScannedStatement statement) {
        return switch (statement.word(0)) {
            case "BEGIN" -> modes(Kind.BEGIN, statement, statement.is(1, "WORK", "TRANSACTION") ? 2 : 1);
            case "START" -> modes(Kind.BEGIN, statement, 2);
            case "SAVEPOINT" -> savepoint(Kind.SAVEPOINT, statement, 1);
            case "RELEASE" -> savepoint(Kind.RELEASE, statement, statement.is(1, "SAVEPOINT") ? 2 : 1);
            case "PREPARE" -> simple(Kind.TWO_PHASE, false);
            case "ROLLBACK", "ABORT" -> rollback(statement);
            default -> commit(statement);
        };
    }

    private static TransactionControl commit(ScannedStatement statement) {
        return statement.is(1, "PREPARED") ? simple(Kind.TWO_PHASE, false) : simple(Kind.COMMIT, chains(statement));
    }

    private static TransactionControl rollback(ScannedStatement statement) {
        if (statement.is(1, "PREPARED")) {
            return simple(Kind.TWO_PHASE, false);
        }
        int to = statement.is(1, "WORK", "TRANSACTION") ? 2 : 1;
        if (statement.is(to, "TO")) {
            return savepoint(Kind.ROLLBACK_TO, statement, statement.is(to + 1, "SAVEPOINT") ? to + 2 : to + 1);
        }
        return simple(Kind.ROLLBACK, chains(statement));
    }

    private static boolean chains(ScannedStatement statement) {
        int and = statement.is(1, "WORK", "TRANSACTION") ? 2 : 1;
        return statement.is(and, "AND") && statement.is(and + 1, "CHAIN");
    }

    /** The modes from a token on, as text and as far as the driver must know them. */
    static TransactionControl modes(Kind kind, ScannedStatement statement, int from) {
        @Nullable Boolean readOnly = null;
        for (int i = from; i + 1 < statement.tokenCount(); i++) {
            if (statement.is(i, "READ") && statement.is(i + 1, "ONLY")) {
                readOnly = true;
            } else if (statement.is(i, "READ") && statement.is(i + 1, "WRITE")) {
                readOnly = false;
            }
        }
        String text = from < statement.tokenCount()
                ? statement.text().substring(statement.begin(from)).strip()
                : "";
        return new TransactionControl(kind, text, readOnly, false, null);
    }

    private static TransactionControl simple(Kind kind, boolean chain) {
        return new TransactionControl(kind, "", null, chain, null);
    }

    private static TransactionControl savepoint(Kind kind, ScannedStatement statement, int name) {
        if (!statement.isName(name)) {
            throw statement.error("a savepoint must have a name", name);
        }
        return new TransactionControl(kind, "", null, false, statement.identifier(name));
    }
}
