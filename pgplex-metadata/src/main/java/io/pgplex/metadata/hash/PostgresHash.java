package io.pgplex.metadata.hash;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL's extended hash functions under the seed that hash partitioning uses, so that client and server agree on a
 * row's bucket. The results equal those of support function 2 of each type's default hash operator class on a server
 * with encoding UTF8 and the byte order of x86 or ARM.
 *
 * <p>The algorithm is Bob Jenkins' lookup3 as {@code src/common/hashfn.c} has it. Nothing here allocates, but for text
 * beyond ASCII and for {@code numeric}. Stateless and thread-safe.
 */
public final class PostgresHash {

    /** {@code HASH_PARTITION_SEED} of {@code src/include/catalog/partition.h}. */
    public static final long SEED = 0x7A5B22367996DCFDL;

    /** {@code DATEVAL_NOBEGIN} and {@code DATEVAL_NOEND} of {@code src/include/utils/date.h}. */
    public static final int DATE_MINUS_INFINITY = Integer.MIN_VALUE;

    public static final int DATE_INFINITY = Integer.MAX_VALUE;

    /** {@code DT_NOBEGIN} and {@code DT_NOEND} of {@code src/include/datatype/timestamp.h}. */
    public static final long TIMESTAMP_MINUS_INFINITY = Long.MIN_VALUE;

    public static final long TIMESTAMP_INFINITY = Long.MAX_VALUE;

    private static final int START = 0x9e3779b9 + 3923095;
    private static final int SEED_HIGH = (int) (SEED >>> 32);
    private static final int SEED_LOW = (int) SEED;

    /** The state after mixing in the seed for a key of four bytes; saves a third of an integer's hash. */
    private static final int UINT32_A = 0xe933553e;

    private static final int UINT32_B = 0xc5da07a8;
    private static final int UINT32_C = 0xfdfd95ed;

    private static final BigInteger NUMERIC_BASE = BigInteger.valueOf(10_000);
    private static final int NUMERIC_DIGITS = 4;

    private PostgresHash() {}

    /**
     * The hash of a smallint, integer or bigint: equal for equal values of the three. {@code hashint2extended},
     * {@code hashint4extended} and {@code hashint8extended} of {@code src/backend/access/hash/hashfunc.c}.
     */
    public static long hashInt(long value) {
        int high = (int) (value >>> 32);
        return hashUint32((int) value ^ (value >= 0 ? high : ~high));
    }

    /** {@code hash_bytes_uint32_extended} of {@code src/common/hashfn.c}. */
    private static long hashUint32(int value) {
        return finish(UINT32_A + value, UINT32_B, UINT32_C);
    }

    /**
     * The hash of a boolean. {@code hashcharextended}, from PostgreSQL 18 {@code hashboolextended}, of
     * {@code src/backend/access/hash/hashfunc.c}.
     */
    public static long hashBoolean(boolean value) {
        return hashUint32(value ? 1 : 0);
    }

    /**
     * The hash of a date.
     *
     * @param days since 2000-01-01, or one of the two infinities. {@code hashint4extended}, from PostgreSQL 18
     *     {@code hashdateextended} of {@code src/backend/utils/adt/date.c}
     */
    public static long hashDate(int days) {
        return hashInt(days);
    }

    /**
     * The hash of a timestamp, with time zone or without. {@code timestamp_hash_extended} of
     * {@code src/backend/utils/adt/timestamp.c}.
     *
     * @param microseconds since 2000-01-01 00:00 (UTC for {@code timestamptz}), or one of the two infinities
     */
    public static long hashTimestamp(long microseconds) {
        return hashInt(microseconds);
    }

    /**
     * The hash of a text or character varying under a deterministic collation. {@code hashtextextended} of
     * {@code src/backend/access/hash/hashfunc.c}.
     *
     * @param value text without lone surrogates: their UTF-8 form does not exist
     */
    public static long hashText(String value) {
        return hashPrefix(value, value.length());
    }

    /**
     * The hash of a character(n): trailing blanks do not count. {@code hashbpcharextended} of
     * {@code src/backend/utils/adt/varchar.c}.
     *
     * @param value text without lone surrogates
     */
    public static long hashChar(String value) {
        int end = value.length();
        while (end > 0 && value.charAt(end - 1) == ' ') {
            end--;
        }
        return hashPrefix(value, end);
    }

    private static long hashPrefix(String value, int end) {
        for (int i = 0; i < end; i++) {
            if (value.charAt(i) >= 0x80) {
                byte[] bytes = value.substring(0, end).getBytes(StandardCharsets.UTF_8);
                return hash(null, bytes, 0, bytes.length);
            }
        }
        return hash(value, null, 0, end);
    }

    /** The hash of a bytea. {@code hashvarlenaextended}, from PostgreSQL 18 {@code hashbyteaextended}. */
    public static long hashBytes(byte[] bytes) {
        return hash(null, bytes, 0, bytes.length);
    }

    /**
     * The hash of some bytes of an array. {@code hash_bytes_extended} of {@code src/common/hashfn.c}.
     *
     * @throws IndexOutOfBoundsException when the range is not inside the array
     */
    public static long hashBytes(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        return hash(null, bytes, offset, length);
    }

    /** The hash of a uuid. {@code uuid_hash_extended} of {@code src/backend/utils/adt/uuid.c}. */
    public static long hashUuid(UUID value) {
        return hashUuid(value.getMostSignificantBits(), value.getLeastSignificantBits());
    }

