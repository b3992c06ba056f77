package io.pgplex.jdbc.cluster;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A definition's text as a server gets it: the application's own, with JDBC's {@code ??} as the operator it stands for
 * and the cluster's database name as that server's. Immutable.
 */
final class ServerText {

    private final ClusterMap map;
    private final ScannedStatement statement;

    /**
     * The text of one statement.
     *
     * @throws SQLException 0A000 when it has parameters
     */
    ServerText(ClusterMap map, ScannedStatement statement) throws SQLException {
        if (statement.parameterCount() > 0) {
            throw Refusals.of(Unsupported.DEFINITION_PARAMETERS);
        }
        this.map = map;
        this.statement = statement;
    }

    String on(Shard shard) {
        String text = statement.text();
        StringBuilder spliced = new StringBuilder(text.length());
        int copied = 0;
        for (int i = 0; i < statement.tokenCount(); i++) {
            String replacement = null;
            if (statement.hasKind(i, TokenKind.OPERATOR)) {
                replacement = statement.operator(i);
            } else if (isClusterDatabase(i)) {
                replacement = TableName.quote(map.primary(shard).database());
            }
            if (replacement != null) {
                spliced.append(text, copied, statement.begin(i)).append(replacement);
                copied = statement.end(i);
            }
        }
        return spliced.append(text, copied, text.length()).toString();
    }

    private boolean isClusterDatabase(int index) {
        return statement.is(index - 1, "DATABASE")
                && statement.isName(index)
                && statement.identifier(index).equals(map.properties().database());
    }

    /** Sends a text as it is; returns its update count, 0 where it has none. */
    static long execute(Connection connection, String text) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(text);
            return Math.max(0, statement.getLargeUpdateCount());
        }
    }
}
