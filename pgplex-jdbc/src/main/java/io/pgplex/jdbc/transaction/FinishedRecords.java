package io.pgplex.jdbc.transaction;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Commit records that are of no use any more, by anchor: every participant has said that it committed. When many have come
 * together, the next commit on that anchor deletes them in passing, so that they cost no round trip and little else; the
 * last ones of a client are left to an arbiter. Thread-safe.
 */
public final class FinishedRecords {

    /** How many records one commit deletes. */
    static final int BATCH = 64;

    private final Map<String, List<String>> byAnchor = new ConcurrentHashMap<>();

    void add(String anchor, String gtxid) {
        List<String> records = byAnchor.computeIfAbsent(anchor, absent -> new ArrayList<>());
        synchronized (records) {
            records.add(gtxid);
        }
    }

    /** Takes a batch out where there is one; give it back with {@link #add} when it was not deleted after all. */
    List<String> take(String anchor) {
        List<String> records = byAnchor.get(anchor);
        if (records == null) {
            return List.of();
        }
        synchronized (records) {
            if (records.size() < BATCH) {
                return List.of();
            }
            List<String> first = records.subList(0, BATCH);
            List<String> batch = List.copyOf(first);
            first.clear();
            return batch;
        }
    }
}
