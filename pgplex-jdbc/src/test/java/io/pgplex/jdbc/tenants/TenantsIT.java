package io.pgplex.jdbc.tenants;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.differential.Answer;
import io.pgplex.jdbc.differential.Corpus;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An application with many tenants on four shards: what concerns one tenant goes to one shard, reports over all of them and
 * writes of every kind answer, and leave every table, as one PostgreSQL with all the rows does.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@PgplexCluster(shards = 4, locale = "icu:en-US")
class TenantsIT {

    /** The tables, referenced ones first, and what of their rows can be compared. */
    private static final List<String> CONTENTS = List.of(
            "plans",
            "statuses",
            "feature_flags",
            "support_cases",
            "tenants",
            "users",
            "projects",
            "tasks",
            "comments",
            "tags",
            "task_tags",
            "usage_daily",
            "sessions");

    private static final List<String> REPLICATED = List.of("plans", "statuses");
    private static final int SHARDS = 4;

    /** Which row of an INSERT ... SELECT gets which number is nowhere said. */
    private static final String LOG = "SELECT tenant_id, at, actor_id, action, subject FROM audit_log";

    private Connection pgplex;
    private Connection reference;

    @BeforeAll
    void load(LocalCluster cluster) throws SQLException {
        pgplex = cluster.connect();
        reference = DriverManager.getConnection(
                cluster.referenceUrl(), cluster.login().user(), null);
        try (Statement ours = pgplex.createStatement();
                Statement theirs = reference.createStatement()) {
            for (String sql : Corpus.split(Corpus.text("/tenants/schema.sql"))) {
                ours.execute(sql);
                theirs.execute(Corpus.plain(sql));
            }
            for (String sql : Corpus.split(Corpus.text("/tenants/data.sql"))) {
                theirs.execute(sql);
            }
            for (String table : CONTENTS) {
                new TenantRows(reference, pgplex).copy(table);
            }
            ours.execute("ANALYZE");
            theirs.execute("ANALYZE");
        }
    }

    @AfterAll
    void close() throws SQLException {
        pgplex.close();
        reference.close();
    }

    static List<TenantStatement> statements() {
        return TenantStatement.all();
    }

    @ParameterizedTest
    @MethodSource("statements")
    void answersAsOnePostgresDoes(TenantStatement statement) throws SQLException {
        if (statement.isOfOneTenant()) {
            assertThat(shardsOf(statement)).as("shards of %s", statement.sql()).hasSize(1);
        }
        try (PreparedStatement ours = pgplex.prepareStatement(statement.sqlWithMarkers());
                Statement theirs = reference.createStatement()) {
            statement.bind(ours);
            Answer actual = Answer.of(ours, statement.isOrdered());
            // what is refused runs on neither side, so that the tables stay alike
            assertThat(actual.failed()).as("%s\n%s", statement.sql(), actual).isFalse();
            Answer expected = Answer.of(theirs, statement.sql(), statement.isOrdered());
            assertThat(actual.toString()).as(statement.sql()).isEqualTo(expected.toString());
            if (statement.isWrite()) {
                compareContents();
            }
        }
    }

    /** The shards that EXPLAIN names, or the keys of an INSERT's rows, which it gives no shards for. */
    private List<String> shardsOf(TenantStatement statement) throws SQLException {
        List<String> plan = new ArrayList<>();
        try (Statement explain = pgplex.createStatement();
                ResultSet lines = explain.executeQuery("EXPLAIN " + Corpus.withoutHead(statement.sql()))) {
            while (lines.next()) {
                plan.add(lines.getString(1));
            }
        }
        return plan.get(0).startsWith("Insert")
                ? plan.stream()
                        .filter(line -> line.startsWith("  Row: "))
                        .map(line -> line.substring(line.lastIndexOf(", shard ")))
                        .distinct()
                        .toList()
                : plan.stream().filter(line -> line.startsWith("Shard ")).toList();
    }

    private void compareContents() throws SQLException {
        try (Statement ours = pgplex.createStatement();
                Statement theirs = reference.createStatement()) {
            for (String table : CONTENTS) {
                compare(ours, theirs, "SELECT * FROM " + table);
            }
            compare(ours, theirs, LOG);
            for (String table : REPLICATED) {
                for (int shard = 1; shard <= SHARDS; shard++) {
                    compare(ours, theirs, "/*!pgplex shard=s" + shard + " */ SELECT * FROM " + table);
                }
            }
        }
    }

    private static void compare(Statement ours, Statement theirs, String sql) {
        Answer actual = Answer.of(ours, sql, false);
        Answer expected = Answer.of(theirs, sql, false);
        assertThat(actual.failed()).as("%s\n%s", sql, actual).isFalse();
        assertThat(actual.rows()).as(sql).containsExactlyElementsOf(expected.rows());
    }
}
