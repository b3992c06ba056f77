package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.pool.Work;
import io.pgplex.jdbc.transaction.MetadataChange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.RoutingScope;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postgresql.jdbc.PgConnection;

/** One transaction on each shard, committed in two phases: enough for definitions while nothing crashes. */
final class DefinitionScopeForTests implements DefinitionScope, AutoCloseable {

    private final NodeConnector connector;
    private final Map<String, Connection> connections = new HashMap<>();
    private final List<String> temporaryRelations = new ArrayList<>();
    final List<String> progress = new ArrayList<>();
    private ClusterMap map;
    boolean inApplicationTransaction;
    List<String> searchPath = List.of("public");

    DefinitionScopeForTests(ClusterMap map, NodeConnector connector) {
        this.map = map;
        this.connector = connector;
    }

    @Override
    public ClusterMap map() {
        return map;
    }

    @Override
    public RoutingScope routingScope() {
        return new RoutingScope(searchPath, Set.copyOf(temporaryRelations));
    }

    @Override
    public <T> T on(Shard shard, Work<T> work) throws SQLException {
        return work.on(connection(shard).unwrap(PgConnection.class));
    }

    @Override
    public void onEach(List<Shard> shards, Work<?> work) throws SQLException {
        for (Shard shard : shards) {
            on(shard, work);
        }
    }

    @Override
    public <T> T outsideTransaction(Shard shard, Work<T> work) throws SQLException {
        try (Connection connection = open(shard)) {
            return work.on(connection.unwrap(PgConnection.class));
        }
    }

    @Override
    public long execute(Connection connection, String sql) throws SQLException {
        return ServerText.execute(connection, sql);
    }

    @Override
    public long repeat(Connection connection, String sql) throws SQLException {
        return ServerText.execute(connection, sql);
    }

    @Override
    public void progress(String message) {
        progress.add(message);
    }

    @Override
    public void change(MetadataChange change) {
        map = change.applyTo(map);
    }

    @Override
    public boolean inApplicationTransaction() {
        return inApplicationTransaction;
    }

    @Override
    public void temporaryRelation(String name) {
        temporaryRelations.add(name);
    }

    private Connection connection(Shard shard) throws SQLException {
        Connection connection = connections.get(shard.name());
        if (connection == null) {
            connection = open(shard);
            connection.setAutoCommit(false);
            connections.put(shard.name(), connection);
        }
        return connection;
    }

    private Connection open(Shard shard) throws SQLException {
        var node = map.primary(shard);
        return connector.connect(node.host(), node.port(), node.database());
    }

    /** Commits as sessions do, so that nothing in a definition may forbid PREPARE TRANSACTION. */
    ClusterMap commit() throws SQLException {
        List<Shard> others = new ArrayList<>(map.shards());
        others.removeIf(shard -> shard.ordinal() == 0 || !connections.containsKey(shard.name()));
        for (Shard shard : others) {
            ServerText.execute(connection(shard), "PREPARE TRANSACTION '" + gid(shard) + "'");
        }
        Connection home = connections.get(map.homeShard().name());
        if (home != null) {
            home.commit();
        }
        for (Shard shard : others) {
            Connection connection = connection(shard);
            connection.setAutoCommit(true);
            ServerText.execute(connection, "COMMIT PREPARED '" + gid(shard) + "'");
        }
        return map;
    }

    private String gid(Shard shard) {
        return "pgplex:default:" + map.homeShard().name() + ":" + System.identityHashCode(this) + ":" + shard.name();
    }

    @Override
    public void close() throws SQLException {
        for (Connection connection : connections.values()) {
            connection.close();
        }
    }
}
