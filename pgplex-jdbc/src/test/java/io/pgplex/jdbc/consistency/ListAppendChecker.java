package io.pgplex.jdbc.consistency;

import io.pgplex.jdbc.consistency.Anomaly.Kind;
import io.pgplex.jdbc.consistency.Operation.Append;
import io.pgplex.jdbc.consistency.Operation.Read;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongToIntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks for what READ COMMITTED and REPEATABLE READ forbid in a history of transactions that append to lists and read them.
 *
 * <p>A list that is read tells the order of all its appends, so that the serialization graph follows from the history alone:
 * Kingsbury and Alvaro, Elle: Inferring Isolation Anomalies from Experimental Observations (2020). In a history with both levels,
 * an anti-dependency counts only where its reader runs under REPEATABLE READ: Adya, Weak Consistency (1999), section 5.5.
 *
 * <p>A transaction of unknown outcome has committed if anybody has seen an append of it. Confined to one thread.
 */
final class ListAppendChecker {

    private final List<Anomaly> anomalies = new ArrayList<>();
    private final LongToIntFunction shardOf;
    private final VersionOrders orders;
    private final List<ListTransaction> committed = new ArrayList<>();
    private final Map<ListTransaction, List<Read>> reads = new HashMap<>();
    private final List<Dependency> dependencies = new ArrayList<>();
    private final List<Dependency> antiDependencies = new ArrayList<>();

    private ListAppendChecker(History history, LongToIntFunction shardOf) {
        this.shardOf = shardOf;
        orders = new VersionOrders(history, this::found);
        for (ListTransaction transaction : history.transactions()) {
            boolean took = transaction.outcome() == ListTransaction.Outcome.UNKNOWN && orders.seen(transaction);
            if (transaction.committed() || took) {
                committed.add(transaction);
            }
        }
    }

    /** Every anomaly, for lists of one server, or of shards whose snapshots are as good as one server's. */
    static List<Anomaly> check(History history) {
        return check(history, key -> 0);
    }

    /**
     * Every anomaly that is one for snapshots that see each transaction over several shards whole or not at all, but may see a
     * transaction on one shard without an earlier one on another shard.
     *
     * @param shardOf where a key's list is
     */
    static List<Anomaly> check(History history, LongToIntFunction shardOf) {
        ListAppendChecker checker = new ListAppendChecker(history, shardOf);
        checker.readOwnViews();
        checker.findIntermediateReads();
        checker.relate();
        checker.findCycles();
        checker.findTornSnapshots();
        return checker.anomalies;
    }

    private void found(Kind kind, String text) {
        anomalies.add(new Anomaly(kind, text));
    }

    private void readOwnViews() {
        for (ListTransaction transaction : committed) {
            if (transaction.committed()) {
                OwnView view = new OwnView(transaction);
                view.contradictions().forEach(text -> found(Kind.INTERNAL, text));
                List<Read> credible = new ArrayList<>();
                for (Read read : view.foreign()) {
                    List<Long> values = orders.credible(read.key(), read.values());
                    if (VersionOrders.isBeginning(values, orders.order(read.key()))) {
                        credible.add(new Read(read.key(), values));
                    }
                }
                reads.put(transaction, credible);
            } else {
                reads.put(transaction, List.of());
            }
        }
    }

    private @Nullable ListTransaction lastWriter(Read read) {
        List<Long> values = read.values();
        return values.isEmpty() ? null : orders.writer(read.key(), values.get(values.size() - 1));
    }

    private void findIntermediateReads() {
        reads.forEach((reader, list) -> {
            for (Read read : list) {
                ListTransaction writer = lastWriter(read);
                if (writer != null && writer != reader) {
                    List<Append> missing = appendsBehind(writer, read);
                    if (!missing.isEmpty()) {
                        found(
                                Kind.G1B,
                                reader.name() + " read key " + read.key() + " in the middle of " + writer.name()
                                        + ", before " + missing + "\n  " + writer + "\n  " + reader);
                    }
                }
            }
        });
    }

    /** What a transaction appended to the key of a read and the read does not have. */
    private static List<Append> appendsBehind(ListTransaction writer, Read read) {
        return writer.appends().stream()
                .filter(append -> append.key() == read.key() && !read.values().contains(append.value()))
                .toList();
    }

    private void relate() {
        for (long key : orders.keys()) {
            List<Long> order = orders.order(key);
            for (int i = 1; i < order.size(); i++) {
                ListTransaction before = orders.writer(key, order.get(i - 1));
                ListTransaction after = orders.writer(key, order.get(i));
                if (before != null && after != null && before != after) {
                    dependencies.add(Dependency.overwritten(before, after, key, order.get(i - 1), order.get(i)));
                }
            }
        }
        reads.forEach((reader, list) -> list.forEach(read -> relate(reader, read)));
    }

