package io.pgplex.jdbc.execute;

import static io.pgplex.jdbc.execute.Movements.ALL;
import static io.pgplex.jdbc.execute.Movements.ANY;
import static io.pgplex.jdbc.execute.Movements.EVERY;
import static io.pgplex.jdbc.execute.Movements.ONE;
import static io.pgplex.jdbc.execute.Movements.byKey;
import static io.pgplex.jdbc.execute.Movements.evaluating;
import static io.pgplex.jdbc.execute.Movements.fragment;
import static io.pgplex.jdbc.execute.Movements.inPortions;
import static io.pgplex.jdbc.execute.Movements.large;
import static io.pgplex.jdbc.execute.Movements.moved;
import static io.pgplex.jdbc.execute.Movements.movement;
import static io.pgplex.jdbc.execute.Movements.moving;
import static io.pgplex.jdbc.execute.Movements.one;
import static io.pgplex.jdbc.execute.Movements.parameters;
import static io.pgplex.jdbc.execute.Movements.scatter;
import static io.pgplex.jdbc.execute.Movements.typed;
import static io.pgplex.jdbc.execute.Movements.with;
import static io.pgplex.jdbc.execute.Movements.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.metadata.model.KeyType;
import io.pgplex.routing.plan.Evaluation;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Plan;
import io.pgplex.testkit.PgplexCluster;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Movements by plans made here: what arrives, in which form, and what comes out. */
@PgplexCluster(shards = 3)
class MovementIT extends MovementFixture {

    @Test
    void broadcastsFewRows() throws SQLException {
        assertThat(sorted(rows(connection, BROADCAST))).isEqualTo(expected());
    }

    @Test
    void gathersFewRows() throws SQLException {
        assertThat(sorted(rows(connection, GATHER))).isEqualTo(expected());
    }

    @Test
    void broadcastsManyRowsThroughTemporaryTables() throws SQLException {
        planLarge();

        List<String> rows = rows(connection, LARGE);
        assertThat(rows).hasSize(300).allMatch(row -> row.endsWith("|4000"));
    }

    @Test
    void gathersManyRowsIntoATemporaryTable() throws SQLException {
        String sql = with("SELECT count(*), sum(length(filler)) FROM pgplex_x", "pgplex_x");
        cluster.plan(
                client,
                sql,
                moving(movement(
                        one(ANY, sql),
                        parameters(),
                        moved("pgplex_x", ONE, scatter("SELECT repeat(filler, 200) FROM a"), parameters(), "filler"))));

        assertThat(rows(connection, sql)).containsExactly("300|1200000");
        assertThat(rows(connection, sql)).containsExactly("300|1200000");
    }

    /** A value of each type, the column's type with its modifier, and a collation where it is not the default. */
    private static final String[][] TYPES = {
        {"boolean", "true"},
        {"smallint", "-7"},
        {"integer", "2147483647"},
        {"bigint", "-9223372036854775808"},
        {"numeric(12,3)", "1.5"},
        {"numeric", "'1e-20'"},
        {"real", "0.1"},
        {"double precision", "'1e-307'"},
        {"money", "'12.34'"},
        {"text", "E'a\\tb\\nc\\\\d\\r\u00e9\ud83d\ude00'"},
        {"character varying(9)", "'\\N'"},
        {"character(5)", "'ab'"},
        {"name", "'n'"},
        {"\"char\"", "'x'"},
        {"bytea", "'\\x00ff5c'"},
        {"date", "'0044-03-15 BC'"},
        {"time(3) without time zone", "'24:00'"},
        {"time with time zone", "'12:00-03:30'"},
        {"timestamp without time zone", "'infinity'"},
        {"timestamp with time zone", "'2020-02-29 12:34:56.789012+05:45'"},
        {"interval", "'1 year -2 days 03:04:05.678'"},
        {"uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"},
        {"json", "'{\"a\" :1}'"},
        {"jsonb", "'{\"a\": [1, null]}'"},
        {"xml", "'<a/>'"},
        {"inet", "'1.2.3.4/24'"},
        {"cidr", "'10.0.0.0/8'"},
        {"macaddr", "'08:00:2b:01:02:03'"},
        {"bit(5)", "B'10110'"},
        {"bit varying(9)", "B'1011'"},
        {"point", "'(1,2)'"},
        {"int4range", "'[1,5)'"},
        {"numrange", "'(,1.5)'"},
        {"int4multirange", "'{[1,5)}'"},
        {"tsvector", "'a:1 b'"},
        {"tsquery", "'a & b'"},
        {"pg_lsn", "'16/B374D848'"},
        {"integer[]", "'{1,NULL,3}'"},
        {"text[]", "'{{a,\"b c\"},{\"{\",\"\\\\\\\"\"}}'"},
        {"numeric(5,2)[]", "'{1.5,NULL}'"},
        {"mood", "'hap py'"},
        {"mood[]", "'{\"hap py\",sad}'"},
        {"pair", "'(1,\"x, y\")'"},
        {"pair[]", "'{\"(1,)\"}'"},
        {"oid", "42"},
        {"text", "'Z'"},
    };

