package io.pgplex.metadata.hash;

import io.pgplex.metadata.model.KeyType;

/** Values compared with a text, character varying or character(n) key. */
final class TextKeys {

    private TextKeys() {}

    static int of(KeyType type, Object value, int buckets) {
        if (value instanceof String || value instanceof Character) {
            return ofText(type, value.toString(), buckets);
        }
        return KeyBucket.UNKNOWN;
    }

    /** pgjdbc sends a String as varchar, which is compared with character(n) as character(n): blanks do not count. */
    static int ofText(KeyType type, String text, int buckets) {
        if (!isStorable(text)) {
            return KeyBucket.UNKNOWN;
        }
        long hash = type == KeyType.CHAR ? PostgresHash.hashChar(text) : PostgresHash.hashText(text);
        return KeyBuckets.bucketOfHash(hash, buckets);
    }

    /** Whether PostgreSQL can hold the text: no NUL character, no half of a surrogate pair. */
    private static boolean isStorable(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                return false;
            }
            if (Character.isSurrogate(c)) {
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!pair) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }
}
