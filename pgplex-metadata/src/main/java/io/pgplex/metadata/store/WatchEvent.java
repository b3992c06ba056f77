package io.pgplex.metadata.store;

/** One key's change. */
public sealed interface WatchEvent {

    String key();

    /** The store's revision that made the change. */
    long revision();

    /** A pair was written. */
    record Put(KeyValue pair) implements WatchEvent {
        @Override
        public String key() {
            return pair.key();
        }

        @Override
        public long revision() {
            return pair.modRevision();
        }
    }

    /** A key vanished: deleted, or its lease ended. */
    record Delete(String key, long revision) implements WatchEvent {}
}
