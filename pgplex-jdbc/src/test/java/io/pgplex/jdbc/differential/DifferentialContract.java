package io.pgplex.jdbc.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.LocalCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * One PostgreSQL with all the rows is the reference: pgplex over three shards answers every statement as it does, or says
 * that it does not answer it. Which statements are refused is written down, so that none is refused by accident.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class DifferentialContract {

    private Connection pgplex;
    private Connection reference;

    @BeforeAll
    void load(LocalCluster cluster) throws SQLException {
        pgplex = cluster.connect();
        reference = DriverManager.getConnection(
                cluster.referenceUrl(), cluster.login().user(), null);
        for (String sql : Corpus.statements("schema.sql")) {
            run(pgplex, sql);
            run(reference, Corpus.plain(sql));
        }
        new SampleRows().load(pgplex);
        new SampleRows().load(reference);
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new SQLException(sql + ": " + e.getMessage(), e.getSQLState(), e);
        }
    }

    @AfterAll
    void close() throws SQLException {
        pgplex.close();
        reference.close();
    }

    /** The file that lists what is refused under this collation. */
    abstract String refusals();

    @Test
    void answersQueriesAsOnePostgresDoes() throws SQLException {
        compare("select.sql");
    }

    @Test
    void movesRowsToWhereTheyAreNeededAndAnswersAsOnePostgresDoes() throws SQLException {
        compare("moving.sql");
    }

    private void compare(String file) throws SQLException {
        Set<String> expectedRefusals = new HashSet<>(Corpus.statements(refusals()));
        List<String> differences = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        try (Statement ours = pgplex.createStatement();
                Statement theirs = reference.createStatement()) {
            for (String sql : Corpus.statements(file)) {
                boolean ordered = Corpus.isOrdered(sql);
                Answer expected = Answer.of(theirs, sql, ordered);
                Answer actual = Answer.of(ours, sql, ordered);
                if (actual.refused() && !expected.refused()) {
                    refused.add(sql);
                    if (!expectedRefusals.contains(sql)) {
                        differences.add(sql + "\n  refused: " + actual);
                    }
                } else if (!actual.same(expected)) {
                    differences.add(sql + "\n  PostgreSQL: " + expected + "\n  pgplex: " + actual);
                } else if (expectedRefusals.contains(sql)) {
                    differences.add(sql + "\n  is listed as refused but was answered");
                }
            }
        }
        System.out.println(file + ": " + refused.size() + " refused, " + differences.size() + " differ");
        assertThat(differences).as(String.join("\n", differences)).isEmpty();
    }
}
