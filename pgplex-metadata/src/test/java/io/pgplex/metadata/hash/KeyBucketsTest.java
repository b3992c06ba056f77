package io.pgplex.metadata.hash;

import static io.pgplex.metadata.hash.KeyBucket.NEVER;
import static io.pgplex.metadata.hash.KeyBucket.UNKNOWN;
import static io.pgplex.metadata.model.KeyType.BIGINT;
import static io.pgplex.metadata.model.KeyType.BOOLEAN;
import static io.pgplex.metadata.model.KeyType.BYTEA;
import static io.pgplex.metadata.model.KeyType.CHAR;
import static io.pgplex.metadata.model.KeyType.DATE;
import static io.pgplex.metadata.model.KeyType.INTEGER;
import static io.pgplex.metadata.model.KeyType.NUMERIC;
import static io.pgplex.metadata.model.KeyType.SMALLINT;
import static io.pgplex.metadata.model.KeyType.TEXT;
import static io.pgplex.metadata.model.KeyType.TIMESTAMP;
import static io.pgplex.metadata.model.KeyType.TIMESTAMPTZ;
import static io.pgplex.metadata.model.KeyType.UUID;
import static io.pgplex.metadata.model.KeyType.VARCHAR;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.model.KeyType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Date;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;

class KeyBucketsTest {

    private static final int BUCKETS = 4096;

    private static int of(KeyType type, Object value) {
        return KeyBuckets.bucketOf(type, value, BUCKETS);
    }

    private static int quoted(KeyType type, String text) {
        return KeyBuckets.bucketOfLiteral(type, text, true, BUCKETS);
    }

    private static int bare(KeyType type, String text) {
        return KeyBuckets.bucketOfLiteral(type, text, false, BUCKETS);
    }

    @Test
    void equalIntegersOfEveryJavaTypeShareABucket() {
        int bucket = (int) (7363975540656877951L & 4095);
        for (KeyType type : new KeyType[] {SMALLINT, INTEGER, BIGINT}) {
            Object[] values = {
                42L, 42, (short) 42, (byte) 42, BigInteger.valueOf(42), new BigDecimal("42.0"), 42.0, 42f, "42", "+042"
            };
            for (Object value : values) {
                assertThat(of(type, value)).as(value.getClass().getName()).isEqualTo(bucket);
            }
            assertThat(KeyBuckets.bucketOfLong(type, 42, BUCKETS)).isEqualTo(bucket);
            assertThat(bare(type, "4.2e1")).isEqualTo(bucket);
            assertThat(quoted(type, "42")).isEqualTo(bucket);
        }
        assertThat(of(BIGINT, -0.0)).isEqualTo(of(BIGINT, 0));
    }

    @Test
    void noIntegerEqualsAFractionOrANumberOutOfRange() {
        assertThat(of(BIGINT, 1.5)).isEqualTo(NEVER);
        assertThat(of(BIGINT, new BigDecimal("1.5"))).isEqualTo(NEVER);
        assertThat(of(BIGINT, Double.NaN)).isEqualTo(NEVER);
        assertThat(of(BIGINT, Float.NEGATIVE_INFINITY)).isEqualTo(NEVER);
        assertThat(of(BIGINT, BigInteger.TWO.pow(63))).isEqualTo(NEVER);
        assertThat(of(BIGINT, BigInteger.TWO.pow(63).negate())).isNotNegative();
        assertThat(of(BIGINT, new BigDecimal("1e100"))).isEqualTo(NEVER);
        assertThat(of(INTEGER, 9_999_999_999L)).isEqualTo(NEVER);
        assertThat(of(SMALLINT, 40_000)).isEqualTo(NEVER);
        assertThat(bare(INTEGER, "9999999999")).isEqualTo(NEVER);
    }

    @Test
    void floatingPointIsUnknownWhereSeveralIntegersRoundToIt() {
        assertThat(of(BIGINT, 0x1p53 - 1)).isNotNegative();
        assertThat(of(BIGINT, 0x1p53)).isEqualTo(UNKNOWN);
        assertThat(of(BIGINT, 0x1p24f)).isEqualTo(UNKNOWN);
        assertThat(of(NUMERIC, 1.0)).isEqualTo(UNKNOWN);
    }

    @Test
    void textThatOnlySomeServersReadAsAnIntegerIsUnknown() {
        for (String text : new String[] {
            "", "-", " 42", "0x2A", "1_000", "4.0", "abc", "99999999999999999999", "9223372036854775808", "٤٢"
        }) {
            assertThat(quoted(BIGINT, text)).as(text).isEqualTo(UNKNOWN);
        }
        assertThat(quoted(INTEGER, "9999999999")).isEqualTo(UNKNOWN);
    }

