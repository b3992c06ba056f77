package io.pgplex.metadata.hash;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Values compared with a numeric key. */
final class NumericKeys {

    /** What every server version reads alike as a finite number. Exponents of more digits are out of range. */
    private static final Pattern NUMBER =
            Pattern.compile("[+-]?+(?:[0-9]++(?:\\.[0-9]*+)?+|\\.[0-9]++)(?:[eE][+-]?+[0-9]{1,6}+)?+");

    /** Inside the limits of numeric (131072 digits before the point, 16383 after). */
    private static final int MAX_INTEGER_DIGITS = 131_000;

    private static final int MAX_SCALE = 16_000;

    /** Reading a number takes time in the square of its digits: this many take about half a millisecond. */
    private static final int MAX_CHARACTERS = 4_000;

    private NumericKeys() {}

    static int of(Object value, int buckets) {
        if (value instanceof BigDecimal decimal) {
            return ofDecimal(decimal, buckets);
        }
        if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ofDecimal(BigDecimal.valueOf(((Number) value).longValue()), buckets);
        }
        if (value instanceof BigInteger integer) {
            return ofDecimal(new BigDecimal(integer), buckets);
        }
        if (value instanceof String || value instanceof Character) {
            return ofText(value.toString(), buckets);
        }
        // float4 and float8 are compared as float8, where many numerics equal one value
        return KeyBucket.UNKNOWN;
    }

    static int ofDecimal(BigDecimal value, int buckets) {
        return fits(value) ? KeyBuckets.bucketOfHash(PostgresHash.hashNumeric(value), buckets) : KeyBucket.UNKNOWN;
    }

    static int ofText(String text, int buckets) {
        BigDecimal number = parse(text);
        if (number != null) {
            return ofDecimal(number, buckets);
        }
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "nan", "infinity", "+infinity", "-infinity" ->
                KeyBuckets.bucketOfHash(PostgresHash.hashNumericSpecial(), buckets);
            default -> KeyBucket.UNKNOWN;
        };
    }

    /** Whether the server can hold the value without rounding it; also bounds the work of hashing it. */
    static boolean fits(BigDecimal value) {
        return value.scale() <= MAX_SCALE && (long) value.precision() - value.scale() <= MAX_INTEGER_DIGITS;
    }

    /** A finite decimal number as SQL writes it, or null; null as well for one of more than {@value #MAX_CHARACTERS} characters. */
    static @Nullable BigDecimal parse(String text) {
        if (text.length() > MAX_CHARACTERS || !NUMBER.matcher(text).matches()) {
            return null;
        }
        return new BigDecimal(text);
    }
}
