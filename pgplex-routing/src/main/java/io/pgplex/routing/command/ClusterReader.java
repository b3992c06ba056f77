package io.pgplex.routing.command;

import io.pgplex.routing.command.StatementClass.AlterCluster;
import io.pgplex.routing.command.StatementClass.DiscoverCluster;
import io.pgplex.routing.command.StatementClass.JoinCluster;
import io.pgplex.routing.command.StatementClass.LeaveCluster;
import io.pgplex.routing.command.StatementClass.RecoverCluster;
import io.pgplex.routing.command.StatementClass.SetCluster;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import org.jspecify.annotations.Nullable;

/** Reads DISCOVER, JOIN, LEAVE, RECOVER and ALTER CLUSTER. */
final class ClusterReader {

    private static final String DISCOVER = "The form is DISCOVER CLUSTER ON 'conninfo'.";
    private static final String JOIN =
            "The form is JOIN CLUSTER ON 'conninfo' [AS node] [[SHARD shard] [PATRONI 'scope'] | REPLICA OF node].";
    private static final String LEAVE = "The form is LEAVE CLUSTER [ON node].";
    private static final String SET = "The form is ALTER CLUSTER SET name TO value, or ALTER CLUSTER RESET name.";
    private static final String RECOVER = "The form is RECOVER CLUSTER.";

    private ClusterReader() {}

    static StatementClass read(ScannedStatement statement) {
        return switch (statement.word(0)) {
            case "DISCOVER" -> discover(statement);
            case "JOIN" -> join(statement);
            case "LEAVE" -> leave(statement);
            default -> {
                end(statement, 2, RECOVER);
                yield new RecoverCluster();
            }
        };
    }

    /** ALTER CLUSTER. */
    static StatementClass alter(ScannedStatement statement) {
        if (statement.is(2, "RESET")) {
            String name = name(statement, 3, SET);
            end(statement, 4, SET);
            return new SetCluster(name, null);
        }
        if (!statement.is(2, "SET")) {
            return new AlterCluster();
        }
        String name = name(statement, 3, SET);
        if (!statement.is(4, "TO") && !statement.isOperator(4, "=")) {
            throw wrong(statement, 4, SET);
        }
        String value = statement.hasKind(5, TokenKind.STRING) ? statement.stringValue(5) : name(statement, 5, SET);
        end(statement, 6, SET);
        return new SetCluster(name, value);
    }

    private static DiscoverCluster discover(ScannedStatement statement) {
        String conninfo = conninfo(statement, DISCOVER);
        end(statement, 4, DISCOVER);
        return new DiscoverCluster(conninfo);
    }

    private static JoinCluster join(ScannedStatement statement) {
        String conninfo = conninfo(statement, JOIN);
        int i = 4;
        @Nullable String node = null;
        @Nullable String shard = null;
        @Nullable String patroni = null;
        if (statement.is(i, "AS")) {
            node = name(statement, i + 1, JOIN);
            i += 2;
        }
        if (statement.is(i, "REPLICA") && statement.is(i + 1, "OF")) {
            String replicaOf = name(statement, i + 2, JOIN);
            end(statement, i + 3, JOIN);
            return new JoinCluster(conninfo, node, null, null, replicaOf);
        }
        if (statement.is(i, "SHARD")) {
            shard = name(statement, i + 1, JOIN);
            i += 2;
        }
        if (statement.is(i, "PATRONI")) {
            if (!statement.hasKind(i + 1, TokenKind.STRING)) {
                throw wrong(statement, i + 1, JOIN);
            }
            patroni = statement.stringValue(i + 1);
            i += 2;
        }
        end(statement, i, JOIN);
        return new JoinCluster(conninfo, node, shard, patroni, null);
    }

    private static LeaveCluster leave(ScannedStatement statement) {
        if (!statement.is(2, "ON")) {
            end(statement, 2, LEAVE);
            return new LeaveCluster(null);
        }
        String node = name(statement, 3, LEAVE);
        end(statement, 4, LEAVE);
        return new LeaveCluster(node);
    }

    private static String conninfo(ScannedStatement statement, String syntax) {
        if (!statement.is(2, "ON") || !statement.hasKind(3, TokenKind.STRING)) {
            throw wrong(statement, statement.is(2, "ON") ? 3 : 2, syntax);
        }
        return statement.stringValue(3);
    }

    private static String name(ScannedStatement statement, int token, String syntax) {
        if (!statement.isName(token)) {
            throw wrong(statement, token, syntax);
        }
        return statement.identifier(token);
    }

    private static void end(ScannedStatement statement, int token, String syntax) {
        if (token != statement.tokenCount()) {
            throw wrong(statement, token, syntax);
        }
    }

    private static RuntimeException wrong(ScannedStatement statement, int token, String syntax) {
        return statement.error("syntax error in " + statement.word(0) + " CLUSTER", token, syntax);
    }
}
