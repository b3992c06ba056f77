package io.pgplex.jdbc.intermediate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.merge.ShardRows;
import io.pgplex.routing.plan.Finish;
import io.pgplex.routing.plan.Finish.Average;
import io.pgplex.routing.plan.Finish.Column;
import io.pgplex.routing.plan.Finish.Columns;
import io.pgplex.routing.plan.Finish.Piece;
import io.pgplex.routing.plan.Finish.Text;
import io.pgplex.routing.plan.Finish.TypeOf;
import io.pgplex.routing.scan.QuestionMark;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGStatement;

class FinishQueryIT {

    /** The shards' rows as the query finds them. */
    private record Partial(PartialColumns columns, HeapRows rows) {}

    private static PostgresServer server;
    private static Connection connection;

    @BeforeAll
    static void start() throws SQLException {
        server = PostgresServer.start("finish");
        connection = server.connect("postgres");
        execute(
                "CREATE SCHEMA \"Odd\"\"Schema\"",
                "CREATE TYPE \"Odd\"\"Schema\".\"Mo od\" AS ENUM ('sad', 'ok', 'hap''py')",
                "CREATE TYPE pair AS (a int, b text)",
                "CREATE TABLE numbers AS SELECT g AS id, (g * 7919 % 30011 - 15000)::smallint AS s,"
                        + " g * 7919 - 999999 AS i, g * 791900000000 AS b, (g * 7919)::numeric / 1000 AS n,"
                        + " (g * 1.25)::float8 AS d, (g * 0.1)::real AS r, g * '1 day 02:03:04.5'::interval AS t"
                        + " FROM generate_series(1, 1000) g");
    }

