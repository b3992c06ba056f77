package io.pgplex.routing.command;

import io.pgplex.routing.command.StatementClass.TransactionControl;
import io.pgplex.routing.command.StatementClass.TransactionControl.Kind;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import org.jspecify.annotations.Nullable;

/**
 * Reads transaction control after PostgreSQL's grammar (gram.y, TransactionStmt). The driver carries these statements out
 * itself and sends other text, so what is malformed must be refused here.
 */
final class TransactionReader {

    private TransactionReader() {}

    static TransactionControl read(ScannedStatement statement) {
        return switch (statement.word(0)) {
            case "BEGIN" -> modes(Kind.BEGIN, statement, statement.is(1, "WORK", "TRANSACTION") ? 2 : 1);
            case "START" -> start(statement);
            case "SAVEPOINT" -> savepoint(Kind.SAVEPOINT, statement, 1);
            case "RELEASE" -> savepoint(Kind.RELEASE, statement, behindSavepoint(statement, 1));
            case "PREPARE" -> twoPhase(statement);
            case "ROLLBACK", "ABORT" -> rollback(statement);
            default -> finish(Kind.COMMIT, statement);
        };
    }

    private static TransactionControl start(ScannedStatement statement) {
        if (!statement.is(1, "TRANSACTION")) {
            throw syntaxError(statement, 1);
        }
        return modes(Kind.BEGIN, statement, 2);
    }

    private static TransactionControl rollback(ScannedStatement statement) {
        int to = statement.is(1, "WORK", "TRANSACTION") ? 2 : 1;
        if (statement.is(0, "ROLLBACK") && statement.is(to, "TO")) {
            return savepoint(Kind.ROLLBACK_TO, statement, behindSavepoint(statement, to + 1));
        }
        return finish(Kind.ROLLBACK, statement);
    }

    /** COMMIT, END, ROLLBACK or ABORT, with [AND [NO] CHAIN]; or the PREPARED forms. */
    private static TransactionControl finish(Kind kind, ScannedStatement statement) {
        if (statement.is(0, "COMMIT", "ROLLBACK") && statement.is(1, "PREPARED")) {
            return twoPhase(statement);
        }
        int i = statement.is(1, "WORK", "TRANSACTION") ? 2 : 1;
        boolean chain = statement.isSequence(i, "AND", "CHAIN");
        if (chain) {
            i += 2;
        } else if (statement.isSequence(i, "AND", "NO", "CHAIN")) {
            i += 3;
        }
        end(statement, i);
        return new TransactionControl(kind, "", null, chain, null);
    }

    private static TransactionControl twoPhase(ScannedStatement statement) {
        if (!statement.hasKind(2, TokenKind.STRING)) {
            throw syntaxError(statement, 2);
        }
        end(statement, 3);
        return new TransactionControl(Kind.TWO_PHASE, "", null, false, null);
    }

    /** Behind the optional word SAVEPOINT, which may also be the savepoint's name. */
    private static int behindSavepoint(ScannedStatement statement, int at) {
        return statement.is(at, "SAVEPOINT") && at + 1 < statement.tokenCount() ? at + 1 : at;
    }

    private static TransactionControl savepoint(Kind kind, ScannedStatement statement, int name) {
        if (!statement.isName(name)) {
            throw syntaxError(statement, name);
        }
        end(statement, name + 1);
        return new TransactionControl(kind, "", null, false, statement.identifier(name));
    }

    /** The modes from a token on, as text and as far as the driver must know them. */
    static TransactionControl modes(Kind kind, ScannedStatement statement, int from) {
        @Nullable Boolean readOnly = null;
        int i = from;
        while (i < statement.tokenCount()) {
            int mode = i;
            i = modeEnd(kind, statement, mode);
            if (statement.is(mode, "READ")) {
                readOnly = statement.is(mode + 1, "ONLY");
            }
            if (statement.isPunctuation(i, ',')) {
                i++;
                if (i == statement.tokenCount()) {
                    throw syntaxError(statement, i);
                }
            }
        }
        if (from == i && kind != Kind.BEGIN) {
            throw syntaxError(statement, from);
        }
        return new TransactionControl(kind, statement.text(from, i), readOnly, false, null);
    }

    private static int modeEnd(Kind kind, ScannedStatement statement, int at) {
        if (statement.isSequence(at, "READ", "ONLY")
                || statement.isSequence(at, "READ", "WRITE")
                || statement.isSequence(at, "NOT", "DEFERRABLE")) {
            return at + 2;
        }
        if (statement.is(at, "DEFERRABLE")) {
            return at + 1;
        }
        if (kind == Kind.SET_TRANSACTION
                && statement.is(at, "SNAPSHOT")
                && statement.hasKind(at + 1, TokenKind.STRING)) {
            return at + 2;
        }
        if (!statement.isSequence(at, "ISOLATION", "LEVEL")) {
            throw syntaxError(statement, at);
        }
        if (statement.is(at + 2, "SERIALIZABLE")) {
            return at + 3;
        }
        if (statement.isSequence(at + 2, "REPEATABLE", "READ")
                || statement.isSequence(at + 2, "READ", "COMMITTED")
                || statement.isSequence(at + 2, "READ", "UNCOMMITTED")) {
            return at + 4;
        }
        throw syntaxError(statement, at + 2);
    }

    private static void end(ScannedStatement statement, int token) {
        if (token < statement.tokenCount()) {
            throw syntaxError(statement, token);
        }
    }

    private static RuntimeException syntaxError(ScannedStatement statement, int token) {
        return statement.error("syntax error in " + statement.word(0), token);
    }
}