    private static final String ICU = "pg_catalog.\"de-x-icu\"";

    /** Creates {@code typed} with columns v0, v1 and so on, a row with a value in each and a row of NULLs on every shard. */
    private void createTyped() throws SQLException {
        StringBuilder columns = new StringBuilder("id bigint PRIMARY KEY");
        StringBuilder values = new StringBuilder();
        for (int i = 0; i < TYPES.length; i++) {
            boolean last = i == TYPES.length - 1;
            columns.append(", v" + i + " " + TYPES[i][0] + (last ? " COLLATE " + ICU : ""));
            values.append(", " + TYPES[i][1]);
        }
        try (Connection plain = local.connect()) {
            execute(plain, "CREATE TYPE mood AS ENUM ('sad', 'hap py')");
            execute(plain, "CREATE TYPE pair AS (a int, b text)");
            execute(plain, "CREATE DISTRIBUTED TABLE typed (" + columns + ") BY HASH (id)");
            for (int id = 1; id <= 20; id++) {
                execute(plain, "INSERT INTO typed VALUES (" + id + (id % 2 == 0 ? values : "") + ")");
            }
        }
    }

    @Test
    void carriesEveryTypeAsItWas() throws SQLException {
        createTyped();
        Intermediate.Column[] columns = new Intermediate.Column[TYPES.length + 1];
        columns[0] = new Intermediate.Column("id", null, null);
        for (int i = 0; i < TYPES.length; i++) {
            // types with a modifier are given by the plan, others are the source's
            columns[i + 1] = new Intermediate.Column(
                    "v" + i, TYPES[i][0].indexOf('(') > 0 ? TYPES[i][0] : null, i == TYPES.length - 1 ? ICU : null);
        }
        List<String> expected = sorted(rows(connection, "SELECT id, t::text FROM typed t"));
        List<String> types = new ArrayList<>();
        StringBuilder typeOf = new StringBuilder();
        for (int i = 0; i < TYPES.length; i++) {
            typeOf.append(i == 0 ? "" : ", ").append("pg_typeof(v" + i + ")");
        }
        types.addAll(rows(connection, "SELECT " + typeOf + " FROM typed WHERE id = 2"));
        for (int copies : new int[] {1, 300}) {
            String sql = with("SELECT DISTINCT id, x::text FROM pgplex_x x /* " + copies + " */", "pgplex_x");
            String typeSql = with("SELECT " + typeOf + " FROM pgplex_x LIMIT 1 /* " + copies + " */", "pgplex_x");
            String collated = with(
                    "SELECT pg_collation_for(v" + (TYPES.length - 1) + ") FROM pgplex_x LIMIT 1 /* " + copies + " */",
                    "pgplex_x");
            Intermediate intermediate = typed(
                    "pgplex_x",
                    ONE,
                    scatter("SELECT t.* FROM typed t CROSS JOIN generate_series(1, " + copies + ")"),
                    parameters(),
                    columns);
            cluster.plan(client, sql, moving(movement(one(ANY, sql), parameters(), intermediate)));
            cluster.plan(client, typeSql, moving(movement(one(ANY, typeSql), parameters(), intermediate)));
            cluster.plan(client, collated, moving(movement(one(ANY, collated), parameters(), intermediate)));

            assertThat(sorted(rows(connection, sql))).as(copies + " copies").isEqualTo(expected);
            assertThat(rows(connection, typeSql)).isEqualTo(types);
            assertThat(rows(connection, collated)).containsExactly("\"de-x-icu\"");
            // where the planner expects many rows, the servers pass them on
            cluster.plan(client, sql, moving(movement(one(ANY, sql), parameters(), large(intermediate))));
            assertThat(sorted(rows(connection, sql)))
                    .as(copies + " copies piped")
                    .isEqualTo(expected);
            List<MovedRows> moved = new ArrayList<>();
            close(cluster.run(client, moving(movement(one(ANY, sql), parameters(), intermediate)), moved::add));
            assertThat(moved).singleElement().satisfies(one -> {
                assertThat(one.rows()).isEqualTo(20L * copies);
                assertThat(one.form()).isEqualTo(copies == 1 ? MovedRows.Form.ARRAYS : MovedRows.Form.TEMPORARY_TABLE);
                assertThat(one.shards()).hasSize(1);
            });
        }
    }