    @Test
    void numericLiteralsAreReadWithSignFractionAndExponent() {
        int bucket = of(NUMERIC, new BigDecimal("-12.5"));
        assertThat(quoted(NUMERIC, "-12.50")).isEqualTo(bucket);
        assertThat(bare(NUMERIC, "-1.25E+1")).isEqualTo(bucket);
        assertThat(bare(NUMERIC, "-.125e2")).isEqualTo(bucket);
        assertThat(of(NUMERIC, 7L)).isEqualTo(bare(NUMERIC, "7.")).isNotNegative();
        assertThat(quoted(NUMERIC, "nan")).isEqualTo(quoted(NUMERIC, "-Infinity"));
        assertThat(quoted(NUMERIC, "NaN")).isNotNegative();
        assertThat(bare(NUMERIC, "NaN")).isEqualTo(UNKNOWN);
        assertThat(bare(NUMERIC, "1e999999")).isEqualTo(UNKNOWN);
        assertThat(of(NUMERIC, new BigDecimal(BigInteger.ONE, Integer.MIN_VALUE)))
                .isEqualTo(UNKNOWN);
        assertThat(of(BIGINT, new BigDecimal(BigInteger.ONE, Integer.MAX_VALUE)))
                .isEqualTo(UNKNOWN);
    }

    @Test
    void trailingBlanksCountInTextButNotInChar() {
        assertThat(of(CHAR, "abc  ")).isEqualTo(of(CHAR, "abc")).isEqualTo(of(TEXT, "abc"));
        assertThat(of(VARCHAR, "abc  ")).isNotEqualTo(of(VARCHAR, "abc"));
        assertThat(of(TEXT, 'x')).isEqualTo(of(TEXT, "x"));
    }

    @Test
    void textThatTheServerCannotHoldIsUnknown() {
        assertThat(of(TEXT, "a\0b")).isEqualTo(UNKNOWN);
        assertThat(of(TEXT, "a\ud800")).isEqualTo(UNKNOWN);
        assertThat(of(TEXT, "\udc00\ud800")).isEqualTo(UNKNOWN);
        assertThat(of(TEXT, "\ud83d\ude00")).isNotNegative();
        assertThat(of(TEXT, 42)).isEqualTo(UNKNOWN);
        assertThat(bare(TEXT, "42")).isEqualTo(UNKNOWN);
    }

    @Test
    void uuidsAreReadInEveryFormTheServerAccepts() {
        java.util.UUID uuid = java.util.UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
        int bucket = of(UUID, uuid);
        for (String text : new String[] {
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11"
        }) {
            assertThat(quoted(UUID, text)).as(text).isEqualTo(bucket);
        }
        for (String text : new String[] {
            "",
            "a0",
            "{a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11}",
            "a0e-ebc999c0b4ef8bb6d6bb9bd380a11",
            "a0eebc999c0b4ef8bb6d6bb9bd380a1g",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11-"
        }) {
            assertThat(quoted(UUID, text)).as(text).isEqualTo(UNKNOWN);
        }
    }

    @Test
    void booleansAreReadAsTheServerReadsThem() {
        for (String text : new String[] {"t", "TRUE", "yes", "On", "1"}) {
            assertThat(quoted(BOOLEAN, text)).as(text).isEqualTo(of(BOOLEAN, true));
        }
        for (String text : new String[] {"f", "FALSE", "no", "oFF", "of", "0"}) {
            assertThat(quoted(BOOLEAN, text)).as(text).isEqualTo(of(BOOLEAN, false));
        }
        assertThat(quoted(BOOLEAN, "o")).isEqualTo(UNKNOWN);
        assertThat(bare(BOOLEAN, "true")).isEqualTo(of(BOOLEAN, true));
        assertThat(bare(BOOLEAN, "1")).isEqualTo(UNKNOWN);
    }

    @Test
    void byteaIsReadFromHexOnly() {
        assertThat(quoted(BYTEA, "\\x00fFab")).isEqualTo(of(BYTEA, new byte[] {0, (byte) 0xff, (byte) 0xab}));
        assertThat(quoted(BYTEA, "\\x")).isEqualTo(of(BYTEA, new byte[0]));
        assertThat(quoted(BYTEA, "\\x0")).isEqualTo(UNKNOWN);
        assertThat(quoted(BYTEA, "abc")).isEqualTo(UNKNOWN);
    }

    @Test
    void datesAndTheirMidnightsShareABucket() {
        LocalDate date = LocalDate.of(2024, 2, 29);
        int bucket = (int) PostgresHash.hashInt(8825) & 4095;
        assertThat(of(DATE, date)).isEqualTo(bucket);
        assertThat(of(DATE, Date.valueOf(date))).isEqualTo(bucket);
        assertThat(of(DATE, date.atStartOfDay())).isEqualTo(bucket);
        assertThat(of(DATE, date.atTime(0, 0, 1))).isEqualTo(NEVER);
        assertThat(quoted(DATE, "2024-02-29")).isEqualTo(bucket);
        assertThat(quoted(DATE, "2023-02-29")).isEqualTo(UNKNOWN);
        assertThat(quoted(DATE, "29.2.2024")).isEqualTo(UNKNOWN);
        assertThat(quoted(DATE, "today")).isEqualTo(UNKNOWN);
        assertThat(of(DATE, LocalDate.MAX)).isEqualTo(quoted(DATE, "Infinity")).isNotNegative();
        assertThat(of(DATE, LocalDate.of(-5, 1, 1))).isEqualTo(UNKNOWN);
    }

