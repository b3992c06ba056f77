package io.pgplex.jdbc.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Makes a statement smaller as long as it still does what is asked of it: leaves items out, puts constants for expressions, a
 * part for the whole. Each step makes the tree or its text shorter, and there is a limit to the steps that are tried.
 */
final class Shrinking {

    private static final int MOST_STAND_INS = 12;

    private final Predicate<Node> stillFails;
    private final long deadlineNanos;
    private int stepsLeft;

    Shrinking(Predicate<Node> stillFails, int mostSteps, long mostNanos) {
        this.stillFails = stillFails;
        this.stepsLeft = mostSteps;
        this.deadlineNanos = System.nanoTime() + mostNanos;
    }

    /** The smallest statement that was found. */
    Node of(Node statement) {
        Node smallest = statement;
        boolean smaller = true;
        while (smaller) {
            Node next = once(smallest);
            smaller = weight(next) < weight(smallest);
            smallest = next;
        }
        return smallest;
    }

    private static int weight(Node node) {
        return node.size() * 1000 + Sql.of(node).text().length();
    }

    /** Goes through the tree from the top and takes each change that is possible, once. */
    private Node once(Node statement) {
        Node smallest = statement;
        List<Integer> place = new ArrayList<>();
        while (at(smallest, place) != null) {
            Node better = improved(smallest, place);
            if (better != null) {
                smallest = better;
            } else {
                advance(smallest, place);
                if (place.isEmpty()) {
                    return smallest;
                }
            }
        }
        return smallest;
    }

    /** The statement after the first change at that place that makes it smaller and still fails; null if there is none. */
    private @Nullable Node improved(Node statement, List<Integer> place) {
        Node here = Objects.requireNonNull(at(statement, place));
        for (Node change : changes(here)) {
            Node once = replaced(statement, place, 0, change);
            if (isBetter(once, statement)) {
                return once;
            }
            // what must be written twice alike can only change in both places
            Node everywhere = replacedEverywhere(statement, here, change);
            if (!everywhere.equals(once) && isBetter(everywhere, statement)) {
                return everywhere;
            }
        }
        return null;
    }

    private boolean isBetter(Node changed, Node statement) {
        return weight(changed) < weight(statement)
                && stepsLeft-- > 0
                && System.nanoTime() < deadlineNanos
                && stillFails.test(changed);
    }

    private static Node replacedEverywhere(Node node, Node what, Node change) {
        if (node.equals(what)) {
            return change;
        }
        Node replaced = node;
        for (int i = 0; i < node.children().size(); i++) {
            Node child = node.children().get(i);
            Node other = replacedEverywhere(child, what, change);
            replaced = other == child ? replaced : replaced.withChild(i, other);
        }
        return replaced;
    }

    private static @Nullable Node at(Node root, List<Integer> place) {
        Node node = root;
        for (int child : place) {
            if (child >= node.children().size()) {
                return null;
            }
            node = node.children().get(child);
        }
        return node;
    }

    /** The next place in the order of reading; the empty one after the last. */
    private static void advance(Node root, List<Integer> place) {
        Node here = at(root, place);
        if (here != null && !here.children().isEmpty()) {
            place.add(0);
            return;
        }
        while (!place.isEmpty()) {
            int next = place.remove(place.size() - 1) + 1;
            Node parent = Objects.requireNonNull(at(root, place));
            if (next < parent.children().size()) {
                place.add(next);
                return;
            }
        }
    }

    private static Node replaced(Node node, List<Integer> place, int depth, Node change) {
        if (depth == place.size()) {
            return change;
        }
        int child = place.get(depth);
        return node.withChild(child, replaced(node.children().get(child), place, depth + 1, change));
    }

    private static List<Node> changes(Node node) {
        List<Node> changes = new ArrayList<>();
        if (node instanceof Node.Items items) {
            int size = items.items().size();
            if (items.least() == 0 && size > 1) {
                changes.add(with(items, List.of()));
            }
            for (int i = 0; i < size && size > items.least(); i++) {
                List<Node> others = new ArrayList<>(items.items());
                others.remove(i);
                changes.add(with(items, others));
            }
        } else if (node instanceof Node.Phrase phrase) {
            changes.addAll(phrase.simpler());
            if (!phrase.sort().isEmpty()) {
                standIns(phrase, phrase.sort(), changes);
            }
        }
        return changes;
    }

    private static Node with(Node.Items items, List<Node> others) {
        return new Node.Items(items.before(), List.copyOf(others), items.separator(), items.least());
    }

    /** Phrases inside that are of the same sort, outer ones first. */
    private static void standIns(Node node, String sort, List<Node> found) {
        for (Node child : node.children()) {
            if (found.size() > MOST_STAND_INS) {
                return;
            }
            if (child instanceof Node.Phrase phrase && phrase.sort().equals(sort)) {
                found.add(phrase);
            } else {
                standIns(child, sort, found);
            }
        }
    }
}
