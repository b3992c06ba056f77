package io.pgplex.jdbc.deadlock;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for whom in the whole cluster, and the cycles in it that no server can see alone. Immutable.
 *
 * <p>A transaction that was published is one node, whatever processes it has; any other process is a node by itself, whether
 * it belongs to pgplex or not. Who waits, waits for all of its blockers, so that each cycle is a deadlock; also one through
 * a place in a queue, because the servers reorder queues only for deadlocks that they see.
 */
final class WaitGraph {

    /** What can wait. */
    private sealed interface Node {

        record Transaction(String gtxid) implements Node {
            @Override
            public String toString() {
                return "transaction " + gtxid;
            }
        }

        record Backend(String shard, int pid) implements Node {
            @Override
            public String toString() {
                return "process " + pid;
            }
        }
    }

    private final Collection<WaitingTransaction> transactions;
    /** The shards on which one node waits for another, one of them for each pair; only nodes that may be on a cycle. */
    private final Map<Node, Map<Node, String>> edges;

    WaitGraph(Collection<WaitingTransaction> transactions, Collection<LockWait> waits) {
        this.transactions = transactions;
        Map<Node, Node> owners = new HashMap<>();
        Map<String, Node> byName = new HashMap<>();
        for (WaitingTransaction transaction : transactions) {
            Node node = new Node.Transaction(transaction.gtxid());
            byName.put(transaction.gtxid(), node);
            transaction.backends().forEach((shard, pid) -> owners.put(new Node.Backend(shard, pid), node));
        }
        Map<Node, Map<Node, String>> all = new HashMap<>();
        withoutLocalCycles(processes(waits))
                .forEach((waiter, blockers) -> blockers.forEach((blocker, shard) -> {
                    Node from = owners.getOrDefault(waiter, waiter);
                    Node to = owners.getOrDefault(blocker, blocker);
                    add(all, from, to, shard);
                }));
        for (LockWait wait : waits) {
            Node waiter = new Node.Backend(wait.shard(), wait.pid());
            for (String gtxid : wait.prepared()) {
                Node blocker = byName.get(gtxid);
                if (blocker != null) {
                    add(all, owners.getOrDefault(waiter, waiter), blocker, wait.shard());
                }
            }
        }
        this.edges = core(all);
    }

    private static void add(Map<Node, Map<Node, String>> edges, Node from, Node to, String shard) {
        if (!from.equals(to)) {
            edges.computeIfAbsent(from, absent -> new HashMap<>()).put(to, shard);
        }
    }

    private static Map<Node, Map<Node, String>> processes(Collection<LockWait> waits) {
        Map<Node, Map<Node, String>> edges = new HashMap<>();
        for (LockWait wait : waits) {
            Node waiter = new Node.Backend(wait.shard(), wait.pid());
            for (int blocker : wait.blockers()) {
                add(edges, waiter, new Node.Backend(wait.shard(), blocker), wait.shard());
            }
        }
        return edges;
    }

    /** Leaves out the waits on a cycle of one server, which ends it itself; so every cycle that is left is over several. */
    private static Map<Node, Map<Node, String>> withoutLocalCycles(Map<Node, Map<Node, String>> processes) {
        Map<Node, Map<Node, String>> suspects = core(processes);
        suspects.forEach((waiter, blockers) -> blockers.keySet().forEach(blocker -> {
            if (path(suspects, blocker, waiter) != null) {
                Map<Node, String> known = processes.get(waiter);
                if (known != null) {
                    known.remove(blocker);
                }
            }
        }));
        return processes;
    }