    @AfterAll
    static void stop() throws SQLException {
        execute("DROP TABLE numbers", "DROP TYPE pair", "DROP SCHEMA \"Odd\"\"Schema\" CASCADE");
        connection.close();
        server.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.1::float8",
                "'1e-307'::float8",
                "123456789.123456789::float8",
                "0.1::float4",
                "'NaN'::float8",
                "1.50::numeric",
                "'NaN'::numeric",
                "-1e-20::numeric",
                "'2020-02-29 12:34:56.789012+05:45'::timestamptz",
                "'0044-03-15 BC'::date",
                "'infinity'::timestamp",
                "'24:00'::time",
                "'12:00-03:30'::timetz",
                "'1 year -2 days 03:04:05.678'::interval",
                "'\\xdeadbeef00'::bytea",
                "'\\x'::bytea",
                "'{\"a\": [1, null, \"\\u00e9\"]}'::jsonb",
                "'{\"a\" :1}'::json",
                "int4range(1, 5)",
                "numrange(NULL, 1.5, '()')",
                "ARRAY[1, NULL, 3]",
                "ARRAY[['a', 'b c'], ['{', '\"\\']]",
                "'{}'::text[]",
                "row(1, 'x, y')::pair",
                "ARRAY[row(1, NULL)::pair]",
                "'hap''py'::\"Odd\"\"Schema\".\"Mo od\"",
                "ARRAY['ok']::\"Odd\"\"Schema\".\"Mo od\"[]",
                "'a  '::char(5)",
                "'x'::varchar(3)",
                "''::text",
                "'é\u0001😀'::text",
                "'{\",null\\'::text",
                "NULL::int",
                "true",
                "B'10110'",
                "B'1011'::varbit(9)",
                "'x'::\"char\"",
                "'pg_class'::regclass",
                "'1.2.3.4/24'::inet",
                "1::money",
                "'(1,2)'::point",
                "'a & b'::tsquery",
                "'a:1 b'::tsvector",
                "'<a/>'::xml",
                "'n'::name",
                "'16/B374D848'::pg_lsn",
                "'10:20:10,15'::pg_snapshot",
                "'1'::xid8",
                "'08:00:2b:01:02:03'::macaddr",
                "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid"
            })
    void carriesEveryValueAndTypeAsItWas(String value) throws SQLException {
        Partial partial = read("SELECT " + value + " AS v");
        Finish finish = finish(new Text(
                "SELECT c1::text, (" + value + ")::text, pg_typeof(c1) = pg_typeof(" + value + ") FROM pgplex_rows"));

        try (PreparedStatement statement = prepare(finish, partial)) {
            ResultSet rows = statement.executeQuery();
            assertThat(rows.next()).isTrue();
            assertThat(rows.getString(1)).isEqualTo(rows.getString(2));
            assertThat(rows.getBoolean(3)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"s", "i", "b", "n", "d", "t"})
    void dividesSumsAsAvgDoes(String column) throws SQLException {
        Partial partial = read(
                "SELECT sum(" + column + "), count(" + column + ") FROM numbers WHERE id % 3 = 0",
                "SELECT sum(" + column + "), count(" + column + ") FROM numbers WHERE id % 3 = 1",
                "SELECT sum(" + column + "), count(" + column + ") FROM numbers WHERE id % 3 = 2",
                "SELECT sum(" + column + "), count(" + column + ") FROM numbers WHERE false");
        Finish finish = finish(
                new Text("SELECT "),
                new Average(1, 2),
                new Text("::text, pg_typeof("),
                new Average(1, 2),
                new Text(")::text FROM pgplex_rows"));

        assertThat(rows(finish, partial))
                .isEqualTo(List.of(
                        row("SELECT avg(" + column + ")::text, pg_typeof(avg(" + column + "))::text FROM numbers")));
    }

    @Test
    void averagesNothingToNull() throws SQLException {
        Finish finish = finish(new Text("SELECT "), new Average(1, 2), new Text(" FROM pgplex_rows"));

        String none = "SELECT sum(i), count(i) FROM numbers WHERE false";
        assertThat(rows(finish, read(none, none))).containsExactly("null");
        assertThat(rows(finish, read(none + " GROUP BY id"))).containsExactly("null");
    }

    @Test
    void refusesToAverageRoundedSums() throws SQLException {
        Partial partial = read("SELECT sum(r), count(r) FROM numbers");

        assertThatThrownBy(() -> FinishQuery.sql(finish(new Average(1, 2)), partial.columns()))
                .isInstanceOf(SQLFeatureNotSupportedException.class)
                .hasMessageContaining("avg of real");
    }

    @Test
    void namesTypesOfColumns() throws SQLException {
        Partial partial = read("SELECT 'ok'::\"Odd\"\"Schema\".\"Mo od\", 1::int8");

        assertThat(FinishQuery.sql(finish(new TypeOf(1), new Text(" "), new TypeOf(2)), partial.columns()))
                .endsWith("\"Odd\"\"Schema\".\"Mo od\" pg_catalog.\"int8\"");
    }

    @Test
    void keepsTheNamesOfVisibleColumnsAndCountsHiddenOnesFromTheEnd() throws SQLException {
        Partial partial =
                read("SELECT 'x' AS \"Odd \"\"name\", 1 AS n, 9 AS hidden", "SELECT 'y' AS other, 2 AS n, 8 AS hidden");
        Finish finish = finish(
                new Text("SELECT "),
                new Columns(1),
                new Text(" FROM pgplex_rows ORDER BY "),
                new Column(-1),
                new Text("::"),
                new TypeOf(-1));

        try (PreparedStatement statement = prepare(finish, partial)) {
            ResultSet rows = statement.executeQuery();
            assertThat(rows.getMetaData().getColumnCount()).isEqualTo(2);
            assertThat(rows.getMetaData().getColumnLabel(1)).isEqualTo("Odd \"name");
            assertThat(list(rows)).containsExactly("y|2", "x|1");
        }
    }

    @Test
    void doesNotKnowColumnsThatTheFragmentsLack() throws SQLException {
        Partial partial = read("SELECT 1");

        for (int column : new int[] {2, -2}) {
            assertThatThrownBy(() -> FinishQuery.sql(finish(new Column(column)), partial.columns()))
                    .hasFieldOrPropertyWithValue("SQLState", "XX000");
        }
    }

    @Test
    void countsRowsWithoutColumns() throws SQLException {
        Partial partial = read("SELECT FROM generate_series(1, 3)", "SELECT FROM generate_series(1, 4)");

        assertThat(rows(finish(new Text("SELECT count(*) FROM pgplex_rows")), partial))
                .containsExactly("7");
    }

    @Test
    void finishesNoRows() throws SQLException {
        Partial partial = read("SELECT i, n FROM numbers WHERE false");

        assertThat(rows(finish(new Text("SELECT count(*), max(c2) FROM pgplex_rows")), partial))
                .containsExactly("0|null");
    }

    @Test
    void bindsRowsBeforeTheStatementsOwnParameters() throws SQLException {
        Partial partial = read("SELECT id FROM numbers WHERE id < 10");
        Finish finish = finish(new Text("SELECT c1 FROM pgplex_rows WHERE c1 > ? AND c1 < ? ORDER BY 1"));

        try (PreparedStatement statement = prepare(finish, partial)) {
            statement.setInt(2, 3);
            statement.setInt(3, 6);
            assertThat(list(statement.executeQuery())).containsExactly("4", "5");
        }
    }

    @Test
    void refusesAnonymousRows() {
        assertThatThrownBy(() -> read("SELECT row(1, 2)")).isInstanceOf(SQLFeatureNotSupportedException.class);
    }

    @Test
    void refusesBinaryValues() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT 0.1::float8")) {
            statement.unwrap(PGStatement.class).setPrepareThreshold(-1);
            ResultSet rows = statement.executeQuery();
            assertThatThrownBy(() -> PartialColumns.of(List.of(new ShardRows(rows, "s1", null, null))))
                    .hasFieldOrPropertyWithValue("SQLState", "XX000");
        }
    }

    @Test
    void readsTextHoweverOftenAFragmentRuns() throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT 0.1::float8, now(), ARRAY[1], $$x$$::bytea")) {
            statement.unwrap(PGStatement.class).setPrepareThreshold(0);
            for (int i = 0; i < 10; i++) {
                Partial rows = read(List.of(new ShardRows(statement.executeQuery(), "s1", null, null)));
                assertThat(rows.rows().columns().get(0)).containsExactly("0.1");
                assertThat(rows.rows().columns().get(3)).containsExactly("\\x78");
            }
        }
    }

    private static Finish finish(Piece... pieces) {
        return new Finish(List.of(pieces), new int[0], null);
    }

    private static Partial read(String... fragments) throws SQLException {
        List<Statement> statements = new ArrayList<>();
        try {
            List<ShardRows> shards = new ArrayList<>();
            for (String fragment : fragments) {
                PreparedStatement statement = connection.prepareStatement(fragment);
                statements.add(statement);
                statement.unwrap(PGStatement.class).setPrepareThreshold(0);
                shards.add(new ShardRows(statement.executeQuery(), "s" + shards.size(), null, null));
            }
            return read(shards);
        } finally {
            for (Statement statement : statements) {
                statement.close();
            }
        }
    }

    private static Partial read(List<ShardRows> shards) throws SQLException {
        PartialColumns columns = PartialColumns.of(shards);
        HeapRows rows = new HeapRows(columns.columns().size());
        for (ShardRows shard : shards) {
            while (shard.rows().next()) {
                @Nullable String[] values = new String[columns.columns().size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = shard.rows().getString(i + 1);
                }
                rows.add(values);
            }
        }
        return new Partial(columns, rows);
    }

    private static PreparedStatement prepare(Finish finish, Partial partial) throws SQLException {
        MovedRelations relations = MovedRelations.NONE.with(
                FinishQuery.ROWS, new Moved.InHeap(partial.columns().shape(), partial.rows()));
        MovedRelations.Text text =
                relations.text(FinishQuery.sql(finish, partial.columns()), 0, QuestionMark.PARAMETER);
        PreparedStatement statement = connection.prepareStatement(text.sql());
        text.bind(statement);
        return statement;
    }

    private static List<String> rows(Finish finish, Partial partial) throws SQLException {
        try (PreparedStatement statement = prepare(finish, partial)) {
            return list(statement.executeQuery());
        }
    }

    private static String row(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return list(statement.executeQuery(sql)).get(0);
        }
    }

    private static List<String> list(ResultSet rows) throws SQLException {
        List<String> list = new ArrayList<>();
        while (rows.next()) {
            StringBuilder row = new StringBuilder(String.valueOf(rows.getString(1)));
            for (int i = 2; i <= rows.getMetaData().getColumnCount(); i++) {
                row.append('|').append(rows.getString(i));
            }
            list.add(row.toString());
        }
        return list;
    }

    private static void execute(String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
