package io.pgplex.routing.command;

import io.pgplex.routing.command.StatementClass.Reset;
import io.pgplex.routing.command.StatementClass.SetVariable;
import io.pgplex.routing.command.StatementClass.Show;
import io.pgplex.routing.command.StatementClass.TransactionControl;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads SET, RESET and SHOW in all their forms. */
final class SettingReader {

    private SettingReader() {}

    static StatementClass set(ScannedStatement statement) {
        int i = 1;
        boolean local = statement.is(i, "LOCAL");
        boolean session = statement.is(i, "SESSION");
        if (statement.is(i, "CONSTRAINTS")) {
            return new TransactionControl(TransactionControl.Kind.SET_CONSTRAINTS, statement.text(), null, false, null);
        }
        if (statement.is(i, "TRANSACTION")) {
            return TransactionReader.modes(TransactionControl.Kind.SET_TRANSACTION, statement, 2);
        }
        if (session && statement.is(2, "CHARACTERISTICS")) {
            return TransactionReader.modes(TransactionControl.Kind.SET_SESSION_CHARACTERISTICS, statement, 5);
        }
        if (session && statement.is(2, "AUTHORIZATION")) {
            return values(statement, local, "session_authorization", 3);
        }
        if (local || session) {
            i++;
        }
        if (statement.is(i, "SESSION") && statement.is(i + 1, "AUTHORIZATION")) {
            return values(statement, local, "session_authorization", i + 2);
        }
        if (statement.is(i, "TIME") && statement.is(i + 1, "ZONE")) {
            return values(statement, local, "timezone", i + 2);
        }
        if (statement.is(i, "NAMES")) {
            return values(statement, local, "client_encoding", i + 1);
        }
        if (statement.is(i, "ROLE") && !isAssignment(statement, i + 1)) {
            return values(statement, local, "role", i + 1);
        }
        if (statement.is(i, "SCHEMA") && !isAssignment(statement, i + 1)) {
            return values(statement, local, "search_path", i + 1);
        }
        int end = nameEnd(statement, i);
        String name = name(statement, i, end);
        if (!isAssignment(statement, end)) {
            throw statement.error("SET needs TO or = and a value", Math.min(end, statement.tokenCount() - 1));
        }
        return values(statement, local, name, end + 1);
    }

    private static boolean isAssignment(ScannedStatement statement, int token) {
        return statement.is(token, "TO") || statement.isOperator(token, "=");
    }

    private static int nameEnd(ScannedStatement statement, int from) {
        int end = from;
        if (!statement.isName(end)) {
            throw statement.error("a setting must have a name", Math.min(end, statement.tokenCount() - 1));
        }
        end++;
        while (statement.isPunctuation(end, '.') && statement.isName(end + 1)) {
            end += 2;
        }
        return end;
    }

    private static String name(ScannedStatement statement, int from, int end) {
        StringBuilder name = new StringBuilder();
        for (int i = from; i < end; i++) {
            name.append(statement.isPunctuation(i, '.') ? "." : statement.identifier(i));
        }
        return name.toString().toLowerCase(Locale.ROOT);
    }

    private static SetVariable values(ScannedStatement statement, boolean local, String name, int from) {
        List<String> values = new ArrayList<>();
        if (statement.is(from, "DEFAULT")) {
            return new SetVariable(local, name, values);
        }
        for (int i = from; i < statement.tokenCount(); i++) {
            if (!statement.isPunctuation(i, ',')) {
                values.add(value(statement, i));
            }
        }
        if (values.isEmpty()) {
            throw statement.error("SET needs a value", statement.tokenCount() - 1);
        }
        return new SetVariable(local, name, values);
    }

    private static String value(ScannedStatement statement, int token) {
        if (statement.isName(token)) {
            return statement.identifier(token);
        }
        return statement.hasKind(token, TokenKind.STRING) ? statement.stringValue(token) : statement.tokenText(token);
    }

    static Reset reset(ScannedStatement statement) {
        if (statement.is(1, "ALL")) {
            return new Reset(null);
        }
        if (statement.is(1, "TIME") && statement.is(2, "ZONE")) {
            return new Reset("timezone");
        }
        if (statement.is(1, "SESSION") && statement.is(2, "AUTHORIZATION")) {
            return new Reset("session_authorization");
        }
        if (statement.is(1, "TRANSACTION")) {
            return new Reset("transaction_isolation");
        }
        return new Reset(name(statement, 1, nameEnd(statement, 1)));
    }

    static Show show(ScannedStatement statement) {
        if (statement.tokenCount() < 2) {
            throw statement.error("SHOW needs a name", 0);
        }
        return new Show(statement.isName(1) ? name(statement, 1, nameEnd(statement, 1)) : statement.tokenText(1));
    }
}
