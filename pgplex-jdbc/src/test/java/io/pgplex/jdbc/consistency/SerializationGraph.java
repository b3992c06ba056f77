package io.pgplex.jdbc.consistency;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Transactions and the dependencies between them, with the ways and cycles in it. Confined to one thread.
 *
 * <p>Tarjan, Depth-first search and linear graph algorithms (1972), without recursion: a history's ways are long.
 */
final class SerializationGraph {

    /** In a large component the shortest cycle is looked for from that many places only. */
    private static final int MOST_STARTS = 300;

    private final Map<ListTransaction, List<Dependency>> outgoing = new HashMap<>();
    private final List<ListTransaction> nodes;
    private final Map<ListTransaction, Integer> components = new HashMap<>();
    private final List<Set<ListTransaction>> cyclic = new ArrayList<>();

    /** Every dependency is between two of the nodes. */
    SerializationGraph(List<ListTransaction> nodes, List<Dependency> dependencies) {
        this.nodes = nodes;
        for (ListTransaction node : nodes) {
            outgoing.put(node, new ArrayList<>());
        }
        for (Dependency dependency : dependencies) {
            outgoing(dependency.from()).add(dependency);
        }
        new Components().find();
    }

    private List<Dependency> outgoing(ListTransaction node) {
        return outgoing.get(node);
    }

    /** The strongly connected components of more than one node. */
    List<Set<ListTransaction>> cyclic() {
        return cyclic;
    }

    /** The number of a node's component: no way leads from a component to one with a higher number. */
    int component(ListTransaction node) {
        return components.get(node);
    }

    /** The shortest cycle in a component with a dependency of that kind in it, or an empty list. */
    List<Dependency> shortestCycle(Set<ListTransaction> component, Dependency.Kind kind) {
        List<Dependency> shortest = List.of();
        int starts = 0;
        for (ListTransaction node : component) {
            for (Dependency first : outgoing(node)) {
                if (first.kind() == kind && component.contains(first.to()) && starts++ < MOST_STARTS) {
                    List<Dependency> cycle = new ArrayList<>(List.of(first));
                    cycle.addAll(shortestWay(first.to(), component::contains, node::equals));
                    if (shortest.isEmpty() || cycle.size() < shortest.size()) {
                        shortest = cycle;
                    }
                }
            }
        }
        return shortest;
    }

    /**
     * The shortest way from a node to one that fits; empty when there is none, and when the node itself fits.
     *
     * @param within the nodes that the way may touch
     */
    List<Dependency> shortestWay(
            ListTransaction from, Predicate<ListTransaction> within, Predicate<ListTransaction> end) {
        Map<ListTransaction, Dependency> arrivals = new HashMap<>();
        Deque<ListTransaction> next = new ArrayDeque<>(List.of(from));
        Set<ListTransaction> reached = new HashSet<>(next);
        while (!next.isEmpty()) {
            ListTransaction node = next.remove();
            if (end.test(node)) {
                return wayTo(node, arrivals);
            }
            for (Dependency dependency : outgoing(node)) {
                if (within.test(dependency.to()) && reached.add(dependency.to())) {
                    arrivals.put(dependency.to(), dependency);
                    next.add(dependency.to());
                }
            }
        }
        return List.of();
    }

    private static List<Dependency> wayTo(ListTransaction end, Map<ListTransaction, Dependency> arrivals) {
        List<Dependency> way = new ArrayList<>();
        for (Dependency last = arrivals.get(end); last != null; last = arrivals.get(last.from())) {
            way.add(last);
        }
        Collections.reverse(way);
        return way;
    }

    /** Finds the strongly connected components. */
    private final class Components {
        private final Map<ListTransaction, Integer> index = new HashMap<>();
        private final Map<ListTransaction, Integer> low = new HashMap<>();
        private final Deque<ListTransaction> open = new ArrayDeque<>();
        private final Set<ListTransaction> isOpen = new HashSet<>();
        private final Deque<Visit> visits = new ArrayDeque<>();
        private int last;

        /** A node and how many of its dependencies were followed. */
        private static final class Visit {
            private final ListTransaction node;
            private int followed;

            Visit(ListTransaction node) {
                this.node = node;
            }
        }

        /** From the last node to the first, so that the numbers fall along a history that is in its order. */
        void find() {
            for (int i = nodes.size() - 1; i >= 0; i--) {
                if (!index.containsKey(nodes.get(i))) {
                    enter(nodes.get(i));
                    while (!visits.isEmpty()) {
                        proceed(visits.getFirst());
                    }
                }
            }
        }

        private void enter(ListTransaction node) {
            index.put(node, index.size());
            low.put(node, index.get(node));
            open.push(node);
            isOpen.add(node);
            visits.push(new Visit(node));
        }

        private void proceed(Visit visit) {
            List<Dependency> dependencies = outgoing(visit.node);
            if (visit.followed < dependencies.size()) {
                ListTransaction to = dependencies.get(visit.followed++).to();
                if (!index.containsKey(to)) {
                    enter(to);
                } else if (isOpen.contains(to)) {
                    low.merge(visit.node, index.get(to), Math::min);
                }
            } else {
                leave(visit.node);
            }
        }

        private void leave(ListTransaction node) {
            visits.pop();
            if (!visits.isEmpty()) {
                low.merge(visits.getFirst().node, low.get(node), Math::min);
            }
            if (low.get(node).equals(index.get(node))) {
                close(node);
            }
        }

        private void close(ListTransaction root) {
            Set<ListTransaction> component = new HashSet<>();
            ListTransaction node;
            do {
                node = open.pop();
                isOpen.remove(node);
                components.put(node, last);
                component.add(node);
            } while (node != root);
            if (component.size() > 1) {
                cyclic.add(component);
            }
            last++;
        }
    }
}