    @Test
    void carriesRowsWithoutColumns() throws SQLException {
        String sql = with("SELECT count(*) FROM pgplex_x", "pgplex_x");
        cluster.plan(
                client,
                sql,
                moving(movement(
                        one(ANY, sql), parameters(), moved("pgplex_x", ONE, scatter("SELECT FROM a"), parameters()))));

        assertThat(rows(connection, sql)).containsExactly("300");
    }

    @Test
    void carriesNoRows() throws SQLException {
        String sql = with("SELECT count(*), count(id) FROM pgplex_x", "pgplex_x");
        cluster.plan(
                client,
                sql,
                moving(movement(
                        one(ANY, sql),
                        parameters(),
                        moved("pgplex_x", ONE, scatter("SELECT id FROM a WHERE false"), parameters(), "id"))));

        assertThat(rows(connection, sql)).containsExactly("0|0");
    }

    @Test
    void givesEveryPartItsParameters() throws SQLException {
        String sql = with(
                "SELECT x.id, y.id, ?::text FROM pgplex_x x JOIN pgplex_y y ON y.n = x.other WHERE x.id <= ? ORDER BY 1, 2",
                "pgplex_x",
                "pgplex_y");
        cluster.plan(
                client,
                sql,
                moving(evaluating(
                        List.of(new Evaluation(fragment("? || '!'", 0), "text")),
                        one(ANY, sql, 0, 1),
                        // the evaluated value comes after the statement's own two
                        parameters(2, 1),
                        moved(
                                "pgplex_x",
                                ONE,
                                scatter("SELECT id, other FROM b WHERE id >= ?", 0),
                                parameters(1),
                                "id",
                                "other"),
                        moved(
                                "pgplex_y",
                                ONE,
                                scatter(
                                        with(
                                                "SELECT id, n FROM a WHERE n IN (SELECT other FROM pgplex_x) AND ? = 'q!'",
                                                "pgplex_x"),
                                        0),
                                parameters(2),
                                "id",
                                "n"))));

        for (int i = 0; i < 12; i++) {
            // b.id = 31 and other = 31 join a.id = 31, 71, 111 and so on
            assertThat(rows(connection, sql, "q", 31))
                    .startsWith("31|31|q!", "31|71|q!")
                    .hasSize(7);
            assertThat(rows(connection, sql, "other", 31)).isEmpty();
        }
    }