    /** The part of a graph without the nodes that lead nowhere, and those that lead to such nodes only. */
    private static Map<Node, Map<Node, String>> core(Map<Node, Map<Node, String>> edges) {
        Map<Node, List<Node>> waiters = new HashMap<>();
        Map<Node, Integer> open = new HashMap<>();
        edges.forEach((from, targets) -> {
            open.put(from, targets.size());
            targets.keySet().forEach(to -> waiters.computeIfAbsent(to, absent -> new ArrayList<>())
                    .add(from));
        });
        Set<Node> dropped = new HashSet<>();
        Queue<Node> ends = new ArrayDeque<>();
        waiters.keySet().stream().filter(to -> !edges.containsKey(to)).forEach(ends::add);
        open.forEach((from, count) -> {
            if (count == 0) {
                ends.add(from);
            }
        });
        while (!ends.isEmpty()) {
            Node end = ends.remove();
            if (dropped.add(end)) {
                for (Node waiter : waiters.getOrDefault(end, List.of())) {
                    if (open.merge(waiter, -1, Integer::sum) == 0) {
                        ends.add(waiter);
                    }
                }
            }
        }
        Map<Node, Map<Node, String>> core = new HashMap<>();
        edges.forEach((from, targets) -> {
            if (!dropped.contains(from)) {
                Map<Node, String> left = new HashMap<>(targets);
                left.keySet().removeAll(dropped);
                core.put(from, left);
            }
        });
        return core;
    }

    /** The nodes of a shortest way from one node to another, both included; null where there is none. */
    private static @Nullable List<Node> path(Map<Node, Map<Node, String>> edges, Node from, Node to) {
        Map<Node, Node> reachedFrom = new HashMap<>();
        Queue<Node> next = new ArrayDeque<>();
        next.add(from);
        reachedFrom.put(from, from);
        while (!next.isEmpty()) {
            Node node = next.remove();
            if (node.equals(to)) {
                return way(reachedFrom, from, to);
            }
            for (Node target : edges.getOrDefault(node, Map.of()).keySet()) {
                if (reachedFrom.putIfAbsent(target, node) == null) {
                    next.add(target);
                }
            }
        }
        return null;
    }

    private static List<Node> way(Map<Node, Node> reachedFrom, Node from, Node to) {
        List<Node> way = new ArrayList<>();
        Node node = to;
        while (node != null) {
            way.add(node);
            node = node.equals(from) ? null : reachedFrom.get(node);
        }
        Collections.reverse(way);
        return way;
    }

    /**
     * The deadlocks. Where cycles hang together only one transaction gives way at first, the youngest on any of them that
     * may be cancelled: what is left is found again.
     */
    List<Deadlock> deadlocks() {
        List<Deadlock> found = new ArrayList<>();
        List<Node> victims = new ArrayList<>();
        transactions.stream()
                .filter(WaitingTransaction::cancellable)
                .sorted(WaitingTransaction.YOUNGEST_FIRST)
                .forEach(candidate -> {
                    Node node = new Node.Transaction(candidate.gtxid());
                    List<Node> cycle = cycle(node);
                    if (cycle != null && victims.stream().noneMatch(victim -> hangTogether(victim, node))) {
                        victims.add(node);
                        found.add(new Deadlock(candidate, detail(cycle)));
                    }
                });
        return found;
    }

    private boolean hangTogether(Node one, Node other) {
        return path(edges, one, other) != null && path(edges, other, one) != null;
    }

    /** A shortest cycle through a node, which begins and ends it; null where there is none. */
    private @Nullable List<Node> cycle(Node node) {
        List<Node> shortest = null;
        for (Node target : edges.getOrDefault(node, Map.of()).keySet()) {
            List<Node> back = path(edges, target, node);
            if (back != null && (shortest == null || back.size() < shortest.size())) {
                shortest = back;
            }
        }
        if (shortest != null) {
            shortest.add(0, node);
        }
        return shortest;
    }

    private String detail(List<Node> cycle) {
        List<String> waits = new ArrayList<>();
        for (int i = 1; i < cycle.size(); i++) {
            Node waiter = cycle.get(i - 1);
            Node blocker = cycle.get(i);
            String shard = edges.getOrDefault(waiter, Map.of()).get(blocker);
            waits.add(waiter + " waits on shard \"" + shard + "\" for " + blocker);
        }
        String text = String.join("; ", waits);
        return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
    }
}
