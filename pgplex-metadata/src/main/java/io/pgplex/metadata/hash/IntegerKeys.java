package io.pgplex.metadata.hash;

import io.pgplex.metadata.model.KeyType;
import java.math.BigDecimal;
import java.math.BigInteger;

/** Values compared with a smallint, integer or bigint key. */
final class IntegerKeys {

    /** Below these, neighbouring integers have different floating-point values, so that equality is exact. */
    private static final double EXACT_DOUBLE_LIMIT = 0x1p53;

    private static final float EXACT_FLOAT_LIMIT = 0x1p24f;
    private static final int MAX_BIGINT_DIGITS = 19;

    private IntegerKeys() {}

    static int of(KeyType type, Object value, int buckets) {
        if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ofLong(type, ((Number) value).longValue(), buckets);
        }
        if (value instanceof BigInteger integer) {
            return integer.bitLength() < Long.SIZE ? ofLong(type, integer.longValue(), buckets) : KeyBucket.NEVER;
        }
        if (value instanceof BigDecimal decimal) {
            return ofDecimal(type, decimal, buckets);
        }
        if (value instanceof Double number) {
            return ofDouble(type, number, EXACT_DOUBLE_LIMIT, buckets);
        }
        if (value instanceof Float number) {
            return ofDouble(type, number, EXACT_FLOAT_LIMIT, buckets);
        }
        if (value instanceof String || value instanceof Character) {
            return ofText(type, value.toString(), buckets);
        }
        return KeyBucket.UNKNOWN;
    }

    static int ofLong(KeyType type, long value, int buckets) {
        boolean inRange =
                switch (type) {
                    case SMALLINT -> value == (short) value;
                    case INTEGER -> value == (int) value;
                    case BIGINT -> true;
                    case TEXT, VARCHAR, CHAR, UUID, DATE, TIMESTAMP, TIMESTAMPTZ, NUMERIC, BOOLEAN, BYTEA ->
                        throw new IllegalArgumentException("not an integer type: " + type);
                };
        return inRange ? KeyBuckets.bucketOfHash(PostgresHash.hashInt(value), buckets) : KeyBucket.NEVER;
    }

    /** The server compares as numeric, exactly. */
    private static int ofDecimal(KeyType type, BigDecimal value, int buckets) {
        if (!NumericKeys.fits(value)) {
            return KeyBucket.UNKNOWN;
        }
        BigDecimal stripped = value.stripTrailingZeros();
        if (stripped.scale() > 0 || stripped.precision() - stripped.scale() > MAX_BIGINT_DIGITS) {
            return KeyBucket.NEVER;
        }
        BigInteger integer = stripped.toBigIntegerExact();
        return integer.bitLength() < Long.SIZE ? ofLong(type, integer.longValue(), buckets) : KeyBucket.NEVER;
    }

    /** The server compares as floating point, where several large integers may equal one value. */
    private static int ofDouble(KeyType type, double value, double exactLimit, int buckets) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return KeyBucket.NEVER;
        }
        if (Math.abs(value) >= exactLimit) {
            return KeyBucket.UNKNOWN;
        }
        return value == Math.rint(value) ? ofLong(type, (long) value, buckets) : KeyBucket.NEVER;
    }

    /** Only what every server version reads alike: a sign and decimal digits. */
    static int ofText(KeyType type, String text, int buckets) {
        int digits = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
        if (digits == text.length() || text.length() - digits > MAX_BIGINT_DIGITS) {
            return KeyBucket.UNKNOWN;
        }
        for (int i = digits; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return KeyBucket.UNKNOWN;
            }
        }
        try {
            int bucket = ofLong(type, Long.parseLong(text), buckets);
            return bucket == KeyBucket.NEVER ? KeyBucket.UNKNOWN : bucket;
        } catch (NumberFormatException e) {
            return KeyBucket.UNKNOWN; // 19 digits beyond bigint: the server's error to raise
        }
    }
}
