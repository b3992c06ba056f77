package io.pgplex.jdbc.transaction;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Commit records that are of no use any more, by anchor: every participant has said that it committed. The next commit on
 * that anchor deletes them in passing, so that they cost no round trip. Thread-safe.
 */
public final class FinishedRecords {

    /** Most records deleted by one commit. */
    private static final int BATCH = 100;

    private final Map<String, Queue<String>> byAnchor = new ConcurrentHashMap<>();

    void add(String anchor, String gtxid) {
        byAnchor.computeIfAbsent(anchor, absent -> new ConcurrentLinkedQueue<>())
                .add(gtxid);
    }

    /** Takes a batch out; give it back with {@link #add} when it was not deleted after all. */
    List<String> take(String anchor) {
        List<String> batch = new ArrayList<>();
        Queue<String> queue = byAnchor.get(anchor);
        while (queue != null && batch.size() < BATCH) {
            String gtxid = queue.poll();
            if (gtxid == null) {
                break;
            }
            batch.add(gtxid);
        }
        return batch;
    }
}
