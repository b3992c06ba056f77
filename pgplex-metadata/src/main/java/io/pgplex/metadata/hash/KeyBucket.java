package io.pgplex.metadata.hash;

/**
 * What the client can say about the bucket of a key's value, packed in an int so that the hot path allocates nothing: a
 * bucket number, or one of the two constants.
 */
public final class KeyBucket {

    /** No row can have that key: NULL in a comparison, a fraction compared with an integer key. */
    public static final int NEVER = -1;

    /** The client cannot know how the server would read the value; any shard may hold the row. */
    public static final int UNKNOWN = -2;

    private KeyBucket() {}
}
