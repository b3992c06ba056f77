package io.pgplex.metadata.hash;

import io.pgplex.metadata.model.KeyType;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoField;
import java.util.Date;

/**
 * Values compared with a date, timestamp or timestamptz key.
 *
 * <p>pgjdbc sends {@code java.time} values with their own type, and {@link Date} and its subclasses as text of no type,
 * written in the JVM's zone with its offset: the server reads that as the key's type, so that a timestamp key takes the
 * wall clock and a timestamptz key the instant. What depends on the session's time zone is unknown here, and so is what
 * pgjdbc would round to microseconds.
 */
final class TimeKeys {

    /** Only years that every party writes with four digits and no era. */
    private static final int FIRST_YEAR = 1;

    private static final int LAST_YEAR = 9999;

    /** Instants whose year is certain in every zone. */
    private static final long FIRST_SECOND = startOfYear(FIRST_YEAR + 1);

    private static final long LAST_SECOND = startOfYear(LAST_YEAR) - 1;

    /** From here on java.util's calendar and PostgreSQL's proleptic one agree. */
    private static final long FIRST_GREGORIAN_SECOND = startOfYear(1584);

    private static final int FIRST_EPOCH_DAY = (int) LocalDate.of(2000, 1, 1).toEpochDay();
    private static final long FIRST_EPOCH_SECOND = FIRST_EPOCH_DAY * 86_400L;
    private static final int NANOS_PER_MICRO = 1_000;
    private static final long MICROS_PER_SECOND = 1_000_000;

    private TimeKeys() {}

    static int of(KeyType type, Object value, int buckets) {
        if (value instanceof LocalDate date) {
            return ofLocalDate(type, date, buckets);
        }
        if (value instanceof LocalDateTime dateTime) {
            return ofLocalDateTime(type, dateTime, buckets);
        }
        if (value instanceof OffsetDateTime dateTime) {
            return ofOffsetDateTime(type, dateTime, buckets);
        }
        if (value instanceof ZonedDateTime dateTime) {
            return ofInstant(type, dateTime.toInstant(), buckets);
        }
        if (value instanceof Instant instant) {
            return ofInstant(type, instant, buckets);
        }
        if (value instanceof Date date) {
            return ofUtilDate(type, date, buckets);
        }
        return value instanceof String text ? ofText(type, text, buckets) : KeyBucket.UNKNOWN;
    }

    private static int ofLocalDate(KeyType type, LocalDate date, int buckets) {
        if (type == KeyType.TIMESTAMPTZ) {
            return KeyBucket.UNKNOWN;
        }
        if (date.equals(LocalDate.MAX)) {
            return infinity(type, true, buckets);
        }
        if (date.equals(LocalDate.MIN)) {
            return infinity(type, false, buckets);
        }
        if (!isCertain(date)) {
            return KeyBucket.UNKNOWN;
        }
        return type == KeyType.DATE ? ofDate(date, buckets) : ofWallClock(date.atStartOfDay(), buckets);
    }

    private static int ofLocalDateTime(KeyType type, LocalDateTime dateTime, int buckets) {
        if (type == KeyType.TIMESTAMPTZ) {
            return KeyBucket.UNKNOWN;
        }
        if (dateTime.equals(LocalDateTime.MAX)) {
            return infinity(type, true, buckets);
        }
        if (dateTime.equals(LocalDateTime.MIN)) {
            return infinity(type, false, buckets);
        }
        if (!isCertain(dateTime.toLocalDate()) || dateTime.get(ChronoField.NANO_OF_SECOND) % NANOS_PER_MICRO != 0) {
            return KeyBucket.UNKNOWN;
        }
        if (type == KeyType.TIMESTAMP) {
            return ofWallClock(dateTime, buckets);
        }
        // date = timestamp compares with the day's first instant
        return dateTime.toLocalTime().equals(LocalTime.MIDNIGHT)
                ? ofDate(dateTime.toLocalDate(), buckets)
                : KeyBucket.NEVER;
    }

    private static int ofOffsetDateTime(KeyType type, OffsetDateTime dateTime, int buckets) {
        if (type == KeyType.TIMESTAMPTZ && dateTime.equals(OffsetDateTime.MAX)) {
            return infinity(type, true, buckets);
        }
        if (type == KeyType.TIMESTAMPTZ && dateTime.equals(OffsetDateTime.MIN)) {
            return infinity(type, false, buckets);
        }
        return ofInstant(type, dateTime.toInstant(), buckets);
    }

