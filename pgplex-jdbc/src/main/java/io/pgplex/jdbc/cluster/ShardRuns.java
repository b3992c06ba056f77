package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.cluster.Placement.Extent;
import io.pgplex.jdbc.sql.ServerSql;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postgresql.jdbc.PgConnection;

/**
 * Runs a definition's text where it belongs, the home shard first: it orders rivals, and what is refused there has not
 * touched another shard. Confined to a thread.
 */
final class ShardRuns {

    /** What a statement gets when something that it names is on the home shard only. */
    private static final Set<String> MISSING = Set.of("42P01", "42704", "42883", "42703", "3F000");

    private static final String SAVEPOINT = "pgplex_definition";

    private final DefinitionScope scope;
    private final ServerText text;

    ShardRuns(DefinitionScope scope, ServerText text) {
        this.scope = scope;
        this.text = text;
    }

    long onHome() throws SQLException {
        Shard home = scope.map().homeShard();
        String sql = text.on(home);
        return scope.on(home, connection -> scope.execute(connection, sql));
    }

    /** Runs it on all shards of the extent but the home shard, in parallel. */
    void onOthers(Extent extent) throws SQLException {
        List<Shard> shards =
                switch (extent) {
                    case HOME -> List.of();
                    case EVERY_SHARD, EVERY_ABLE_SHARD -> others(scope.map());
                    case EVERY_SERVER -> otherServers();
                };
        if (shards.isEmpty()) {
            return;
        }
        Map<String, String> texts = new HashMap<>();
        for (Shard shard : shards) {
            texts.put(text.on(shard), shard.name());
        }
        if (texts.size() > 1) {
            // the text names the database, so it differs
            for (Shard shard : shards) {
                String sql = text.on(shard);
                scope.on(shard, connection -> run(connection, sql, extent));
            }
            return;
        }
        String sql = text.on(shards.get(0));
        scope.onEach(shards, connection -> run(connection, sql, extent));
    }

    static List<Shard> others(ClusterMap map) {
        return map.shards().subList(1, map.shards().size());
    }

    /** One shard for each server that the home shard is not on; a server may have several names. */
    private List<Shard> otherServers() throws SQLException {
        Set<Long> servers = new HashSet<>();
        List<Shard> shards = new ArrayList<>();
        for (Shard shard : scope.map().shards()) {
            if (servers.add(scope.on(shard, ShardRuns::systemIdentifier)) && shard.ordinal() > 0) {
                shards.add(shard);
            }
        }
        return shards;
    }

    private static Long systemIdentifier(PgConnection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.SYSTEM_IDENTIFIER);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    private long run(PgConnection connection, String sql, Extent extent) throws SQLException {
        return extent == Extent.EVERY_ABLE_SHARD ? runIfAble(connection, sql) : scope.repeat(connection, sql);
    }

    /**
     * A routine or sequence that names what only the home shard has (a local table, say) exists there only; that is
     * where it runs.
     */
    private long runIfAble(PgConnection connection, String sql) throws SQLException {
        ServerText.execute(connection, "SAVEPOINT " + SAVEPOINT);
        String checks = setting(connection);
        try {
            set(connection, "off");
            scope.repeat(connection, sql);
            set(connection, checks);
        } catch (SQLException e) {
            if (!MISSING.contains(e.getSQLState())) {
                throw e;
            }
            ServerText.execute(connection, "ROLLBACK TO SAVEPOINT " + SAVEPOINT);
        }
        ServerText.execute(connection, "RELEASE SAVEPOINT " + SAVEPOINT);
        return 0;
    }

    private static String setting(PgConnection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.CURRENT_CHECK_FUNCTION_BODIES);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getString(1);
        }
    }

    private static void set(PgConnection connection, String value) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.SET_CHECK_FUNCTION_BODIES)) {
            statement.setString(1, value);
            statement.executeQuery().close();
        }
    }
}
