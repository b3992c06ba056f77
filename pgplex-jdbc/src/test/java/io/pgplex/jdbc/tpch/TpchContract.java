package io.pgplex.jdbc.tpch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.differential.Answer;
import io.pgplex.jdbc.differential.Corpus;
import io.pgplex.testkit.LocalCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The 22 queries of TPC-H run unchanged on four shards and answer as one PostgreSQL with all the rows does.
 *
 * <p>By hand, at another scale, with the time of each query on both: {@code -Dpgplex.tpch.scale=0.1 -Dtest=TpchIT#printsTimes}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TpchContract {

    private static final String SCALE = "pgplex.tpch.scale";
    private static final String DEFAULT_SCALE = "0.01";
    private static final int SHARDS = 4;
    private static final int TIMED_RUNS = 5;

    private Connection pgplex;
    private Connection reference;

    /** The file that creates and distributes the tables. */
    abstract String schema();

    @BeforeAll
    void load(LocalCluster cluster) throws SQLException {
        pgplex = cluster.connect();
        reference = DriverManager.getConnection(
                cluster.referenceUrl(), cluster.login().user(), null);
        try (Statement ours = pgplex.createStatement();
                Statement theirs = reference.createStatement()) {
            for (String sql : Corpus.split(Corpus.text("/tpch/" + schema()))) {
                ours.execute(sql);
                theirs.execute(Corpus.plain(sql));
            }
            TpchLoader loader =
                    new TpchLoader(new TpchData(Double.parseDouble(System.getProperty(SCALE, DEFAULT_SCALE))));
            loader.copy(reference);
            loader.insert(pgplex);
            ours.execute("ANALYZE");
            theirs.execute("ANALYZE");
        }
    }

    @AfterAll
    void close() throws SQLException {
        pgplex.close();
        reference.close();
    }

    static List<TpchQuery> queries() {
        return TpchQuery.all();
    }

    @ParameterizedTest
    @MethodSource("queries")
    void answersAsOnePostgresDoes(TpchQuery query) throws SQLException {
        try (Statement ours = pgplex.createStatement();
                Statement theirs = reference.createStatement()) {
            Answer expected = Answer.of(theirs, query.sql(), true);
            Answer actual = Answer.of(ours, query.sql(), true);
            compare(query, expected, actual);
        }
    }

    @ParameterizedTest
    @MethodSource("queries")
    void answersWithParametersAsOnePostgresDoes(TpchQuery query) throws SQLException {
        try (PreparedStatement ours = pgplex.prepareStatement(query.sqlWithMarkers());
                Statement theirs = reference.createStatement()) {
            query.bind(ours);
            compare(query, Answer.of(theirs, query.sql(), true), answer(ours));
            query.bindOthers(ours);
            compare(query, Answer.of(theirs, query.sqlWithOthers(), true), answer(ours));
        }
    }

    private static Answer answer(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            return Answer.read(rows, true);
        }
    }

    /** The same rows, and the same sequence of what ORDER BY names: where that is unique, the same sequence of rows. */
    private static void compare(TpchQuery query, Answer expected, Answer actual) {
        assertThat(expected.failed()).as("%s: %s", query, expected).isFalse();
        assertThat(actual.failed()).as("%s: %s", query, actual).isFalse();
        assertThat(expected.rows()).as("the answer of %s", query).isNotEmpty().doesNotContain("null");
        assertThat(actual.columns()).isEqualTo(expected.columns());
        assertThat(actual.rows()).containsExactlyInAnyOrderElementsOf(expected.rows());
        assertThat(sortKeys(query, actual)).isEqualTo(sortKeys(query, expected));
    }

    private static List<List<String>> sortKeys(TpchQuery query, Answer answer) {
        return answer.rows().stream()
                .map(row -> row.split(" \\| ", -1))
                .map(values -> query.sortedBy().stream()
                        .map(column -> values[column - 1])
                        .toList())
                .toList();
    }

    @Test
    void answersFromAViewAsOnePostgresDoes() throws SQLException {
        List<String> statements = Corpus.split(Corpus.text("/tpch/q15-view.sql"));
        try (Statement ours = pgplex.createStatement();
                Statement theirs = reference.createStatement()) {
            for (String sql : statements) {
                Answer expected = Answer.of(theirs, sql, true);
                assertThat(expected.failed()).as("%s", expected).isFalse();
                assertThat(Answer.of(ours, sql, true)).isEqualTo(expected);
            }
        }
    }

    /** Else a query that read the rows of one shard only would pass. */
    @ParameterizedTest
    @MethodSource("queries")
    void noShardAloneHasTheAnswer(TpchQuery query) throws SQLException {
        try (Statement ours = pgplex.createStatement();
                Statement theirs = reference.createStatement()) {
            Answer expected = Answer.of(theirs, query.sql(), true);
            for (int shard = 1; shard <= SHARDS; shard++) {
                Answer ofOne = Answer.of(ours, "/*!pgplex shard=s" + shard + " */ " + query.sql(), true);
                assertThat(ofOne.rows()).as("%s on shard %s", query, shard).isNotEqualTo(expected.rows());
            }
        }
    }

    @Test
    void needsEveryWayToRunOnSeveralShards() throws SQLException {
        Set<String> ways = new TreeSet<>();
        try (Statement explain = pgplex.createStatement()) {
            for (TpchQuery query : TpchQuery.all()) {
                try (ResultSet plan = explain.executeQuery("EXPLAIN " + query.sql())) {
                    assertThat(plan.next()).isTrue();
                    ways.add(plan.getString(1).replaceFirst(" .*", ""));
                }
            }
        }
        assertThat(ways).containsExactly("Broadcast", "Gather", "Scatter");
    }

    /** By hand: the median of some runs of each query on both. */
    @Test
    @EnabledIfSystemProperty(named = SCALE, matches = ".+")
    void printsTimes() throws SQLException {
        try (Statement ours = pgplex.createStatement();
                Statement theirs = reference.createStatement()) {
            for (TpchQuery query : TpchQuery.all()) {
                double one = medianMillis(theirs, query);
                double sharded = medianMillis(ours, query);
                System.out.printf(
                        Locale.ROOT,
                        "%s: PostgreSQL %.1f ms, pgplex %.1f ms, ratio %.2f%n",
                        query,
                        one,
                        sharded,
                        sharded / one);
            }
        }
    }

    private static double medianMillis(Statement statement, TpchQuery query) {
        Answer.of(statement, query.sql(), true);
        return IntStream.range(0, TIMED_RUNS)
                .mapToDouble(run -> {
                    long begin = System.nanoTime();
                    Answer.of(statement, query.sql(), true);
                    return (System.nanoTime() - begin) / 1e6;
                })
                .sorted()
                .skip(TIMED_RUNS / 2)
                .findFirst()
                .orElseThrow();
    }
}