    @Test
    void wallClocksMeetTimestampKeysOnly() {
        LocalDateTime dateTime = LocalDateTime.of(2024, 2, 29, 12, 30, 15, 123_456_000);
        int bucket = of(TIMESTAMP, dateTime);
        assertThat(bucket).isNotNegative();
        assertThat(of(TIMESTAMP, Timestamp.valueOf(dateTime))).isEqualTo(bucket);
        assertThat(quoted(TIMESTAMP, "2024-02-29 12:30:15.123456")).isEqualTo(bucket);
        assertThat(quoted(TIMESTAMP, "2024-02-29T12:30:15.123456")).isEqualTo(bucket);
        assertThat(quoted(TIMESTAMP, "2024-02-29 12:30:15.123456+02")).isEqualTo(UNKNOWN);
        assertThat(of(TIMESTAMP, dateTime.plusNanos(1))).isEqualTo(UNKNOWN);
        assertThat(of(TIMESTAMPTZ, dateTime)).isEqualTo(UNKNOWN);
        assertThat(of(TIMESTAMP, dateTime.atOffset(ZoneOffset.UTC))).isEqualTo(UNKNOWN);
        assertThat(of(TIMESTAMP, LocalDate.of(2024, 2, 29))).isEqualTo(quoted(TIMESTAMP, "2024-02-29"));
    }

    @Test
    void instantsMeetTimestamptzKeysOnly() {
        OffsetDateTime dateTime = OffsetDateTime.parse("2024-02-29T12:30:15.123456+05:45");
        int bucket = of(TIMESTAMPTZ, dateTime);
        assertThat(bucket).isNotNegative();
        assertThat(of(TIMESTAMPTZ, dateTime.toInstant())).isEqualTo(bucket);
        assertThat(of(TIMESTAMPTZ, dateTime.atZoneSameInstant(ZoneId.of("Asia/Kathmandu"))))
                .isEqualTo(bucket);
        assertThat(of(TIMESTAMPTZ, Timestamp.from(dateTime.toInstant()))).isEqualTo(bucket);
        assertThat(quoted(TIMESTAMPTZ, "2024-02-29 06:45:15.123456Z")).isEqualTo(bucket);
        assertThat(quoted(TIMESTAMPTZ, "2024-02-29 12:30:15.123456")).isEqualTo(UNKNOWN);
        assertThat(of(DATE, dateTime)).isEqualTo(UNKNOWN);
        assertThat(of(TIMESTAMPTZ, OffsetDateTime.MAX)).isEqualTo(quoted(TIMESTAMPTZ, "infinity"));
        Instant whole = dateTime.toInstant().truncatedTo(ChronoUnit.MILLIS);
        assertThat(of(TIMESTAMPTZ, java.util.Date.from(whole))).isEqualTo(of(TIMESTAMPTZ, whole));
    }

    @Test
    void extremeInstantsAreUnknownRatherThanAnError() {
        for (KeyType type : new KeyType[] {DATE, TIMESTAMP, TIMESTAMPTZ}) {
            for (Object value : new Object[] {
                Instant.MIN,
                Instant.MAX,
                new Timestamp(Long.MAX_VALUE),
                new Timestamp(Long.MIN_VALUE),
                new Date(Long.MIN_VALUE),
                Date.valueOf("1500-01-01"),
                new java.sql.Time(0)
            }) {
                assertThat(of(type, value)).as(type + " " + value).isEqualTo(UNKNOWN);
            }
        }
    }

    @Test
    void nullIsNeverEqualAndLivesInTheFirstBucket() {
        assertThat(KeyBuckets.bucketOf(BIGINT, null, BUCKETS)).isEqualTo(NEVER);
        assertThat(bare(TEXT, "NULL")).isEqualTo(NEVER);
        assertThat(quoted(TEXT, "NULL")).isNotNegative();
        assertThat(KeyBuckets.bucketOfNull(BUCKETS)).isZero();
    }

    @Test
    void valuesOfUnknownClassesAreUnknown() {
        for (KeyType type : KeyType.values()) {
            assertThat(of(type, new Object())).isEqualTo(UNKNOWN);
            assertThat(of(type, KeyType.TEXT)).isEqualTo(UNKNOWN);
            assertThat(of(type, new int[] {1})).isEqualTo(UNKNOWN);
        }
    }
}
