package io.pgplex.metadata.hash;

import io.pgplex.metadata.model.KeyType;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * From the value of a distribution key to its bucket. Stateless and thread-safe; allocates nothing for integers, ASCII
 * text and uuids.
 *
 * <p>The law: a bucket is returned only when {@code key = value}, evaluated by PostgreSQL with the type in which pgjdbc
 * sends that Java value (or that the literal has in SQL), can match rows of that bucket only;
 * {@link KeyBucket#NEVER} only when it can match none; otherwise {@link KeyBucket#UNKNOWN}. A value for which the
 * server raises an error may have any of the three.
 *
 * <p>This speaks of comparison. <em>Storing</em> a value may change it first: an assignment rounds 1.5 for a bigint
 * column, 1.005 for numeric(10,2) and microseconds for timestamp(0), and cuts blanks beyond varchar(n). Whoever routes
 * an INSERT must take {@code NEVER} for "ask the server", and must look at the column's modifier.
 *
 * <p>{@code PARTITION BY HASH} adds a constant to the same hash before it takes the remainder, so partition
 * {@code (bucket + 0x8e3) mod n} of n partitions holds a bucket's rows.
 */
public final class KeyBuckets {

    private KeyBuckets() {}

    /** The bucket of a hash. */
    public static int bucketOfHash(long hash, int buckets) {
        return (int) hash & (buckets - 1);
    }

    /** The bucket of rows whose key IS NULL. A comparison with NULL matches none of them. */
    public static int bucketOfNull(int buckets) {
        return bucketOfHash(0, buckets);
    }

    /**
     * The bucket of a value set by {@code setLong}, {@code setInt}, {@code setShort} or {@code setByte}.
     *
     * @param buckets the cluster's number of buckets, a power of two
     * @return a bucket, {@link KeyBucket#NEVER} or {@link KeyBucket#UNKNOWN}
     */
    public static int bucketOfLong(KeyType type, long value, int buckets) {
        return switch (type.family()) {
            case INTEGER -> IntegerKeys.ofLong(type, value, buckets);
            case NUMERIC -> NumericKeys.ofDecimal(BigDecimal.valueOf(value), buckets);
            case TEXT, CHAR, UUID, DATE, TIMESTAMP, TIMESTAMPTZ, BOOLEAN, BYTEA -> KeyBucket.UNKNOWN;
        };
    }

    /**
     * The bucket of a value as an application passes it to a JDBC setter or {@code setObject}, without a target type or
     * a Calendar.
     *
     * @param buckets the cluster's number of buckets, a power of two
     * @return a bucket, {@link KeyBucket#NEVER} or {@link KeyBucket#UNKNOWN}
     */
    public static int bucketOf(KeyType type, @Nullable Object value, int buckets) {
        if (value == null) {
            return KeyBucket.NEVER;
        }
        return switch (type.family()) {
            case INTEGER -> IntegerKeys.of(type, value, buckets);
            case TEXT, CHAR -> TextKeys.of(type, value, buckets);
            case UUID -> UuidKeys.of(value, buckets);
            case NUMERIC -> NumericKeys.of(value, buckets);
            case DATE, TIMESTAMP, TIMESTAMPTZ -> TimeKeys.of(type, value, buckets);
            case BOOLEAN -> BooleanKeys.of(value, buckets);
            case BYTEA -> ByteaKeys.of(value, buckets);
        };
    }

    /**
     * The bucket of a literal in SQL text.
     *
     * @param text what the literal says: a quoted one without its quotes and escapes
     * @param quoted true for a string literal, whose type PostgreSQL takes from the key; false for a bare number,
     *     {@code true}, {@code false} or {@code null}
     * @param buckets the cluster's number of buckets, a power of two
     * @return a bucket, {@link KeyBucket#NEVER} or {@link KeyBucket#UNKNOWN}
     */
    public static int bucketOfLiteral(KeyType type, String text, boolean quoted, int buckets) {
        if (!quoted) {
            return bucketOfBareLiteral(type, text, buckets);
        }
        return switch (type.family()) {
            case INTEGER -> IntegerKeys.ofText(type, text, buckets);
            case TEXT, CHAR -> TextKeys.ofText(type, text, buckets);
            case UUID -> UuidKeys.ofText(text, buckets);
            case NUMERIC -> NumericKeys.ofText(text, buckets);
            case DATE, TIMESTAMP, TIMESTAMPTZ -> TimeKeys.ofText(type, text, buckets);
            case BOOLEAN -> BooleanKeys.ofText(text, buckets);
            case BYTEA -> ByteaKeys.ofText(text, buckets);
        };
    }

    private static int bucketOfBareLiteral(KeyType type, String text, int buckets) {
        if (text.equalsIgnoreCase("null")) {
            return KeyBucket.NEVER;
        }
        return switch (type.family()) {
            case INTEGER, NUMERIC -> {
                BigDecimal number = NumericKeys.parse(text);
                yield number == null ? KeyBucket.UNKNOWN : bucketOf(type, number, buckets);
            }
            case BOOLEAN ->
                text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false")
                        ? BooleanKeys.ofText(text, buckets)
                        : KeyBucket.UNKNOWN;
            case TEXT, CHAR, UUID, DATE, TIMESTAMP, TIMESTAMPTZ, BYTEA -> KeyBucket.UNKNOWN;
        };
    }
}
