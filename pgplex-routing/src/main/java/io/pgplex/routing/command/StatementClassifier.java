package io.pgplex.routing.command;

import io.pgplex.routing.command.StatementClass.SessionObject;
import io.pgplex.routing.command.StatementClass.SessionObject.Kind;
import io.pgplex.routing.scan.ScannedStatement;
import org.jspecify.annotations.Nullable;

/** Tells what a statement is from its first tokens. Stateless. */
public final class StatementClassifier {

    private StatementClassifier() {}

    /**
     * The statement's class.
     *
     * @throws io.pgplex.routing.scan.SqlSyntaxException for a malformed command of pgplex's own
     */
    public static StatementClass classify(ScannedStatement statement) {
        String first = statement.word(0);
        return switch (first) {
            case "SELECT", "VALUES", "TABLE" -> new StatementClass.Query();
            case "WITH" -> afterWith(statement);
            case "INSERT" -> new StatementClass.Insert();
            case "UPDATE" -> new StatementClass.Update();
            case "DELETE" -> new StatementClass.Delete();
            case "MERGE" -> new StatementClass.Merge();
            case "CALL" -> new StatementClass.Call();
            case "DO" -> new StatementClass.Do();
            case "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE" ->
                TransactionReader.read(statement);
            case "PREPARE" ->
                statement.is(1, "TRANSACTION") ? TransactionReader.read(statement) : new SessionObject(Kind.PREPARE);
            case "SET" -> SettingReader.set(statement);
            case "RESET" -> SettingReader.reset(statement);
            case "SHOW" -> SettingReader.show(statement);
            case "DISCARD" -> SettingReader.discard(statement);
            case "EXPLAIN" -> ExplainReader.read(statement);
            case "EXECUTE" -> new SessionObject(Kind.EXECUTE);
            case "DEALLOCATE" -> new SessionObject(Kind.DEALLOCATE);
            case "DECLARE" -> new SessionObject(Kind.DECLARE);
            case "FETCH", "MOVE" -> new SessionObject(Kind.FETCH);
            case "CLOSE" -> new SessionObject(Kind.CLOSE);
            case "LISTEN", "UNLISTEN" -> new SessionObject(Kind.LISTEN);
            case "NOTIFY" -> new SessionObject(Kind.NOTIFY);
            case "COPY" -> new SessionObject(Kind.COPY);
            case "LOAD" -> new SessionObject(Kind.LOAD);
            case "DISCOVER", "JOIN", "LEAVE", "RECOVER" ->
                statement.is(1, "CLUSTER") ? ClusterReader.read(statement) : new StatementClass.Definition();
            default -> other(statement, first);
        };
    }

    private static StatementClass other(ScannedStatement statement, String first) {
        if (statement.isPunctuation(0, '(')) {
            return new StatementClass.Query();
        }
        if (first.equals("ALTER") && statement.is(1, "CLUSTER")) {
            return ClusterReader.alter(statement);
        }
        if (first.equals("COMPARE") && statement.isSequence(1, "REPLICATED", "TABLE")) {
            return TableReader.compare(statement);
        }
        if ((first.equals("CREATE") || first.equals("DROP"))
                && statement.is(1, "DISTRIBUTED", "REPLICATED")
                && statement.is(2, "TABLE")) {
            return first.equals("CREATE") ? TableReader.create(statement) : TableReader.drop(statement);
        }
        return new StatementClass.Definition();
    }

    /** What stands behind the common table expressions. */
    private static StatementClass afterWith(ScannedStatement statement) {
        int i = 1;
        while (i < statement.tokenCount()) {
            if (statement.isPunctuation(i, '(') && statement.matching(i) > i) {
                i = statement.matching(i);
            } else if (!isNamePlace(statement, i)) {
                StatementClass found = verb(statement.word(i));
                if (found != null) {
                    return found;
                }
            }
            i++;
        }
        return new StatementClass.Query();
    }

    /** Whether a name stands there in a WITH clause, or in its SEARCH and CYCLE clauses: many verbs may be names. */
    private static boolean isNamePlace(ScannedStatement statement, int token) {
        return statement.is(token - 1, "WITH", "RECURSIVE", "BY", "SET", "USING", "CYCLE")
                || statement.isPunctuation(token - 1, ',');
    }

    private static @Nullable StatementClass verb(String word) {
        return switch (word) {
            case "INSERT" -> new StatementClass.Insert();
            case "UPDATE" -> new StatementClass.Update();
            case "DELETE" -> new StatementClass.Delete();
            case "MERGE" -> new StatementClass.Merge();
            case "SELECT", "VALUES", "TABLE" -> new StatementClass.Query();
            default -> null;
        };
    }
}