    /** The hash of a uuid given as its two halves, most significant first. */
    public static long hashUuid(long high, long low) {
        int a = START + 16 + SEED_HIGH;
        int b = START + 16 + SEED_LOW;
        int c = START + 16;
        for (int round = 0; ; round++) {
            // mix, see below
            a = (a - c) ^ Integer.rotateLeft(c, 4);
            c += b;
            b = (b - a) ^ Integer.rotateLeft(a, 6);
            a += c;
            c = (c - b) ^ Integer.rotateLeft(b, 8);
            b += a;
            a = (a - c) ^ Integer.rotateLeft(c, 16);
            c += b;
            b = (b - a) ^ Integer.rotateLeft(a, 19);
            a += c;
            c = (c - b) ^ Integer.rotateLeft(b, 4);
            b += a;
            if (round == 1) {
                return finish(a + Integer.reverseBytes((int) low), b, c);
            }
            a += Integer.reverseBytes((int) (high >>> 32));
            b += Integer.reverseBytes((int) high);
            c += Integer.reverseBytes((int) (low >>> 32));
        }
    }

    /**
     * The hash of a finite numeric: its digits to base 10000 without zeros at either end, and the weight of the first;
     * neither scale nor sign counts. {@code hash_numeric_extended} of {@code src/backend/utils/adt/numeric.c}.
     */
    public static long hashNumeric(BigDecimal value) {
        if (value.signum() == 0) {
            return SEED - 1;
        }
        BigDecimal stripped = value.stripTrailingZeros();
        // Align the decimal point with a boundary between base-10000 digits.
        int fractionDigits = Math.floorDiv(stripped.scale() + NUMERIC_DIGITS - 1, NUMERIC_DIGITS);
        BigInteger rest = stripped.unscaledValue().abs();
        int padding = fractionDigits * NUMERIC_DIGITS - stripped.scale();
        if (padding > 0) {
            rest = rest.multiply(BigInteger.TEN.pow(padding));
        }
        int count = 0;
        byte[] digits = new byte[2 * (rest.bitLength() / 13 + 1)];
        while (rest.signum() != 0) {
            BigInteger[] parts = rest.divideAndRemainder(NUMERIC_BASE);
            int digit = parts[1].intValue();
            count++;
            digits[digits.length - 2 * count] = (byte) digit;
            digits[digits.length - 2 * count + 1] = (byte) (digit >>> 8);
            rest = parts[0];
        }
        int weight = count - 1 - fractionDigits;
        return hash(null, digits, digits.length - 2 * count, 2 * count) ^ weight;
    }

    /** The hash of a numeric that is NaN, Infinity or -Infinity. */
    public static long hashNumericSpecial() {
        return SEED;
    }

    /** lookup3 over ASCII text or bytes: exactly one of the two is not null. */
    private static long hash(@Nullable String text, byte @Nullable [] bytes, int offset, int length) {
        int a = START + length + SEED_HIGH;
        int b = START + length + SEED_LOW;
        int c = START + length;
        int at = offset;
        int left = length;
        while (true) {
            // The macro mix(a, b, c); Java has no way to return three ints without allocating.
            a = (a - c) ^ Integer.rotateLeft(c, 4);
            c += b;
            b = (b - a) ^ Integer.rotateLeft(a, 6);
            a += c;
            c = (c - b) ^ Integer.rotateLeft(b, 8);
            b += a;
            a = (a - c) ^ Integer.rotateLeft(c, 16);
            c += b;
            b = (b - a) ^ Integer.rotateLeft(a, 19);
            a += c;
            c = (c - b) ^ Integer.rotateLeft(b, 4);
            b += a;
            if (left < 12) {
                break;
            }
            a += word(text, bytes, at, 4);
            b += word(text, bytes, at + 4, 4);
            c += word(text, bytes, at + 8, 4);
            at += 12;
            left -= 12;
        }
        a += word(text, bytes, at, Math.min(left, 4));
        b += word(text, bytes, at + 4, Math.min(left - 4, 4));
        // The lowest byte of c is reserved for the length.
        c += word(text, bytes, at + 8, left - 8) << 8;
        return finish(a, b, c);
    }

    /** Up to four bytes as a little-endian number; 0 when there are none. */
    private static int word(@Nullable String text, byte @Nullable [] bytes, int at, int count) {
        if (count == 4) {
            return next(text, bytes, at)
                    | next(text, bytes, at + 1) << 8
                    | next(text, bytes, at + 2) << 16
                    | next(text, bytes, at + 3) << 24;
        }
        int word = 0;
        for (int i = count - 1; i >= 0; i--) {
            word = word << 8 | next(text, bytes, at + i);
        }
        return word;
    }

    private static int next(@Nullable String text, byte @Nullable [] bytes, int at) {
        if (text != null) {
            return text.charAt(at);
        }
        return bytes != null ? bytes[at] & 0xff : 0;
    }

    /** The macro final(a, b, c), and its result as 64 bits. */
    private static long finish(int first, int second, int third) {
        int b = second;
        int c = (third ^ b) - Integer.rotateLeft(b, 14);
        int a = (first ^ c) - Integer.rotateLeft(c, 11);
        b = (b ^ a) - Integer.rotateLeft(a, 25);
        c = (c ^ b) - Integer.rotateLeft(b, 16);
        a = (a ^ c) - Integer.rotateLeft(c, 4);
        b = (b ^ a) - Integer.rotateLeft(a, 14);
        c = (c ^ b) - Integer.rotateLeft(b, 24);
        return (long) b << 32 | (c & 0xffffffffL);
    }
}
