package io.pgplex.jdbc.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.routing.plan.SortKey;
import io.pgplex.testkit.PostgresServer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGStatement;
import org.postgresql.jdbc.PgResultSet;

class RowOrderIT {

    private static final int VALUES = 3000;
    private static final String[] ZONES = {"UTC", "Asia/Kathmandu", "America/St_Johns"};

    private static PostgresServer server;
    private static Connection connection;

    @BeforeAll
    static void start() throws SQLException {
        server = PostgresServer.start("order");
        connection = server.connect("postgres");
    }

    @AfterAll
    static void stop() throws SQLException {
        connection.close();
        server.close();
    }

    static Stream<Arguments> types() {
        return Stream.of(
                type("smallint", random -> "" + (short) random.nextInt(), "0", "-32768", "32767"),
                type("integer", random -> "" + random.nextInt(), "0", "-2147483648", "2147483647"),
                type("bigint", random -> "" + random.nextLong(), "0", "-9223372036854775808"),
                type("oid", random -> Integer.toUnsignedString(random.nextInt()), "0", "4294967295"),
                type("numeric", RowOrderIT::numeric, "NaN", "Infinity", "-Infinity", "0", "-0.000", "1.0", "1.00", "1"),
                type("real", RowOrderIT::real, "NaN", "Infinity", "-Infinity", "0", "-0", "0.1", "1e-45", "3.4e38"),
                type("double precision", RowOrderIT::real, "NaN", "Infinity", "-Infinity", "0", "-0", "5e-324"),
                type("boolean", random -> "" + random.nextBoolean(), "t", "f"),
                type(
                        "date",
                        RowOrderIT::date,
                        "infinity",
                        "-infinity",
                        "4713-01-01 BC",
                        "5874897-12-31",
                        "0001-01-01 BC"),
                type("timestamp", RowOrderIT::timestamp, "infinity", "-infinity", "294276-12-31 23:59:59.999999"),
                type("timestamptz", RowOrderIT::timestamp, "infinity", "-infinity", "4713-01-01 00:00:00+00 BC"),
                type("time", RowOrderIT::time, "24:00:00", "00:00:00", "23:59:59.999999"),
                type("uuid", random -> new UUID(random.nextLong(), random.nextLong()).toString(), new UUID(0, 0) + ""),
                type("bytea", RowOrderIT::bytes, "\\x", "\\xff", "\\x00", "\\x7f80"),
                type("text COLLATE \"C\"", RowOrderIT::text, "", "a", "a ", "A", "\uFFFD", "\uD83D\uDE00", "\uE000"),
                type("varchar(7) COLLATE \"C\"", RowOrderIT::text, "", "a", "a "),
                type("name", RowOrderIT::text, "", "a", "\uFFFD", "\uD83D\uDE00"),
                type("char(9) COLLATE \"C\"", RowOrderIT::text, "", "a", "a ", "a\u0001", "\uFFFD", "\uD83D\uDE00"));
    }

    private static Arguments type(String type, Function<Random, String> generator, String... special) {
        return Arguments.of(type, generator, List.of(special));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("types")
    void isTheServersOrder(String type, Function<Random, String> generator, List<String> special) throws SQLException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<String> values = new ArrayList<>(special);
        values.addAll(special);
        while (values.size() < VALUES) {
            values.add(generator.apply(random));
        }
        for (String zone : ZONES) {
            fill(type, values, zone);
            List<Object[]> fromText = keysInServerOrder(0, type + " in " + zone + ", seed " + seed);
            List<Object[]> fromBinary = keysInServerOrder(-1, type + " in " + zone + ", binary, seed " + seed);
            RowOrder order = order("SELECT v FROM o", new SortKey(1, false, false, true));
            for (int i = 0; i < fromText.size(); i++) {
                assertThat(order.compare(fromText.get(i), fromBinary.get(i))).isZero();
            }
        }
    }

