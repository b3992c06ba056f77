package io.pgplex.jdbc.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.routing.plan.Finish.Combine;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGStatement;
import org.postgresql.jdbc.PgResultSet;

class CombineRowsIT {

    private static PostgresServer server;
    private static Connection connection;

    @BeforeAll
    static void start() throws SQLException {
        server = PostgresServer.start("combine");
        connection = server.connect("postgres");
    }

    @AfterAll
    static void stop() throws SQLException {
        connection.close();
        server.close();
    }

    /** Text and binary answers of the three shards, and one server over the same values, agree. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SUM|int8|3|-4|NULL",
                "SUM|int8|NULL|NULL|NULL",
                "SUM|int8|9223372036854775807|-1|1",
                "SUM|numeric|1.50|2.2500|-3",
                "SUM|numeric|NaN|1|Infinity",
                "SUM|numeric|Infinity|1|-Infinity",
                "SUM|numeric|-Infinity|1|NULL",
                "SUM|numeric|1e30|1e-10|0",
                "MINIMUM|int4|3|-4|NULL",
                "MAXIMUM|int2|3|-4|NULL",
                "MAXIMUM|numeric|NaN|Infinity|1.0",
                "MINIMUM|numeric|NaN|Infinity|-1.10",
                "MINIMUM|float8|NaN|0.1|1e300",
                "MAXIMUM|float4|NaN|0.1|1e30",
                "MAXIMUM|float4|-0.1|-0.2|NULL",
                "MINIMUM|date|infinity|0044-03-15 BC|2020-02-29",
                "MAXIMUM|timestamp|-infinity|2020-02-29 12:00:00.000001|2020-02-29 12:00",
                "MAXIMUM|timestamptz|2020-02-29 12:00+05|2020-02-29 12:00+00|NULL",
                "MINIMUM|time|24:00|23:59:59.999999|NULL",
                "AND|bool|t|NULL|t",
                "AND|bool|t|f|t",
                "OR|bool|f|f|NULL",
                "OR|bool|f|t|NULL",
                "OR|bool|NULL|NULL|NULL"
            })
    void combinesAsTheServerDoes(Combine combine, String type, String a, String b, String c) throws SQLException {
        List<String> values = List.of(literal(a, type), literal(b, type), literal(c, type));
        String function =
                switch (combine) {
                    case SUM -> "sum";
                    case MINIMUM -> "min";
                    case MAXIMUM -> "max";
                    case AND -> "bool_and";
                    case OR -> "bool_or";
                };
        String expected =
                text("SELECT " + function + "(v)::text FROM (VALUES (" + String.join("), (", values) + ")) t(v)");
        for (int threshold : new int[] {0, -1}) {
            try (ResultSet row = CombineRows.combine(List.of(combine), shards(threshold, values))) {
                assertThat(row.next()).isTrue();
                String got = row.getString(1);
                assertThat(row.wasNull()).isEqualTo(expected == null);
                assertThat(row.getMetaData().getColumnLabel(1)).isEqualTo("total");
                assertThat(row.getMetaData().getColumnTypeName(1)).isEqualTo(type);
                assertThat(got == null ? null : text("SELECT (" + literal(got, type) + ")::text"))
                        .isEqualTo(expected);
                assertThat(row.next()).isFalse();
            }
        }
    }

    @Test
    void refusesSumsBeyondBigint() throws SQLException {
        List<ShardRows> shards = shards(0, List.of("9223372036854775807", "1::int8"));

        assertThatThrownBy(() -> CombineRows.combine(List.of(Combine.SUM), shards))
                .isInstanceOf(SQLDataException.class)
                .hasFieldOrPropertyWithValue("SQLState", "22003")
                .hasMessageContaining("bigint out of range");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.1::float8", "0.1::float4", "1::money", "'1 day'::interval", "1::int4"})
    void leavesOtherSumsToTheServer(String value) throws SQLException {
        assertThat(CombineRows.possible(List.of(Combine.SUM), sample(value))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"'a'::text", "'a'::bpchar", "'1 day'::interval", "'a'::bytea", "'{1}'::int[]", "'1.1.1.1'::inet"
            })
    void leavesOtherExtremesToTheServer(String value) throws SQLException {
        assertThat(CombineRows.possible(List.of(Combine.MINIMUM), sample(value)))
                .isFalse();
        assertThat(CombineRows.possible(List.of(Combine.MAXIMUM), sample(value)))
                .isFalse();
    }

    @Test
    void leavesRowsWithMoreColumnsToTheServer() throws SQLException {
        assertThat(CombineRows.possible(List.of(Combine.SUM), sample("1::int8, 2")))
                .isFalse();
        assertThat(CombineRows.possible(List.of(Combine.SUM), sample("1::int8")))
                .isTrue();
    }

    private static PgResultSet sample(String values) throws SQLException {
        return (PgResultSet) connection.createStatement().executeQuery("SELECT " + values);
    }

    private static String literal(String value, String type) {
        return value.equals("NULL") ? "NULL::" + type : "'" + value + "'::" + type;
    }

    private static List<ShardRows> shards(int threshold, List<String> values) throws SQLException {
        List<ShardRows> shards = new ArrayList<>();
        for (String value : values) {
            PreparedStatement statement = connection.prepareStatement("SELECT " + value + " AS total");
            statement.unwrap(PGStatement.class).setPrepareThreshold(threshold);
            shards.add(new ShardRows(statement.executeQuery(), "s" + shards.size(), null, null));
        }
        return shards;
    }

    private static String text(String sql) throws SQLException {
        try (ResultSet rows = connection.createStatement().executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