    private static int ofInstant(KeyType type, Instant instant, int buckets) {
        long second = instant.getEpochSecond();
        boolean certain = second >= FIRST_SECOND && second <= LAST_SECOND && instant.getNano() % NANOS_PER_MICRO == 0;
        return type == KeyType.TIMESTAMPTZ && certain
                ? ofMicros(second, instant.getNano(), buckets)
                : KeyBucket.UNKNOWN;
    }

    /** Subclasses beyond java.sql's own (pgjdbc has some) are sent in other ways. */
    @SuppressWarnings("JavaUtilDate") // it is what JDBC passes
    private static int ofUtilDate(KeyType type, Date value, int buckets) {
        long second = Math.floorDiv(value.getTime(), 1_000L);
        if (second < FIRST_GREGORIAN_SECOND || second > LAST_SECOND) {
            return KeyBucket.UNKNOWN;
        }
        if (value.getClass() == java.sql.Date.class) {
            LocalDate date = ((java.sql.Date) value).toLocalDate();
            return type == KeyType.DATE ? ofDate(date, buckets) : KeyBucket.UNKNOWN;
        }
        boolean timestamp = value.getClass() == Timestamp.class || value.getClass() == Date.class;
        if (!timestamp || type == KeyType.DATE) {
            return KeyBucket.UNKNOWN;
        }
        Timestamp exact = value instanceof Timestamp itself ? itself : new Timestamp(value.getTime());
        return type == KeyType.TIMESTAMPTZ
                ? ofInstant(type, exact.toInstant(), buckets)
                : ofLocalDateTime(type, exact.toLocalDateTime(), buckets);
    }

    static int ofText(KeyType type, String text, int buckets) {
        if (text.equalsIgnoreCase("infinity")) {
            return infinity(type, true, buckets);
        }
        if (text.equalsIgnoreCase("-infinity")) {
            return infinity(type, false, buckets);
        }
        IsoDateTime iso = IsoDateTime.parse(text);
        if (iso == null || !isCertain(iso.date())) {
            return KeyBucket.UNKNOWN;
        }
        LocalTime time = iso.time();
        ZoneOffset offset = iso.offset();
        return switch (type.family()) {
            case DATE -> time == null ? ofDate(iso.date(), buckets) : KeyBucket.UNKNOWN;
            case TIMESTAMP ->
                offset == null
                        ? ofWallClock(iso.date().atTime(time == null ? LocalTime.MIDNIGHT : time), buckets)
                        : KeyBucket.UNKNOWN;
            case TIMESTAMPTZ ->
                time != null && offset != null
                        ? ofInstant(type, iso.date().atTime(time).toInstant(offset), buckets)
                        : KeyBucket.UNKNOWN;
            case INTEGER, TEXT, CHAR, UUID, NUMERIC, BOOLEAN, BYTEA ->
                throw new IllegalArgumentException("not a date or timestamp type: " + type);
        };
    }

    private static boolean isCertain(LocalDate date) {
        return date.getYear() >= FIRST_YEAR && date.getYear() <= LAST_YEAR;
    }

    private static long startOfYear(int year) {
        return LocalDate.of(year, 1, 1).toEpochDay() * 86_400L;
    }

    private static int infinity(KeyType type, boolean positive, int buckets) {
        long hash;
        if (type == KeyType.DATE) {
            hash = PostgresHash.hashDate(positive ? PostgresHash.DATE_INFINITY : PostgresHash.DATE_MINUS_INFINITY);
        } else {
            hash = PostgresHash.hashTimestamp(
                    positive ? PostgresHash.TIMESTAMP_INFINITY : PostgresHash.TIMESTAMP_MINUS_INFINITY);
        }
        return KeyBuckets.bucketOfHash(hash, buckets);
    }

    private static int ofDate(LocalDate date, int buckets) {
        int days = (int) date.toEpochDay() - FIRST_EPOCH_DAY;
        return KeyBuckets.bucketOfHash(PostgresHash.hashDate(days), buckets);
    }

    private static int ofWallClock(LocalDateTime dateTime, int buckets) {
        return ofMicros(dateTime.toEpochSecond(ZoneOffset.UTC), dateTime.get(ChronoField.NANO_OF_SECOND), buckets);
    }

    private static int ofMicros(long epochSecond, int nanos, int buckets) {
        long micros = (epochSecond - FIRST_EPOCH_SECOND) * MICROS_PER_SECOND + nanos / NANOS_PER_MICRO;
        return KeyBuckets.bucketOfHash(PostgresHash.hashTimestamp(micros), buckets);
    }
}