    private static void fill(String type, List<String> values, String zone) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TimeZone = '" + zone + "'");
            statement.execute("DROP TABLE IF EXISTS o");
            statement.execute("CREATE TEMPORARY TABLE o (v " + type + ")");
        }
        String cast = type.replaceFirst(" COLLATE.*", "");
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO o SELECT u::" + cast + " FROM unnest(?) u")) {
            insert.setArray(1, connection.createArrayOf("text", values.toArray()));
            insert.execute();
        }
    }

    private static List<Object[]> keysInServerOrder(int threshold, String what) throws SQLException {
        List<Object[]> keys = new ArrayList<>();
        try (PreparedStatement select =
                connection.prepareStatement("SELECT v, v = lag(v) OVER (ORDER BY v) FROM o ORDER BY v")) {
            select.unwrap(PGStatement.class).setPrepareThreshold(threshold);
            ResultSet rows = select.executeQuery();
            RowOrder order = RowOrder.of(List.of(new SortKey(1, false, false, true)), (PgResultSet) rows);
            while (rows.next()) {
                Object[] row = order.keys(rows);
                if (!keys.isEmpty()) {
                    int compared = order.compare(keys.get(keys.size() - 1), row);
                    assertThat(Integer.signum(compared))
                            .as(what + ": " + Arrays.toString(keys.get(keys.size() - 1)) + " before "
                                    + Arrays.toString(row))
                            .isEqualTo(rows.getBoolean(2) ? 0 : -1);
                }
                keys.add(row);
            }
        }
        return keys;
    }

    @Test
    void placesNullsAndDirectionsAsTheServerDoes() throws SQLException {
        String source =
                "(VALUES (1, 'a'), (1, NULL), (NULL, 'a'), (NULL, NULL), (2, 'b'), (2, 'a'), (2, NULL)) t(a, b)";
        for (String a : List.of("ASC NULLS FIRST", "ASC NULLS LAST", "DESC NULLS FIRST", "DESC NULLS LAST")) {
            for (String b : List.of("ASC NULLS FIRST", "ASC NULLS LAST", "DESC NULLS FIRST", "DESC NULLS LAST")) {
                String sql = "SELECT a, b FROM " + source + " ORDER BY a " + a + ", b COLLATE \"C\" " + b;
                RowOrder order = order(sql, key(1, a), key(2, b));
                List<Object[]> keys = keys(sql, order);
                for (int i = 1; i < keys.size(); i++) {
                    assertThat(order.compare(keys.get(i - 1), keys.get(i)))
                            .as(sql)
                            .isNegative();
                }
            }
        }
    }

    @Test
    void countsNegativeColumnsFromTheEnd() throws SQLException {
        RowOrder order =
                order("SELECT 1, 2, 3", new SortKey(-1, false, false, false), new SortKey(-3, true, false, false));
        List<Object[]> keys = keys("VALUES (1, 0, 5), (2, 0, 5), (0, 0, 4)", order);

        assertThat(order.compare(keys.get(0), keys.get(1))).isPositive();
        assertThat(order.compare(keys.get(2), keys.get(0))).isNegative();
    }

    private static SortKey key(int column, String order) {
        return new SortKey(column, order.startsWith("DESC"), order.endsWith("FIRST"), true);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'1 day'::interval",
                "'{}'::jsonb",
                "'{1}'::int[]",
                "int4range(1, 2)",
                "'10:00+01'::timetz",
                "'1.2.3.4'::inet",
                "B'1'",
                "'a'::\"char\"",
                "1::money",
                "row(1)",
                "'(1,2)'::point"
            })
    void doesNotKnowTheOrderOfOtherTypes(String value) throws SQLException {
        assertThat(order("SELECT " + value, new SortKey(1, false, false, true))).isNull();
    }

    @Test
    void doesNotKnowTheOrderOfTextUnderALanguage() throws SQLException {
        assertThat(order("SELECT 'a'::text", new SortKey(1, false, false, false)))
                .isNull();
        assertThat(order("SELECT 1, 'a'::bpchar", new SortKey(2, false, false, false)))
                .isNull();
    }

    private static RowOrder order(String sql, SortKey... keys) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return RowOrder.of(List.of(keys), (PgResultSet) statement.executeQuery(sql));
        }
    }

    private static List<Object[]> keys(String sql, RowOrder order) throws SQLException {
        List<Object[]> keys = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                keys.add(order.keys(rows));
            }
        }
        return keys;
    }

    private static String numeric(Random random) {
        return new BigDecimal(new BigInteger(1 + random.nextInt(120), random), random.nextInt(60) - 20)
                .multiply(BigDecimal.valueOf(random.nextBoolean() ? 1 : -1))
                .toPlainString();
    }

    private static String real(Random random) {
        float value = Float.intBitsToFloat(random.nextInt());
        return Float.isFinite(value) ? Float.toString(value) : "0.1";
    }

    private static String date(Random random) {
        boolean beforeChrist = random.nextInt(4) == 0;
        int year = 1 + random.nextInt(beforeChrist ? 4712 : random.nextBoolean() ? 2100 : 200_000);
        String text = String.format(
                java.util.Locale.ROOT, "%04d-%02d-%02d", year, 1 + random.nextInt(12), 1 + random.nextInt(28));
        return beforeChrist ? text + " BC" : text;
    }

    private static String timestamp(Random random) {
        String date = date(random);
        String era = date.endsWith(" BC") ? " BC" : "";
        return date.replace(" BC", "") + " " + time(random) + era;
    }

    private static String time(Random random) {
        return java.time.LocalTime.ofNanoOfDay(1000L * (long) (random.nextDouble() * 86_399_999_999L))
                .toString();
    }

    private static String bytes(Random random) {
        byte[] bytes = new byte[random.nextInt(5)];
        random.nextBytes(bytes);
        return "\\x" + java.util.HexFormat.of().formatHex(bytes);
    }

    /** Short text from few code points around the surrogates, so that prefixes and ties abound. */
    private static String text(Random random) {
        int[] points = {'a', 'b', 'B', ' ', '~', 0xE9, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0x10000, 0x1F600, 0x10FFFF
        };
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(6); i > 0; i--) {
            text.appendCodePoint(points[random.nextInt(points.length)]);
        }
        return text.toString();
    }
}
