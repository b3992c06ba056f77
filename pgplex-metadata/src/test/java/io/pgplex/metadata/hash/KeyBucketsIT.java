package io.pgplex.metadata.hash;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.model.KeyType;
import io.pgplex.testkit.PostgresServer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The law of {@link KeyBuckets}, tried by its consequences: for every type and many values, what pgjdbc and the server
 * find by {@code key = ?} or {@code key = literal} among awkward keys lies in the bucket that was promised.
 */
class KeyBucketsIT {

    private static final int BUCKETS = 4096;

    private static PostgresServer server;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start("buckets");
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    private static final String[] TEXTS = {
        "",
        "abc",
        "abc  ",
        " abc",
        "ı",
        "İ",
        "😀",
        "42",
        "+42",
        "042",
        " 42",
        "4.2e1",
        "42.0",
        "-0",
        "1.5",
        "NaN",
        "nan",
        "Infinity",
        "-infinity",
        "infinity",
        "inf",
        "1e3",
        "0x2A",
        "1_000",
        "9999999999",
        "9223372036854775808",
        "t",
        "TRUE",
        "on",
        "of",
        "o",
        "1",
        "0",
        "yes",
        " true",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}",
        "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
        "2024-02-29",
        "2024-2-29",
        "20240229",
        "today",
        "2024-02-29 12:30:15.123456",
        "2024-02-29T12:30:15.123456Z",
        "2024-02-29 12:30",
        "2024-02-29 12:30:15.123456+05:45",
        "2024-02-29 12:30:15.1234564",
        "2024-02-29 12:30:15.123456+16",
        "2024-02-29 23:59:60",
        "0001-01-01",
        "0001-01-01 00:00:00+15",
        "9999-12-31",
        "0000-01-01",
        "\\x",
        "\\x00fF",
        "\\x00 ff",
        "abc\\000",
        "1500-03-01",
        "29.2.2024"
    };

    private static List<Object> values() {
        List<Object> values = new ArrayList<>(
                List.of(42L, 42, (short) 42, (byte) 42, 0, -1, 9_999_999_999L, Long.MIN_VALUE, Long.MAX_VALUE, 40_000));
        values.addAll(List.of(
                BigInteger.valueOf(42),
                BigInteger.TWO.pow(63),
                new BigDecimal("42.0"),
                new BigDecimal("1.5"),
                new BigDecimal("1e3"),
                new BigDecimal("-0.00"),
                new BigDecimal("1e-3"),
                new BigDecimal("1.000")));
        values.addAll(List.of(
                42.0,
                -0.0,
                1.5,
                0x1p53,
                0x1p53 + 2,
                Double.NaN,
                Double.POSITIVE_INFINITY,
                42f,
                0x1p24f,
                Float.NaN,
                0x1p62,
                0.001,
                0.001f,
                1e3));
        values.addAll(List.of(true, false, 'a', '4', new UUID(0, 0)));
        values.add(UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"));
        values.addAll(List.of(new byte[0], new byte[] {0, -1}));
        LocalDateTime time = LocalDateTime.of(2024, 2, 29, 12, 30, 15, 123_456_000);
        LocalDate date = time.toLocalDate();
        values.addAll(List.of(
                date,
                date.atStartOfDay(),
                time,
                time.plusNanos(500),
                time.plusNanos(1),
                LocalDate.of(1500, 3, 1),
                LocalDate.of(1, 1, 1),
                LocalDate.of(9999, 12, 31),
                LocalDate.MAX,
                LocalDate.MIN,
                LocalDateTime.MAX,
                LocalDateTime.MIN));
        OffsetDateTime instant = time.atOffset(ZoneOffset.ofHoursMinutes(5, 45));
        values.addAll(List.of(instant, time.atOffset(ZoneOffset.UTC), OffsetDateTime.MAX, OffsetDateTime.MIN));
        values.add(time.atZone(ZoneId.of("Asia/Kathmandu")));
        values.add(instant.toInstant());
        values.addAll(List.of(
                Timestamp.valueOf(time),
                Timestamp.valueOf("1500-03-01 00:00:00"),
                Timestamp.from(instant.toInstant()),
                Timestamp.valueOf(date.atStartOfDay()),
                new Timestamp(Long.MAX_VALUE),
                Timestamp.valueOf("1890-07-01 12:00:00")));
        values.addAll(List.of(
                java.sql.Date.valueOf(date),
                java.sql.Date.valueOf("1500-03-01"),
                new java.sql.Date(Long.MAX_VALUE),
                new java.util.Date(Instant.parse("2024-02-29T06:45:15Z").toEpochMilli())));
        for (String text : TEXTS) {
            values.add(text);
        }
        return values;
    }

    /** A column of the type with every value in it that the server takes from any of the values above. */
    private static void fill(Connection connection, String sqlType) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS keys");
            statement.execute("CREATE TABLE keys (k " + sqlType + ")");
        }
        List<Object> candidates = values();
        candidates.addAll(List.of(
                "9007199254740993",
                "9007199254740992",
                "9007199254740994",
                "16777217",
                "4611686018427387905",
                "0.0010000000000000000000001",
                "42.0000000000000000001",
                "1499-12-31",
                "1500-02-19",
                "1500-03-10",
                "2024-03-01",
                "2024-02-28",
                "2024-02-29 06:45:15.123456",
                "2024-02-29 12:30:15.123457",
                "2024-02-29 18:15:15.123456",
                "2024-02-29 06:45:15",
                "2024-02-29 12:30:15",
                "1890-07-01 12:00:00",
                "1890-07-01 12:00:00+05:41:16"));
        for (Object candidate : candidates) {
            for (String insert :
                    new String[] {"INSERT INTO keys VALUES (?)", "INSERT INTO keys VALUES ((?)::text::" + sqlType + ")"
                    }) {
                try (PreparedStatement statement = connection.prepareStatement(insert)) {
                    statement.setObject(1, candidate);
                    statement.executeUpdate();
                } catch (SQLException | RuntimeException e) {
                    // not a value of this type
                }
            }
        }
    }

    private static List<Integer> bucketsFound(PreparedStatement statement) throws SQLException {
        List<Integer> buckets = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                buckets.add(KeyBuckets.bucketOfHash(rows.getLong(1), BUCKETS));
            }
        }
        return buckets;
    }

    private static String hashFunction(KeyType type, int version) {
        return switch (type.family()) {
            case INTEGER -> "hashint8extended(k, ";
            case TEXT -> "hashtextextended(k, ";
            case CHAR -> "hashbpcharextended(k, ";
            case UUID -> "uuid_hash_extended(k, ";
            case DATE ->
                "hashint4extended(((CASE k WHEN 'infinity' THEN 2147483647 WHEN '-infinity' THEN -2147483648"
                        + " ELSE k - date '2000-01-01' END))::int, ";
            case TIMESTAMP -> "timestamp_hash_extended(k, ";
            case TIMESTAMPTZ -> "timestamp_hash_extended(k AT TIME ZONE 'UTC', ";
            case NUMERIC -> "hash_numeric_extended(k, ";
            case BOOLEAN -> "hashint4extended(k::int, ";
            case BYTEA -> version < 18 ? "hashvarlenaextended(k, " : "hashbyteaextended(k, ";
        };
    }

    @ParameterizedTest
    @EnumSource(KeyType.class)
    void whatTheServerFindsLiesInThePromisedBucket(KeyType type) throws SQLException {
        for (String stringType : new String[] {"varchar", "unspecified"}) {
            Properties properties = new Properties();
            properties.setProperty("stringtype", stringType);
            properties.setProperty("user", PostgresServer.SUPERUSER);
            String url = server.jdbcUrl("postgres");
            try (Connection connection =
                    java.sql.DriverManager.getConnection(url.substring(0, url.indexOf('?')), properties)) {
                int version = connection.getMetaData().getDatabaseMajorVersion();
                String sqlType = type == KeyType.CHAR ? "character(40)" : type.sqlName();
                fill(connection, sqlType);
                String hash = "SELECT " + hashFunction(type, version) + PostgresHash.SEED + ") FROM keys WHERE k = ";
                int promised = 0;
                int matched = 0;
                for (Object value : values()) {
                    int bucket = KeyBuckets.bucketOf(type, value, BUCKETS);
                    promised += bucket == KeyBucket.UNKNOWN ? 0 : 1;
                    // twice as often as pgjdbc's prepareThreshold, so that both wire formats are tried
                    try (PreparedStatement statement = connection.prepareStatement(hash + "?")) {
                        for (int i = 0; i < 10; i++) {
                            statement.setObject(1, value);
                            matched += check(type, value, bucket, bucketsFound(statement));
                        }
                    } catch (SQLException | RuntimeException e) {
                        continue; // the server's or pgjdbc's error: any shard gives it
                    }
                }
                for (String text : TEXTS) {
                    matched += literal(connection, type, hash, text, true);
                    matched += literal(connection, type, hash, text, false);
                }
                assertThat(promised).as("promises for %s", type).isPositive();
                assertThat(matched).as("matches for %s", type).isPositive();
            }
        }
    }

    private static int literal(Connection connection, KeyType type, String hash, String text, boolean quoted)
            throws SQLException {
        int bucket = KeyBuckets.bucketOfLiteral(type, text, quoted, BUCKETS);
        String sql = hash + (quoted ? "'" + text.replace("'", "''") + "'" : text);
        List<Integer> found;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            found = bucketsFound(statement);
        } catch (SQLException e) {
            return 0;
        }
        return check(type, (quoted ? "literal " : "bare ") + text, bucket, found);
    }

    private static int check(KeyType type, Object value, int bucket, List<Integer> found) {
        if (bucket == KeyBucket.NEVER) {
            assertThat(found).as("%s = %s (%s)", type, value, value.getClass()).isEmpty();
        } else if (bucket != KeyBucket.UNKNOWN) {
            assertThat(found).as("%s = %s (%s)", type, value, value.getClass()).allMatch(number -> number == bucket);
        }
        return found.isEmpty() ? 0 : 1;
    }
}
