package io.pgplex.jdbc.consistency;

import io.pgplex.jdbc.consistency.Anomaly.Kind;
import io.pgplex.jdbc.consistency.Operation.Append;
import io.pgplex.jdbc.consistency.Operation.Read;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * In which order each list's values were appended, which its longest read tells, and what is wrong with the lists by themselves.
 * Confined to one thread.
 */
final class VersionOrders {

    private record Version(long key, long value) {}

    private final BiConsumer<Kind, String> anomalies;
    private final Map<Version, ListTransaction> writers = new HashMap<>();
    private final Map<Long, List<Long>> orders = new TreeMap<>();

    VersionOrders(History history, BiConsumer<Kind, String> anomalies) {
        this.anomalies = anomalies;
        for (ListTransaction transaction : history.transactions()) {
            for (Append append : transaction.appends()) {
                Version version = new Version(append.key(), append.value());
                if (writers.put(version, transaction) != null) {
                    throw new IllegalArgumentException("the history has it twice: " + append);
                }
            }
        }
        for (ListTransaction transaction : history.transactions()) {
            if (transaction.committed()) {
                transaction.reads().forEach(read -> inspect(read.key(), read.values(), transaction.toString()));
            }
        }
        history.finalLists().forEach((key, list) -> inspect(key, list, "the end"));
        findLongest(history);
        compare(history);
        findLost(history);
    }

    /** Who appended the value; null when nobody did. */
    @Nullable
    ListTransaction writer(long key, long value) {
        return writers.get(new Version(key, value));
    }

    /** All values that were ever read under a key and may be there, in the order of the appends. */
    List<Long> order(long key) {
        return orders.getOrDefault(key, List.of());
    }

    Set<Long> keys() {
        return orders.keySet();
    }

    /** The values of a read that may be there: without repetitions, foreign values and those of aborted transactions. */
    List<Long> credible(long key, List<Long> values) {
        Set<Long> credible = new LinkedHashSet<>();
        for (long value : values) {
            ListTransaction writer = writer(key, value);
            if (writer != null && writer.outcome() != ListTransaction.Outcome.ABORTED) {
                credible.add(value);
            }
        }
        return List.copyOf(credible);
    }

    private void inspect(long key, List<Long> values, String reader) {
        Set<Long> seen = new HashSet<>();
        for (long value : values) {
            ListTransaction writer = writer(key, value);
            if (!seen.add(value)) {
                anomalies.accept(
                        Kind.DUPLICATED_APPEND, value + " is in key " + key + " more than once\n  seen by " + reader);
            } else if (writer == null) {
                anomalies.accept(
                        Kind.FOREIGN_VALUE, "nobody appended " + value + " to key " + key + "\n  seen by " + reader);
            } else if (writer.outcome() == ListTransaction.Outcome.ABORTED) {
                anomalies.accept(
                        Kind.G1A,
                        writer.name() + " was rolled back and its " + value + " is in key " + key + "\n  " + writer
                                + "\n  seen by " + reader);
            }
        }
    }

    private void findLongest(History history) {
        history.finalLists().forEach((key, list) -> orders.put(key, credible(key, list)));
        for (ListTransaction transaction : history.transactions()) {
            if (transaction.committed()) {
                for (Read read : transaction.reads()) {
                    List<Long> values = credible(read.key(), read.values());
                    if (values.size() > order(read.key()).size()) {
                        orders.put(read.key(), values);
                    }
                }
            }
        }
    }

    private void compare(History history) {
        for (ListTransaction transaction : history.transactions()) {
            if (transaction.committed()) {
                transaction.reads().forEach(read -> compare(read.key(), read.values(), transaction.toString()));
            }
        }
        history.finalLists().forEach((key, list) -> compare(key, list, "the end"));
    }

    private void compare(long key, List<Long> values, String reader) {
        List<Long> credible = credible(key, values);
        List<Long> order = order(key);
        if (!isBeginning(credible, order)) {
            anomalies.accept(
                    Kind.INCOMPATIBLE_ORDER,
                    "key " + key + " was read as " + values + " and as " + order + "\n  seen by " + reader);
        }
    }

    static boolean isBeginning(List<Long> values, List<Long> whole) {
        return values.size() <= whole.size() && values.equals(whole.subList(0, values.size()));
    }

    /** Whether somebody has seen that the transaction's appends took place, if only one of them. */
    boolean seen(ListTransaction transaction) {
        for (Append append : transaction.appends()) {
            if (order(append.key()).contains(append.value())) {
                return true;
            }
        }
        return false;
    }

    private void findLost(History history) {
        for (ListTransaction transaction : history.transactions()) {
            if (transaction.outcome() == ListTransaction.Outcome.ABORTED) {
                continue;
            }
            List<Append> lost = new ArrayList<>();
            for (Append append : transaction.appends()) {
                List<Long> end = history.finalLists().get(append.key());
                if (end != null && !end.contains(append.value())) {
                    lost.add(append);
                }
            }
            if (!lost.isEmpty() && (transaction.committed() || seen(transaction))) {
                anomalies.accept(Kind.LOST_APPEND, "in the end there is no " + lost + "\n  " + transaction);
            }
        }
    }
}