    @Test
    void movesForAPartOfAMovement() throws SQLException {
        String inner = with("SELECT a.id, x.v FROM a JOIN pgplex_x x ON x.id = a.id WHERE a.id <= ?", "pgplex_x");
        String outer = with("SELECT count(*), min(v), max(id) FROM pgplex_z", "pgplex_z");
        String bound = "SELECT ?::int, 'outer'";
        cluster.plan(
                client,
                bound,
                moving(movement(
                        one(ANY, outer),
                        parameters(),
                        moved(
                                "pgplex_z",
                                ONE,
                                moving(movement(
                                        scatter(inner, 0),
                                        parameters(0),
                                        moved(
                                                "pgplex_x",
                                                EVERY,
                                                scatter("SELECT id, v FROM b WHERE id <= ?", 0),
                                                parameters(0),
                                                "id",
                                                "v"))),
                                parameters(0),
                                "id",
                                "v"))));
        assertThat(rows(connection, bound, 30)).containsExactly("30|v1|30");
    }

    @Test
    void bringsEachRowToTheShardOfItsKey() throws SQLException {
        String sql = with("SELECT x.k, a.id IS NOT NULL FROM pgplex_x x LEFT JOIN a ON a.id = x.k", "pgplex_x");
        for (int copies : new int[] {1, 400}) {
            Plan.Sharded plan = moving(movement(
                    scatter(sql),
                    parameters(),
                    moved(
                            "pgplex_x",
                            byKey(1, KeyType.BIGINT),
                            scatter("SELECT CASE WHEN id % 10 > 0 THEN other::bigint + 1 END AS k,"
                                    + " CASE WHEN id % 10 > 0 THEN other::bigint + 1 END, repeat('x', 100)"
                                    + " FROM b CROSS JOIN generate_series(1, " + copies + ")"),
                            parameters(),
                            "k")));
            List<MovedRows> moved = new ArrayList<>();
            StatementResult result = cluster.run(client, plan, moved::add);
            List<String> rows = list(((StatementResult.Rows) result).rows());
            close(result);
            assertThat(rows).hasSize(100 * copies);
            assertThat(rows)
                    .filteredOn(row -> row.startsWith("null"))
                    .hasSize(10 * copies)
                    .allMatch(row -> row.endsWith("f"));
            assertThat(rows).filteredOn(row -> !row.startsWith("null")).allMatch(row -> row.endsWith("t"));
            assertThat(moved.get(0).rows()).isEqualTo(100L * copies);
        }
    }

    @Test
    void asksAServerForKeysThatItCannotHash() throws SQLException {
        execute(connection, "SET bytea_output TO 'escape'");
        String sql = with("SELECT count(*) FROM pgplex_x", "pgplex_x");
        Plan.Sharded plan = moving(movement(
                scatter(sql),
                parameters(),
                moved(
                        "pgplex_x",
                        byKey(0, KeyType.BYTEA),
                        scatter("SELECT decode(md5(id::text), 'hex') FROM b"),
                        parameters(),
                        "d")));
        StatementResult result = cluster.run(client, plan, moved -> {});
        List<String> rows = list(((StatementResult.Rows) result).rows());
        close(result);

        assertThat(rows).hasSize(3).doesNotContain("0");
        assertThat(rows.stream().mapToInt(Integer::parseInt).sum()).isEqualTo(100);
    }

    @Test
    void sendsFewerRowsWhereAnEarlierOneFiltersThem() throws SQLException {
        String sql = with("SELECT count(*) FROM pgplex_x x JOIN pgplex_y y ON y.n = x.other", "pgplex_x", "pgplex_y");
        String filtered = with("SELECT id, n FROM a WHERE n IN (SELECT other FROM pgplex_x)", "pgplex_x");
        Intermediate few =
                moved("pgplex_x", ONE, scatter("SELECT id, other FROM b WHERE id < 3"), parameters(), "id", "other");
        Intermediate plain = moved("pgplex_y", ONE, scatter("SELECT id, n FROM a"), parameters(), "id", "n");
        Intermediate reduced = new Intermediate(
                "pgplex_y",
                plain.columns(),
                plain.source(),
                parameters(),
                ONE,
                new Intermediate.Reduction("pgplex_x", scatter(filtered), parameters()),
                -1,
                -1);
        List<MovedRows> moved = new ArrayList<>();
        StatementResult result =
                cluster.run(client, moving(movement(one(ANY, sql), parameters(), few, reduced)), moved::add);
        assertThat(list(((StatementResult.Rows) result).rows())).containsExactly("16");
        close(result);

        // the two rows go to every shard, because the filtered source names them there
        assertThat(moved).extracting(MovedRows::rows).containsExactly(6L, 16L);
    }

