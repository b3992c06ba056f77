package io.pgplex.metadata.hash;

/** Values compared with a bytea key. */
final class ByteaKeys {

    private ByteaKeys() {}

    static int of(Object value, int buckets) {
        if (value instanceof byte[] bytes) {
            return KeyBuckets.bucketOfHash(PostgresHash.hashBytes(bytes), buckets);
        }
        return value instanceof String text ? ofText(text, buckets) : KeyBucket.UNKNOWN;
    }

    /** The hex form without blanks; the escape form is left to the server. */
    static int ofText(String text, int buckets) {
        if (!text.startsWith("\\x") || text.length() % 2 != 0) {
            return KeyBucket.UNKNOWN;
        }
        byte[] bytes = new byte[text.length() / 2 - 1];
        for (int i = 0; i < bytes.length; i++) {
            int value = Hex.byteAt(text, 2 * i + 2);
            if (value < 0) {
                return KeyBucket.UNKNOWN;
            }
            bytes[i] = (byte) value;
        }
        return KeyBuckets.bucketOfHash(PostgresHash.hashBytes(bytes), buckets);
    }
}
