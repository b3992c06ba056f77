package io.pgplex.jdbc.random;

import io.pgplex.testkit.LocalCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who answers: pgplex over a cluster, one PostgreSQL with all rows as the reference, and a second one that has the same rows in
 * the opposite order and avoids the first one's plans. Where the two disagree, the statement has no defined answer. Confined to
 * one thread.
 */
final class Sides implements AutoCloseable {

    /**
     * A statement and how it is tried.
     *
     * @param inTransaction with a fetch size that makes several round trips of an answer
     * @param written the table that it writes, if it does
     */
    record Attempt(
            Node statement, boolean inTransaction, @Nullable Table written) {
        Attempt with(Node other) {
            return new Attempt(other, inTransaction, written);
        }

        Sql sql() {
            return Sql.of(statement);
        }
    }

    private static final int FETCH_SIZE = 3;
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

    /** pgplex's answer; what was written is rolled back. */
    Answer pgplex(Attempt attempt) throws SQLException {
        return answer(pgplex, attempt, PGPLEX_SECONDS, contents(attempt.written(), true));
    }

    Answer reference(Attempt attempt) throws SQLException {
        return answer(reference, attempt, REFERENCE_SECONDS, contents(attempt.written(), false));
    }

    Answer second(Attempt attempt) throws SQLException {
        return answer(second, attempt, REFERENCE_SECONDS, contents(attempt.written(), false));
    }

    private static Answer answer(Connection connection, Attempt attempt, int seconds, List<String> contents)
            throws SQLException {
        Sql sql = Sql.of(attempt.statement());
        if (!attempt.inTransaction() && attempt.written() == null) {
            return Answer.of(connection, sql, 0, seconds);
        }
        connection.setAutoCommit(false);
        try {
            Answer answer = Answer.of(connection, sql, attempt.inTransaction() ? FETCH_SIZE : 0, seconds);
            for (String table : contents) {
                answer = answer.failed()
                        ? answer
                        : answer.then(Answer.of(connection, new Sql(table, List.of(), List.of()), 0, seconds));
            }
            return answer;
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** Queries for all rows of a table; of a replicated one for each shard, and as often on a reference. */
    private List<String> contents(@Nullable Table table, boolean sharded) {
        if (table == null) {
            return List.of();
        }
        List<String> all = new ArrayList<>(List.of("SELECT * FROM " + table.name()));
        for (int shard = 1; table.isReplicated() && shard <= cluster.primaries().size(); shard++) {
            all.add((sharded ? "/*!pgplex shard=s" + shard + " */ " : "") + all.get(0));
        }
        return all;
    }

    @Override
    public void close() throws SQLException {
        pgplex.close();
        reference.close();
        second.close();
        cluster.reference().dropDatabase(cluster.database() + SECOND);
    }
}