    @Test
    void insertsInPortions() throws SQLException {
        String sql = with("INSERT INTO copy SELECT id, v FROM pgplex_x", "pgplex_x");
        Plan.Sharded plan = moving(inPortions(
                write(ALL, false, sql),
                parameters(),
                moved(
                        "pgplex_x",
                        byKey(0, KeyType.BIGINT),
                        scatter("SELECT id * 1000 + g, repeat(v, 50) FROM b CROSS JOIN generate_series(1, 500) g"),
                        parameters(),
                        "id",
                        "v")));
        List<MovedRows> moved = new ArrayList<>();
        try {
            assertThat(cluster.run(client, plan, moved::add)).isEqualTo(new StatementResult.Count(50_000, null));
            assertThat(rows(connection, "SELECT count(*), count(DISTINCT id) FROM copy"))
                    .containsExactly("50000|50000");
            for (int id = 1; id <= 100; id += 7) {
                assertThat(rows(connection, "SELECT id FROM copy WHERE id = ?", id * 1000L + 5))
                        .hasSize(1);
            }
            assertThat(moved.get(0).form()).isEqualTo(MovedRows.Form.PORTIONS);
            assertThat(moved.get(0).rows()).isEqualTo(50_000);
        } finally {
            execute(connection, "DELETE FROM copy");
        }
    }

    @Test
    void readsWhatAPartHasWritten() throws SQLException {
        String sql = with("SELECT count(*), max(id) FROM pgplex_w", "pgplex_w");
        Plan.Sharded then = one(ANY, sql);
        Plan.Sharded plan = moving(movement(
                then,
                parameters(),
                moved(
                        "pgplex_w",
                        ONE,
                        write(ALL, true, "UPDATE a SET filler = filler || '' WHERE n = 3 RETURNING id"),
                        parameters(),
                        "id"),
                moved("pgplex_v", ONE, write(ALL, false, "UPDATE b SET v = v || '+' WHERE id <= 50"), parameters())));

        StatementResult result = cluster.run(client, plan, moved -> {});
        assertThat(list(((StatementResult.Rows) result).rows())).containsExactly("8|283");
        close(result);
        assertThat(rows(connection, "SELECT count(*) FROM b WHERE v LIKE '%+'")).containsExactly("50");
        execute(connection, "UPDATE b SET v = rtrim(v, '+')");
    }

