package io.pgplex.jdbc.transaction;

import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.Snapshot;
import io.pgplex.metadata.store.Transaction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Metadata changes as a commit record carries them: which documents to put and delete, and the revision that they were
 * computed from, so that whoever recovers makes them if and only if nobody has touched those keys since. Immutable.
 *
 * <p>As text: {@code revision N}, then {@code put KEY DOCUMENT} and {@code delete KEY} lines. Keys hold no blanks and
 * documents no line ends.
 */
public record ChangeDocument(long revision, List<KeyValue> puts, List<String> deletes) {

    public ChangeDocument {
        puts = List.copyOf(puts);
        deletes = List.copyOf(deletes);
    }

    /** What a transaction on a snapshot of that revision would do. */
    static ChangeDocument of(long revision, Transaction transaction) {
        List<KeyValue> puts = new ArrayList<>();
        for (Transaction.Put put : transaction.puts()) {
            puts.add(new KeyValue(put.key(), put.value(), 0));
        }
        return new ChangeDocument(revision, puts, transaction.deletes());
    }

    String text() {
        StringBuilder text = new StringBuilder("revision ").append(revision);
        for (KeyValue put : puts) {
            text.append("\nput ").append(put.key()).append(' ').append(put.value());
        }
        for (String key : deletes) {
            text.append("\ndelete ").append(key);
        }
        return text.toString();
    }

    /** Reads {@link #text}. */
    static ChangeDocument parse(String text) {
        long revision = 0;
        List<KeyValue> puts = new ArrayList<>();
        List<String> deletes = new ArrayList<>();
        for (String line : text.split("\n")) {
            String[] words = line.split(" ", 3);
            switch (words[0]) {
                case "revision" -> revision = Long.parseLong(words[1]);
                case "put" -> puts.add(new KeyValue(words[1], words[2], 0));
                case "delete" -> deletes.add(words[1]);
                default -> throw new IllegalArgumentException("unknown line in a metadata change: " + words[0]);
            }
        }
        return new ChangeDocument(revision, puts, deletes);
    }

    /** The part of the changes that nobody has made or overtaken in that snapshot, as a transaction. */
    Transaction remaining(Snapshot snapshot) {
        Map<String, Long> revisions = new HashMap<>();
        snapshot.pairs().forEach(pair -> revisions.put(pair.key(), pair.modRevision()));
        Transaction.Builder transaction = Transaction.builder();
        for (KeyValue put : puts) {
            long modRevision = revisions.getOrDefault(put.key(), 0L);
            if (modRevision <= revision) {
                transaction.ifRevision(put.key(), modRevision).put(put.key(), put.value());
            }
        }
        for (String key : deletes) {
            long modRevision = revisions.getOrDefault(key, 0L);
            if (modRevision > 0 && modRevision <= revision) {
                transaction.ifRevision(key, modRevision).delete(key);
            }
        }
        return transaction.build();
    }
}
