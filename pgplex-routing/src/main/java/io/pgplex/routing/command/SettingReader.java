package io.pgplex.routing.command;

import io.pgplex.routing.command.StatementClass.Discard;
import io.pgplex.routing.command.StatementClass.Reset;
import io.pgplex.routing.command.StatementClass.SetVariable;
import io.pgplex.routing.command.StatementClass.Show;
import io.pgplex.routing.command.StatementClass.TransactionControl;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.SqlSyntaxException;
import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads SET, RESET, SHOW and DISCARD in all their forms; what is malformed is refused, for other text is sent. */
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
            return timeZone(statement, local, i + 2);
        }
        if (statement.is(i, "NAMES") && !isAssignment(statement, i + 1)) {
            return i + 1 == statement.tokenCount()
                    ? new SetVariable(local, "client_encoding", List.of())
                    : values(statement, local, "client_encoding", i + 1);
        }
        if (statement.is(i, "ROLE") && !isAssignment(statement, i + 1)) {
            return values(statement, local, "role", i + 1);
        }
        if (statement.is(i, "SCHEMA") && !isAssignment(statement, i + 1)) {
            return values(statement, local, "search_path", i + 1);
        }
        if (statement.isSequence(i, "XML", "OPTION")) {
            return values(statement, local, "xmloption", i + 2);
        }
        int end = nameEnd(statement, i);
        String name = name(statement, i, end);
        if (!isAssignment(statement, end)) {
            throw syntaxError(statement, end);
        }
        return values(statement, local, name, end + 1);
    }

    private static boolean isAssignment(ScannedStatement statement, int token) {
        return statement.is(token, "TO") || statement.isOperator(token, "=");
    }

    private static int nameEnd(ScannedStatement statement, int from) {
        int end = from;
        if (!statement.isName(end)) {
            throw syntaxError(statement, end);
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
        if (statement.is(from, "DEFAULT")) {
            end(statement, from + 1);
            return new SetVariable(local, name, List.of());
        }
        List<String> values = new ArrayList<>();
        int i = from;
        do {
            int sign = statement.isOperator(i, "-") || statement.isOperator(i, "+") ? 1 : 0;
            if (sign == 1 && !statement.hasKind(i + 1, TokenKind.NUMBER)) {
                throw syntaxError(statement, i + 1);
            }
            values.add((sign == 1 && statement.isOperator(i, "-") ? "-" : "") + value(statement, i + sign));
            i += sign + 1;
        } while (statement.isPunctuation(i++, ','));
        end(statement, i - 1);
        return new SetVariable(local, name, values);
    }

    private static SetVariable timeZone(ScannedStatement statement, boolean local, int from) {
        if (statement.is(from, "LOCAL")) {
            end(statement, from + 1);
            return new SetVariable(local, "timezone", List.of());
        }
        if (statement.is(from, "INTERVAL")) {
            throw new SqlSyntaxException(
                    "0A000",
                    "SET TIME ZONE INTERVAL is not supported",
                    statement.text(),
                    statement.begin(from),
                    "Write SET TIME ZONE with a number of hours or a time zone's name.");
        }
        return values(statement, local, "timezone", from);
    }

    private static String value(ScannedStatement statement, int token) {
        if (statement.isName(token)) {
            return statement.identifier(token);
        }
        if (statement.hasKind(token, TokenKind.STRING)) {
            return statement.stringValue(token);
        }
        if (!statement.hasKind(token, TokenKind.NUMBER)) {
            throw syntaxError(statement, token);
        }
        return statement.tokenText(token);
    }

    static Reset reset(ScannedStatement statement) {
        if (statement.is(1, "ALL")) {
            end(statement, 2);
            return new Reset(null);
        }
        return new Reset(named(statement));
    }

    static Show show(ScannedStatement statement) {
        return new Show(named(statement));
    }

    /** The setting that RESET or SHOW names. */
    private static String named(ScannedStatement statement) {
        if (statement.isSequence(1, "TIME", "ZONE")) {
            end(statement, 3);
            return "timezone";
        }
        if (statement.isSequence(1, "SESSION", "AUTHORIZATION")) {
            end(statement, 3);
            return "session_authorization";
        }
        if (statement.isSequence(1, "TRANSACTION", "ISOLATION", "LEVEL")) {
            end(statement, 4);
            return "transaction_isolation";
        }
        int end = nameEnd(statement, 1);
        end(statement, end);
        return name(statement, 1, end);
    }

    static Discard discard(ScannedStatement statement) {
        if (!statement.is(1, "ALL", "PLANS", "SEQUENCES", "TEMP", "TEMPORARY")) {
            throw syntaxError(statement, 1);
        }
        end(statement, 2);
        return new Discard(statement.is(1, "TEMPORARY") ? "TEMP" : statement.word(1));
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
