package io.pgplex.metadata.hash;

import java.util.UUID;

/** Values compared with a uuid key. */
final class UuidKeys {

    private static final int BYTES = 16;

    private UuidKeys() {}

    static int of(Object value, int buckets) {
        if (value instanceof UUID uuid) {
            return KeyBuckets.bucketOfHash(PostgresHash.hashUuid(uuid), buckets);
        }
        return value instanceof String text ? ofText(text, buckets) : KeyBucket.UNKNOWN;
    }

    /**
     * Every form that {@code string_to_uuid} of {@code src/backend/utils/adt/uuid.c} accepts: optional braces, and an
     * optional hyphen after each group of four digits.
     */
    static int ofText(String text, int buckets) {
        boolean braces = text.startsWith("{");
        int at = braces ? 1 : 0;
        long high = 0;
        long low = 0;
        for (int i = 0; i < BYTES; i++) {
            int value = Hex.byteAt(text, at);
            if (value < 0) {
                return KeyBucket.UNKNOWN;
            }
            at += 2;
            if (i % 2 == 1 && i < BYTES - 1 && at < text.length() && text.charAt(at) == '-') {
                at++;
            }
            if (i < BYTES / 2) {
                high = high << 8 | value;
            } else {
                low = low << 8 | value;
            }
        }
        if (!text.substring(at).equals(braces ? "}" : "")) {
            return KeyBucket.UNKNOWN;
        }
        return KeyBuckets.bucketOfHash(PostgresHash.hashUuid(high, low), buckets);
    }
}
