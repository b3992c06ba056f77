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
 * Writes one after the other, on pgplex over three shards and on one PostgreSQL: the same answers, the same errors with the
 * same fields, and after every statement the same rows in every table. Copies of replicated tables are compared with each
 * other, as what is random differs between the two sides.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class WriteContract {

    private static final List<String> CONTENTS = List.of(
            "SELECT * FROM acc",
            "SELECT * FROM item",
            "SELECT * FROM seq",
            "SELECT * FROM ident",
            "SELECT * FROM ident2",
            "SELECT v, id IS NOT NULL, at IS NOT NULL FROM uu",
            "SELECT * FROM tx",
            "SELECT * FROM nk",
            "SELECT * FROM num",
            "SELECT code, name, area, upd IS NOT NULL, tok IS NOT NULL, r IS NOT NULL FROM ref",
            "SELECT id, v, at IS NOT NULL FROM rser",
            "SELECT * FROM loc");

    private static final List<String> REPLICATED = List.of("SELECT * FROM ref", "SELECT * FROM rser");

    private Connection pgplex;
    private Connection reference;
    private int shards;

    @BeforeAll
    void define(LocalCluster cluster) throws SQLException {
        pgplex = cluster.connect();
        reference = DriverManager.getConnection(
                cluster.referenceUrl(), cluster.login().user(), null);
        shards = cluster.primaries().size();
        try (Statement ours = pgplex.createStatement();
                Statement theirs = reference.createStatement()) {
            for (String sql : Corpus.statements("write-schema.sql")) {
                ours.execute(sql);
                theirs.execute(Corpus.plain(sql));
            }
        }
    }

    @AfterAll
    void close() throws SQLException {
        pgplex.close();
        reference.close();
    }

    @Test
    void writesAsOnePostgresDoes() throws SQLException {
        Set<String> expectedRefusals = new HashSet<>(Corpus.statements("write-refused.sql"));
        List<String> differences = new ArrayList<>();
        int refused = 0;
        List<String> statements = Corpus.statements("write.sql");
        try (Statement ours = pgplex.createStatement();
                Statement theirs = reference.createStatement()) {
            for (String sql : statements) {
                boolean ordered = Corpus.isOrdered(sql) || keepsOrder(sql);
                Answer actual = Answer.of(ours, sql, ordered);
                boolean refusedByUs = actual.refused() && actual.errorFields().isEmpty();
                refused += refusedByUs ? 1 : 0;
                String difference = refusedByUs != expectedRefusals.contains(sql)
                        ? "\n  refused or not: " + actual
                        : refusedByUs ? "" : compared(Answer.of(theirs, sql, ordered), actual);
                if (!inTransaction()) {
                    difference += contents(ours, theirs);
                }
                if (!difference.isEmpty()) {
                    differences.add(sql + difference);
                }
            }
        }
        System.out.println("write.sql: " + statements.size() + " statements, " + refused + " refused, "
                + differences.size() + " differ");
        assertThat(differences).as(String.join("\n", differences)).isEmpty();
    }

    /** What is refused runs on neither side, so that the tables stay alike. */
    private static String compared(Answer expected, Answer actual) {
        // pgplex itself refuses statements of a failed transaction, of which other shards do not know
        boolean sameFields =
                actual.sqlState().equals("25P02") || actual.errorFields().equals(expected.errorFields());
        return actual.same(expected) && sameFields
                ? ""
                : "\n  PostgreSQL: " + expected + " " + expected.errorFields() + "\n  pgplex: " + actual + " "
                        + actual.errorFields();
    }

    /** RETURNING of an INSERT with VALUES keeps the order of its rows, unless some were left out. */
    private static boolean keepsOrder(String sql) {
        return sql.startsWith("INSERT") && sql.contains("VALUES") && !sql.contains("DO NOTHING");
    }

    private boolean inTransaction() throws SQLException {
        return reference.unwrap(org.postgresql.core.BaseConnection.class).getTransactionState()
                != org.postgresql.core.TransactionState.IDLE;
    }

    private String contents(Statement ours, Statement theirs) {
        StringBuilder differences = new StringBuilder();
        for (String sql : CONTENTS) {
            differences.append(rows(sql, Answer.of(theirs, sql, false), Answer.of(ours, sql, false)));
        }
        for (String sql : REPLICATED) {
            Answer first = Answer.of(ours, "/*!pgplex shard=s1 */ " + sql, false);
            for (int shard = 2; shard <= shards; shard++) {
                String other = "/*!pgplex shard=s" + shard + " */ " + sql;
                differences.append(rows(other, first, Answer.of(ours, other, false)));
            }
        }
        return differences.toString();
    }

    private static String rows(String sql, Answer expected, Answer actual) {
        if (actual.same(expected)) {
            return "";
        }
        List<String> missing = new ArrayList<>(expected.rows());
        actual.rows().forEach(missing::remove);
        List<String> added = new ArrayList<>(actual.rows());
        expected.rows().forEach(added::remove);
        return "\n  then " + sql + " lacks " + missing + " and has " + added + " " + actual.message();
    }
}
