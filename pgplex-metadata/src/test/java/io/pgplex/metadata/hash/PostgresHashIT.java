package io.pgplex.metadata.hash;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.model.KeyType;
import io.pgplex.testkit.PostgresServer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every hash function against the one that the server's own hash operator class names. */
class PostgresHashIT {

    private static final int VALUES = 5_000;
    private static final long SEED = 20_261_121;

    private static PostgresServer server;
    private static Connection connection;

    private final Random random = new Random(SEED);

    @BeforeAll
    static void startServer() throws SQLException {
        server = PostgresServer.start("hash");
        connection = server.connect("postgres");
    }

    @AfterAll
    static void stopServer() throws SQLException {
        connection.close();
        server.close();
    }

    /** The function that hash partitioning calls for a type: support function 2 of its default operator class. */
    private static String hashFunction(String type) throws SQLException {
        String query = "SELECT p.amproc::regproc::text, c.opcintype::regtype::text FROM pg_opclass c JOIN pg_am a"
                + " ON a.oid = c.opcmethod JOIN pg_amproc p ON p.amprocfamily = c.opcfamily"
                + " AND p.amproclefttype = c.opcintype AND p.amprocrighttype = c.opcintype"
                + " WHERE a.amname = 'hash' AND c.opcdefault AND p.amprocnum = 2 AND c.opcintype = ?::regtype";
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            // varchar has no class of its own: it is binary-coercible to text
            statement.setString(1, type.equals("character varying") ? "text" : type);
            try (ResultSet row = statement.executeQuery()) {
                assertThat(row.next()).as("hash function of %s", type).isTrue();
                return row.getString(1);
            }
        }
    }

    private <T> void compare(KeyType type, List<T> values, ToLongFunction<T> hash) throws SQLException {
        String[] literals = values.stream().map(String::valueOf).toArray(String[]::new);
        compare(type, values, literals, hash);
    }

    private <T> void compare(KeyType type, List<T> values, String[] literals, ToLongFunction<T> hash)
            throws SQLException {
        String sqlType = type == KeyType.CHAR ? "bpchar" : type.sqlName();
        String query = "SELECT v, " + hashFunction(type.sqlName()) + "(v::" + sqlType + ", " + PostgresHash.SEED
                + ") FROM unnest(?::text[]) WITH ORDINALITY AS u(v, n) ORDER BY n";
        Array array = connection.createArrayOf("text", literals);
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setArray(1, array);
            try (ResultSet rows = statement.executeQuery()) {
                for (T value : values) {
                    assertThat(rows.next()).isTrue();
                    assertThat(hash.applyAsLong(value))
                            .as("%s %s, seed %s", type, rows.getString(1), SEED)
                            .isEqualTo(rows.getLong(2));
                }
            }
        }
    }

    @Test
    void integers() throws SQLException {
        for (KeyType type : new KeyType[] {KeyType.SMALLINT, KeyType.INTEGER, KeyType.BIGINT}) {
            int bits = type == KeyType.SMALLINT ? 16 : type == KeyType.INTEGER ? 32 : 64;
            List<Long> values = new ArrayList<>(List.of(0L, 1L, -1L, -1L << (bits - 1), ~(-1L << (bits - 1))));
            for (int i = 0; i < VALUES; i++) {
                values.add(random.nextLong() >> (64 - bits + random.nextInt(bits)));
            }
            compare(type, values, PostgresHash::hashInt);
        }
    }

    private List<String> texts() {
        List<String> values =
                new ArrayList<>(List.of("", " ", "  a  ", "ıİşğ", "e\u0301", "\u00e9", "😀", "\u007f\u0080"));
        int[] alphabets = {0x7f, 0x2ff, 0xd7ff, 0x10ffff};
        for (int i = 0; i < VALUES; i++) {
            int length = random.nextInt(40);
            int alphabet = alphabets[random.nextInt(alphabets.length)];
            StringBuilder text = new StringBuilder();
            while (text.length() < length) {
                int c = 1 + random.nextInt(alphabet);
                text.appendCodePoint(c >= 0xd800 && c <= 0xdfff ? ' ' : c);
            }
            values.add(text.append(" ".repeat(random.nextInt(3))).toString());
        }
        return values;
    }

    @Test
    void text() throws SQLException {
        compare(KeyType.TEXT, texts(), PostgresHash::hashText);
        compare(KeyType.VARCHAR, texts(), PostgresHash::hashText);
        compare(KeyType.CHAR, texts(), PostgresHash::hashChar);
    }

    @Test
    void uuids() throws SQLException {
        List<UUID> values = new ArrayList<>(List.of(new UUID(0, 0), new UUID(-1, -1), new UUID(-1, 1)));
        for (int i = 0; i < VALUES; i++) {
            values.add(new UUID(random.nextLong(), random.nextLong()));
        }
        compare(KeyType.UUID, values, PostgresHash::hashUuid);
    }

    @Test
    void bytea() throws SQLException {
        List<byte[]> values = new ArrayList<>();
        for (int i = 0; i < VALUES; i++) {
            byte[] bytes = new byte[i < 100 ? i : random.nextInt(100)];
            random.nextBytes(bytes);
            values.add(bytes);
        }
        String[] literals = values.stream()
                .map(bytes -> "\\x" + HexFormat.of().formatHex(bytes))
                .toArray(String[]::new);
        compare(KeyType.BYTEA, values, literals, PostgresHash::hashBytes);
    }

    @Test
    void booleans() throws SQLException {
        compare(KeyType.BOOLEAN, List.of(true, false), PostgresHash::hashBoolean);
    }

    @Test
    void numerics() throws SQLException {
        List<BigDecimal> values = new ArrayList<>();
        for (String value : new String[] {
            "0",
            "0.000",
            "-0",
            "1",
            "1.0",
            "1.00",
            "-1",
            "10000",
            "9999",
            "0.0001",
            "0.00001",
            "1e4",
            "1e-4",
            "1e5",
            "12e100",
            "1e-100",
            "99999999.99999999",
            "1e16000",
            "1e-16000",
            "100010001",
            "1000000000000.0000000000001"
        }) {
            values.add(new BigDecimal(value));
        }
        for (int i = 0; i < VALUES; i++) {
            values.add(new BigDecimal(new BigInteger(random.nextInt(120), random), random.nextInt(60) - 30)
                    .multiply(BigDecimal.valueOf(random.nextBoolean() ? 1 : -1)));
        }
        String[] literals = values.stream().map(BigDecimal::toString).toArray(String[]::new);
        compare(KeyType.NUMERIC, values, literals, PostgresHash::hashNumeric);
        compare(KeyType.NUMERIC, List.of("NaN", "Infinity", "-Infinity"), ignored -> PostgresHash.hashNumericSpecial());
    }

    @Test
    void datesAndTimestamps() throws SQLException {
        List<LocalDate> dates = new ArrayList<>();
        List<LocalDateTime> times = new ArrayList<>();
        long first = LocalDate.of(1, 1, 1).toEpochDay();
        long last = LocalDate.of(9999, 12, 31).toEpochDay();
        for (int i = 0; i < VALUES; i++) {
            LocalDate date = LocalDate.ofEpochDay(first + random.nextInt((int) (last - first + 1)));
            dates.add(date);
            times.add(date.atStartOfDay()
                    .plusNanos(random.nextInt(86_400) * 1_000_000_000L + random.nextInt(1_000_000) * 1_000L));
        }
        LocalDate zero = LocalDate.of(2000, 1, 1);
        compare(KeyType.DATE, dates, date -> PostgresHash.hashDate((int) (date.toEpochDay() - zero.toEpochDay())));
        for (KeyType type : new KeyType[] {KeyType.TIMESTAMP, KeyType.TIMESTAMPTZ}) {
            String[] literals = times.stream()
                    .map(time -> type == KeyType.TIMESTAMP ? time.toString() : time + "Z")
                    .toArray(String[]::new);
            compare(type, times, literals, time -> PostgresHash.hashTimestamp(micros(time)));
            compare(type, List.of("infinity"), ignored -> PostgresHash.hashTimestamp(PostgresHash.TIMESTAMP_INFINITY));
            compare(
                    type,
                    List.of("-infinity"),
                    ignored -> PostgresHash.hashTimestamp(PostgresHash.TIMESTAMP_MINUS_INFINITY));
        }
        compare(KeyType.DATE, List.of("infinity"), ignored -> PostgresHash.hashDate(PostgresHash.DATE_INFINITY));
        compare(KeyType.DATE, List.of("-infinity"), ignored -> PostgresHash.hashDate(PostgresHash.DATE_MINUS_INFINITY));
    }

    private static long micros(LocalDateTime time) {
        long zero = LocalDate.of(2000, 1, 1).toEpochDay() * 86_400L;
        return (time.toEpochSecond(ZoneOffset.UTC) - zero) * 1_000_000L + time.getNano() / 1_000;
    }

    @Test
    void partitionsByHashHoldTheBucketsThatTheJavadocSays() throws SQLException {
        List<Long> values = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            values.add(random.nextLong());
        }
        connection.createStatement().execute("CREATE TABLE parted (k bigint) PARTITION BY HASH (k)");
        String query = "SELECT v, n FROM unnest(?::bigint[]) v, generate_series(0, 63) n"
                + " WHERE satisfies_hash_partition('parted'::regclass, 64, n, v)";
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setArray(1, connection.createArrayOf("bigint", values.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                int seen = 0;
                while (rows.next()) {
                    int bucket = KeyBuckets.bucketOfLong(KeyType.BIGINT, rows.getLong(1), 4096);
                    assertThat((bucket + 0x8e3) % 64).isEqualTo(rows.getInt(2));
                    seen++;
                }
                assertThat(seen).isEqualTo(values.size());
            }
        }
    }

    @Test
    void theServersEncodingIsUtf8() {
        assertThat(server.query("postgres", "SHOW server_encoding"))
                .isEqualTo(StandardCharsets.UTF_8.name().replace("-", ""));
    }
}
