package io.pgplex.metadata.hash;

import java.util.Locale;

/** Values compared with a boolean key. */
final class BooleanKeys {

    private BooleanKeys() {}

    static int of(Object value, int buckets) {
        if (value instanceof Boolean bool) {
            return ofBoolean(bool, buckets);
        }
        return value instanceof String text ? ofText(text, buckets) : KeyBucket.UNKNOWN;
    }

    /** What {@code parse_bool_with_len} of {@code src/backend/utils/adt/bool.c} accepts, without blanks around it. */
    static int ofText(String text, int buckets) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "t", "tr", "tru", "true", "y", "ye", "yes", "on", "1" -> ofBoolean(true, buckets);
            case "f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0" -> ofBoolean(false, buckets);
            default -> KeyBucket.UNKNOWN;
        };
    }

    private static int ofBoolean(boolean value, int buckets) {
        return KeyBuckets.bucketOfHash(PostgresHash.hashBoolean(value), buckets);
    }
}