    private void relate(ListTransaction reader, Read read) {
        int size = read.values().size();
        ListTransaction last = lastWriter(read);
        if (last != null && last != reader) {
            dependencies.add(
                    Dependency.read(last, reader, read.key(), read.values().get(size - 1)));
        }
        List<Long> order = orders.order(read.key());
        if (reader.repeatable() && size < order.size()) {
            ListTransaction next = orders.writer(read.key(), order.get(size));
            if (next != null && next != reader) {
                antiDependencies.add(Dependency.notSeen(reader, next, read.key(), order.get(size)));
            }
        }
    }

    private void findCycles() {
        List<Dependency> writes = dependencies.stream()
                .filter(dependency -> dependency.kind() == Dependency.Kind.OVERWRITTEN)
                .toList();
        findCycles(Kind.G0, Dependency.Kind.OVERWRITTEN, new SerializationGraph(committed, writes));
        findCycles(Kind.G1C, Dependency.Kind.READ, new SerializationGraph(committed, dependencies));
    }

    private void findCycles(Kind kind, Dependency.Kind contained, SerializationGraph graph) {
        for (Set<ListTransaction> component : graph.cyclic()) {
            List<Dependency> cycle = graph.shortestCycle(component, contained);
            if (!cycle.isEmpty()) {
                found(kind, "one of " + component.size() + " transactions in cycles" + inWords(cycle));
            }
        }
    }

    private static String inWords(List<Dependency> cycle) {
        String steps = cycle.stream().map(step -> "\n  " + step).collect(Collectors.joining());
        String members = cycle.stream().map(step -> "\n  " + step.from()).collect(Collectors.joining());
        return steps + members;
    }

    private void findTornSnapshots() {
        Set<ListTransaction> fractured = new HashSet<>();
        reads.forEach((reader, list) -> {
            String fracture = reader.repeatable() ? fracture(reader, list) : null;
            if (fracture != null) {
                fractured.add(reader);
                found(Kind.FRACTURED_READ, fracture);
            }
        });
        findSingleAntiDependencies(fractured);
    }

    /** An append that the reader missed although it saw another append of the same transaction, in words; else null. */
    private @Nullable String fracture(ListTransaction reader, List<Read> list) {
        Map<ListTransaction, Append> seen = new HashMap<>();
        for (Read read : list) {
            for (long value : read.values()) {
                ListTransaction writer = orders.writer(read.key(), value);
                if (writer != null && writer != reader) {
                    seen.putIfAbsent(writer, new Append(read.key(), value));
                }
            }
        }
        for (Read read : list) {
            List<Long> order = orders.order(read.key());
            for (long missed : order.subList(read.values().size(), order.size())) {
                ListTransaction writer = orders.writer(read.key(), missed);
                Append other = writer == null ? null : seen.get(writer);
                if (writer != null && other != null && other.key() != read.key()) {
                    return reader.name() + " read key " + read.key() + " without " + writer.name() + "'s " + missed
                            + ", but key " + other.key() + " with its " + other.value() + "\n  " + writer + "\n  "
                            + reader;
                }
            }
        }
        return null;
    }

    /** Cycles with one anti-dependency, of readers that were not found to see a transaction by halves. */
    private void findSingleAntiDependencies(Set<ListTransaction> fractured) {
        SerializationGraph graph = new SerializationGraph(committed, dependencies);
        Map<ListTransaction, List<Dependency>> incoming =
                dependencies.stream().collect(Collectors.groupingBy(Dependency::to));
        Set<ListTransaction> found = new HashSet<>(fractured);
        for (Dependency missed : antiDependencies) {
            ListTransaction reader = missed.from();
            int earliest = graph.component(reader);
            if (found.contains(reader) || graph.component(missed.to()) < earliest) {
                continue;
            }
            for (Dependency seen : incoming.getOrDefault(reader, List.of())) {
                List<Dependency> cycle = cycle(graph, missed, seen, earliest);
                if (!cycle.isEmpty() && found.add(reader)) {
                    found(Kind.G_SINGLE, reader.name() + " saw a later state beside an earlier one" + inWords(cycle));
                }
            }
        }
    }

    private List<Dependency> cycle(SerializationGraph graph, Dependency missed, Dependency seen, int earliest) {
        boolean promised =
                shardOf.applyAsInt(missed.key()) == shardOf.applyAsInt(seen.key()) || distributed(seen.from());
        if (!promised) {
            return List.of();
        }
        List<Dependency> way =
                graph.shortestWay(missed.to(), node -> graph.component(node) >= earliest, seen.from()::equals);
        if (way.isEmpty() && missed.to() != seen.from()) {
            return List.of();
        }
        List<Dependency> cycle = new ArrayList<>(List.of(missed));
        cycle.addAll(way);
        cycle.add(seen);
        return cycle;
    }

    private boolean distributed(ListTransaction transaction) {
        return transaction.appends().stream()
                        .mapToInt(append -> shardOf.applyAsInt(append.key()))
                        .distinct()
                        .count()
                > 1;
    }
}
