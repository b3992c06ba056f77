package io.pgplex.jdbc.random;

import java.util.ArrayList;
import java.util.List;

/**
 * A piece of a statement, printed from left to right. The tree says no more of SQL than the {@link Shrinking} needs: what may
 * be left out, and what may stand in another's place. Immutable.
 */
sealed interface Node {

    /** What may take each other's place when the statement shrinks, expressions of one type aside. */
    String QUERY = "query";

    String FROM = "from";

    /** A whole statement that writes. */
    String WRITE = "write";

    /** Text as it stands. */
    record Text(String sql) implements Node {}

    /** A parameter: a question mark, and the value bound to it. */
    record Parameter(Value value) implements Node {}

    /**
     * Parts in their order.
     *
     * @param sort what the whole is, for a phrase of the same sort inside it may stand for it; empty if none may
     * @param simpler what may stand for it at any time
     */
    record Phrase(String sort, List<Node> parts, List<Node> simpler) implements Node {}

    /**
     * A list from which items may be left out.
     *
     * @param before what comes before the first item, if there is one
     * @param least items that must stay
     */
    record Items(String before, List<Node> items, String separator, int least) implements Node {}

    /**
     * A key of the outermost ORDER BY.
     *
     * @param label the output column that the rows are sorted by, or the empty text where the whole order is fixed
     */
    record OrderKey(String label, Node key) implements Node {}

    static Node text(String sql) {
        return new Text(sql);
    }

    /** A phrase made of text, in which each {@code $} stands for a part. */
    static Phrase phrase(String sort, List<Node> simpler, String template, Node... parts) {
        List<Node> all = new ArrayList<>();
        String[] texts = template.split("\\$", -1);
        if (texts.length != parts.length + 1) {
            throw new IllegalArgumentException(template + " with " + parts.length + " parts");
        }
        for (int i = 0; i < texts.length; i++) {
            if (!texts[i].isEmpty()) {
                all.add(new Text(texts[i]));
            }
            if (i < parts.length) {
                all.add(parts[i]);
            }
        }
        return new Phrase(sort, List.copyOf(all), simpler);
    }

    static Phrase phrase(String sort, String template, Node... parts) {
        return phrase(sort, List.of(), template, parts);
    }

    /** A list of which at least one item stays. */
    static Items list(List<? extends Node> items, String separator) {
        return new Items("", List.copyOf(items), separator, 1);
    }

    /** A list that may go altogether. */
    static Items optional(String before, List<? extends Node> items, String separator) {
        return new Items(before, List.copyOf(items), separator, 0);
    }

    /** Nodes in this tree, itself included. */
    default int size() {
        int size = 1;
        for (Node child : children()) {
            size += child.size();
        }
        return size;
    }

    default List<Node> children() {
        if (this instanceof Phrase phrase) {
            return phrase.parts();
        }
        if (this instanceof Items items) {
            return items.items();
        }
        return this instanceof OrderKey order ? List.of(order.key()) : List.of();
    }

    /** The same node with another child at that place. */
    default Node withChild(int place, Node child) {
        if (this instanceof OrderKey order) {
            return new OrderKey(order.label(), child);
        }
        List<Node> changed = new ArrayList<>(children());
        changed.set(place, child);
        return this instanceof Items items
                ? new Items(items.before(), List.copyOf(changed), items.separator(), items.least())
                : new Phrase(((Phrase) this).sort(), List.copyOf(changed), ((Phrase) this).simpler());
    }
}