    @Test
    void leavesQuestionMarksOfPlainStatementsAlone() throws SQLException {
        String sql = with("SELECT count(*) FROM pgplex_x WHERE '{\"a?\": 1}'::jsonb ? 'a?'", "pgplex_x");
        cluster.plan(
                client,
                sql,
                moving(movement(
                        one(ANY, sql),
                        parameters(),
                        moved(
                                "pgplex_x",
                                ONE,
                                scatter("SELECT id FROM a WHERE '[\"?\"]'::jsonb ? '?'"),
                                parameters(),
                                "id"))));
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(list(rows)).containsExactly("300");
        }
    }

    @Test
    void runsPreparedAsOftenAsOneLikes() throws SQLException {
        planLarge();
        try (PreparedStatement few = connection.prepareStatement(BROADCAST);
                PreparedStatement many = connection.prepareStatement(LARGE)) {
            for (int i = 0; i < 12; i++) {
                try (ResultSet rows = few.executeQuery()) {
                    assertThat(sorted(list(rows))).isEqualTo(expected());
                }
                try (ResultSet rows = many.executeQuery()) {
                    assertThat(list(rows)).hasSize(300);
                }
            }
        }
    }

    @Test
    void refusesToMoveMoreThanAllowed() throws SQLException {
        try (PlannedCluster.Client small = cluster.connect(500_000, 10)) {
            planLarge();
            assertThat(rows(small.connection(), BROADCAST)).hasSize(expected().size());
            for (boolean autoCommit : new boolean[] {true, false}) {
                small.connection().setAutoCommit(autoCommit);
                assertThatThrownBy(() -> rows(small.connection(), LARGE))
                        .hasFieldOrPropertyWithValue("SQLState", "54000")
                        .hasMessageContaining("maxIntermediate");
                if (!autoCommit) {
                    small.connection().rollback();
                }
                assertThat(rows(small.connection(), BROADCAST))
                        .hasSize(expected().size());
            }
            small.connection().rollback();
        }
    }

    @Test
    void endsWithRowsThatNobodyReads() throws SQLException {
        planLarge();
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(10);
            ResultSet rows = statement.executeQuery(LARGE);
            assertThat(rows.next()).isTrue();
            rows.close();
            rows = statement.executeQuery(LARGE);
            assertThat(rows.next()).isTrue();
            // a second statement beside open rows
            assertThat(rows(connection, BROADCAST)).hasSize(expected().size());
            assertThat(rows.next()).isTrue();
        }
        leavesNothingBehind();
    }

    @Test
    void finishesLargePartialResultsOutsideTheHeap() throws SQLException {
        String sql = "SELECT count(DISTINCT repeat(filler, 300) || id), sum(length(filler)) FROM a";
        List<String> expected = List.of("300|6000");
        assertThat(rows(connection, sql)).isEqualTo(expected);
        connection.setAutoCommit(false);
        assertThat(rows(connection, sql)).isEqualTo(expected);
        assertThat(rows(connection, sql)).isEqualTo(expected);
        connection.commit();
    }

    @Test
    void pipesRowsFromShardToShard() throws SQLException {
        String all = with(
                "SELECT count(*), sum(x.id), sum(length(x.filler)), min(x.day), count(x.missing), min(x.price::text)"
                        + " FROM pgplex_x x",
                "pgplex_x");
        String source = "SELECT id, repeat(filler, 50) AS filler, DATE '2020-01-01' + n, NULL::int,"
                + " n::numeric(8,2), ARRAY[n, NULL] FROM a WHERE id > ? AND NOT '{\"?\": 1}'::jsonb ?? 'x'";
        Intermediate pieces = large(
                moved("pgplex_x", EVERY, scatter(source, 0), parameters(0), "id", "filler", "day", "missing", "price"));
        for (boolean autoCommit : new boolean[] {true, false}) {
            connection.setAutoCommit(autoCommit);
            for (boolean everywhere : new boolean[] {true, false}) {
                String sql = all + (everywhere ? " WHERE ?::int > 0" : " WHERE ?::int > 0 ");
                cluster.plan(
                        client,
                        sql,
                        moving(movement(everywhere ? scatter(sql, 0) : one(ANY, sql, 0), parameters(0), pieces)));
                List<String> answers = rows(connection, sql, 10);
                assertThat(answers).hasSize(everywhere ? 3 : 1).containsOnly("290|45095|290000|2020-01-01|0|0.00");
            }
        }
        connection.commit();
    }

    @Test
    void tellsWhatWasPiped() throws SQLException {
        String sql = with("SELECT count(*) FROM pgplex_x", "pgplex_x");
        List<MovedRows> moved = new ArrayList<>();
        close(cluster.run(
                client,
                moving(movement(
                        scatter(sql),
                        parameters(),
                        large(moved("pgplex_x", EVERY, scatter("SELECT id FROM a"), parameters(), "id")))),
                moved::add));

        assertThat(moved).singleElement().satisfies(one -> {
            assertThat(one.rows()).isEqualTo(3 * 300);
            assertThat(one.form()).isEqualTo(MovedRows.Form.TEMPORARY_TABLE);
            assertThat(one.shards()).hasSize(3);
            // each of 300 rows travels to two other shards: 14 bytes in COPY's binary form
            assertThat(one.bytes()).isBetween(300 * 14 * 2L, 300 * 14 * 2L + 300);
        });
    }

    private static void close(StatementResult result) throws SQLException {
        if (result instanceof StatementResult.Rows rows) {
            rows.rows().close();
        }
    }
}
