package io.pgplex.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A prepared select of one row by its key, answered by real servers or from memory. "Borrowed" takes a connection from HikariCP and prepares the
 * statement for each execution, as an application does; "held" executes one statement over and over. pgjdbc is told which
 * shard has the row; pgplex finds out.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 2)
public class PointSelectBenchmark {

    /** The key in turn. */
    @State(Scope.Thread)
    public static class Key {
        private long key;

        long next() {
            key = ItemCluster.keyAfter(key);
            return key;
        }
    }

    @Benchmark
    public int pgjdbcBorrowed(ItemCluster cluster, Key key, ThreadCost cost) throws SQLException {
        long id = key.next();
        return borrowed(cluster.shard(cluster.shardOf(id)), id);
    }

    @Benchmark
    public int pgplexBorrowed(ItemCluster cluster, Key key, ThreadCost cost) throws SQLException {
        return borrowed(cluster.pgplex(), key.next());
    }

    @Benchmark
    public int pgjdbcHeld(ItemCluster cluster, HeldStatements held, Key key, ThreadCost cost) throws SQLException {
        long id = key.next();
        return price(held.shard(cluster.shardOf(id)), id);
    }

    @Benchmark
    public int pgplexHeld(HeldStatements held, Key key, ThreadCost cost) throws SQLException {
        return price(held.pgplex(), key.next());
    }

    private static int borrowed(DataSource pool, long id) throws SQLException {
        try (Connection connection = pool.getConnection();
                PreparedStatement statement = connection.prepareStatement(ItemCluster.POINT_SELECT)) {
            return price(statement, id);
        }
    }

    private static int price(PreparedStatement statement, long id) throws SQLException {
        statement.setLong(1, id);
        try (ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
                throw new IllegalStateException("there is no item " + id);
            }
            return row.getInt(3);
        }
    }
}
