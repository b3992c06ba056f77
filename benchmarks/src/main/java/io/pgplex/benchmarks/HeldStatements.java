package io.pgplex.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The point select, prepared once on a connection to pgplex and once on a connection to each shard. */
@State(Scope.Thread)
public class HeldStatements {

    private final List<PreparedStatement> statements = new ArrayList<>();

    @Setup(Level.Trial)
    public void open(ItemCluster cluster) throws SQLException {
        statements.add(prepare(cluster.pgplex()));
        for (int shard = 0; shard < cluster.shardCount(); shard++) {
            statements.add(prepare(cluster.shard(shard)));
        }
    }

    private static PreparedStatement prepare(DataSource pool) throws SQLException {
        return pool.getConnection().prepareStatement(ItemCluster.POINT_SELECT);
    }

    PreparedStatement pgplex() {
        return statements.get(0);
    }

    PreparedStatement shard(int shard) {
        return statements.get(1 + shard);
    }

    @TearDown(Level.Trial)
    public void close() throws SQLException {
        for (PreparedStatement statement : statements) {
            Connection connection = statement.getConnection();
            statement.close();
            connection.close();
        }
    }
}
