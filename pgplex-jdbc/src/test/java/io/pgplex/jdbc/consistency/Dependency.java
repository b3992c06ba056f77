package io.pgplex.jdbc.consistency;

/**
 * An edge of the serialization graph: one transaction must come before another one.
 *
 * @param key the list from which that follows
 * @param before the value that {@code from} appended; for an anti-dependency, the one that {@code to} appended
 * @param after the value that {@code to} appended next; 0 unless the kind is {@link Kind#OVERWRITTEN}
 */
record Dependency(Kind kind, ListTransaction from, ListTransaction to, long key, long before, long after) {

    enum Kind {
        /** ww: {@code to} appended behind {@code from}. */
        OVERWRITTEN,
        /** wr: {@code to} read what {@code from} appended last. */
        READ,
        /** rw: {@code from} read the list as it was before {@code to} appended. */
        NOT_SEEN
    }

    static Dependency overwritten(ListTransaction from, ListTransaction to, long key, long before, long after) {
        return new Dependency(Kind.OVERWRITTEN, from, to, key, before, after);
    }

    static Dependency read(ListTransaction writer, ListTransaction reader, long key, long value) {
        return new Dependency(Kind.READ, writer, reader, key, value, 0);
    }

    static Dependency notSeen(ListTransaction reader, ListTransaction writer, long key, long value) {
        return new Dependency(Kind.NOT_SEEN, reader, writer, key, value, 0);
    }

    @Override
    public String toString() {
        return switch (kind) {
            case OVERWRITTEN ->
                from.name() + " appended " + before + " to key " + key + " before " + to.name() + " appended " + after;
            case READ -> to.name() + " read key " + key + " with " + from.name() + "'s " + before + " at its end";
            case NOT_SEEN -> from.name() + " read key " + key + " without " + to.name() + "'s " + before;
        };
    }
}
