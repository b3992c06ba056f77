package io.pgplex.routing.bind;

import io.pgplex.metadata.hash.KeyBucket;
import io.pgplex.metadata.hash.KeyBuckets;
import io.pgplex.metadata.model.KeyType;
import java.math.BigDecimal;

/**
 * The bucket of a key that a statement stores, where {@link KeyShards} speaks of keys that it compares with. Stateless;
 * allocates nothing for integers.
 */
public final class KeyAssignment {

    /** A scale may be negative, which rounds integers too; it is told from this one. */
    private static final int NO_MODIFIER = Integer.MAX_VALUE;

    /** Reading a number takes time in the square of its digits; the server reads longer ones. */
    private static final int MAX_NUMBER_CHARACTERS = 4_000;

    private KeyAssignment() {}

    /** The row's bucket, or {@link KeyBucket#UNKNOWN} when a server has to say what it stores. */
    public static int bucket(KeySource.Assigned key, Parameters parameters, int buckets) {
        int index = key.index();
        if (parameters.isLong(index)) {
            if (key.type() == KeyType.NUMERIC && modifier(key.columnType(), 1) < 0) {
                return KeyBucket.UNKNOWN;
            }
            return stored(KeyBuckets.bucketOfLong(key.type(), parameters.longValue(index), buckets));
        }
        Object value = parameters.value(index);
        if (value == null) {
            return KeyBuckets.bucketOfNull(buckets);
        }
        return isStoredAsItIs(key.type(), key.columnType(), value)
                ? stored(KeyBuckets.bucketOf(key.type(), value, buckets))
                : KeyBucket.UNKNOWN;
    }

    /** As {@link #bucket}, for a literal; {@code text} and {@code quoted} as {@link KeyBuckets#bucketOfLiteral} has them. */
    public static int bucketOfLiteral(KeyType type, String columnType, String text, boolean quoted, int buckets) {
        if (!quoted && text.equalsIgnoreCase("null")) {
            return KeyBuckets.bucketOfNull(buckets);
        }
        Object value = quoted ? text : number(text);
        return isStoredAsItIs(type, columnType, value)
                ? stored(KeyBuckets.bucketOfLiteral(type, text, quoted, buckets))
                : KeyBucket.UNKNOWN;
    }

    /** What no stored key can equal is rounded when it is stored, or refused by the server: the server knows. */
    private static int stored(int bucket) {
        return bucket == KeyBucket.NEVER ? KeyBucket.UNKNOWN : bucket;
    }

    private static Object number(String text) {
        if (text.length() > MAX_NUMBER_CHARACTERS) {
            return text;
        }
        try {
            return new BigDecimal(text);
        } catch (NumberFormatException e) {
            return text;
        }
    }

    /** Whether the column's modifier leaves the value alone. */
    private static boolean isStoredAsItIs(KeyType type, String columnType, Object value) {
        return switch (type) {
            case VARCHAR -> {
                int length = modifier(columnType, 0);
                yield length == NO_MODIFIER
                        || (value instanceof String text && text.codePointCount(0, text.length()) <= length);
            }
            case NUMERIC -> {
                int scale = modifier(columnType, 1);
                yield scale == NO_MODIFIER
                        || (value instanceof BigDecimal number
                                && number.stripTrailingZeros().scale() <= scale);
            }
            case TIMESTAMP, TIMESTAMPTZ -> modifier(columnType, 0) == NO_MODIFIER;
            // blanks at the end do not count, and longer values are refused
            case CHAR -> true;
            case SMALLINT, INTEGER, BIGINT, TEXT, UUID, DATE, BOOLEAN, BYTEA -> true;
        };
    }

    /** One of the numbers in a type's parentheses, counted from 0; a missing scale is 0. */
    private static int modifier(String columnType, int which) {
        int open = columnType.indexOf('(');
        if (open < 0) {
            return NO_MODIFIER;
        }
        int close = columnType.indexOf(')', open);
        int comma = columnType.indexOf(',', open);
        if (comma < 0) {
            return which == 0 ? parse(columnType, open + 1, close) : 0;
        }
        return which == 0 ? parse(columnType, open + 1, comma) : parse(columnType, comma + 1, close);
    }

    private static int parse(String text, int begin, int end) {
        return Integer.parseInt(text, begin, end, 10);
    }
}
