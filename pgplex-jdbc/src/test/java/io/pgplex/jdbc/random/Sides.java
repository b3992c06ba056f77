package io.pgplex.jdbc.random;

import io.pgplex.testkit.LocalCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Who answers: pgplex over a cluster, one PostgreSQL with all rows as the reference, and a second one that has the same rows in
 * the opposite order and avoids the first one's plans. Where the two disagree, the statement has no defined answer. Confined to
 * one thread.
 */
final class Sides implements AutoCloseable {

    private static final String SECOND = "_second";
    private static final int REFERENCE_SECONDS = 2;
    private static final int PGPLEX_SECONDS = 20;

    private final LocalCluster cluster;
    private final Connection pgplex;
    private final Connection reference;
    private final Connection second;

    private Sides(LocalCluster cluster, Connection pgplex, Connection reference, Connection second) {
        this.cluster = cluster;
        this.pgplex = pgplex;
        this.reference = reference;
        this.second = second;
    }

    /** Connects to a cluster without tables, and makes and fills them everywhere. */
    static Sides open(LocalCluster cluster, long seed) throws SQLException {
        String user = cluster.login().user();
        Connection reference = DriverManager.getConnection(cluster.referenceUrl(), user, null);
        String other = cluster.database() + SECOND;
        cluster.reference().createDatabase(other);
        Connection second = DriverManager.getConnection(cluster.reference().jdbcUrl(other), user, null);
        Connection pgplex = cluster.connect();
        Schema.load(pgplex, false, false, seed);
        Schema.load(reference, true, false, seed);
        Schema.load(second, true, true, seed);
        try (Statement statement = second.createStatement()) {
            statement.execute("SET enable_hashjoin = off");
            statement.execute("SET enable_hashagg = off");
            statement.execute("SET enable_material = off");
            statement.execute("SET enable_indexscan = off");
            statement.execute("SET enable_bitmapscan = off");
        }
        return new Sides(cluster, pgplex, reference, second);
    }

    Answer pgplex(Sql sql, boolean inTransaction) throws SQLException {
        return answer(pgplex, sql, inTransaction, PGPLEX_SECONDS);
    }

    Answer reference(Sql sql) throws SQLException {
        return answer(reference, sql, false, REFERENCE_SECONDS);
    }

    Answer second(Sql sql) throws SQLException {
        return answer(second, sql, false, REFERENCE_SECONDS);
    }

    private static Answer answer(Connection connection, Sql sql, boolean inTransaction, int seconds)
            throws SQLException {
        if (!inTransaction) {
            return Answer.of(connection, sql, 0, seconds);
        }
        connection.setAutoCommit(false);
        try {
            return Answer.of(connection, sql, 3, seconds);
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    @Override
    public void close() throws SQLException {
        pgplex.close();
        reference.close();
        second.close();
        cluster.reference().dropDatabase(cluster.database() + SECOND);
    }
}
