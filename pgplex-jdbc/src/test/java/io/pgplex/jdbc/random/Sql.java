package io.pgplex.jdbc.random;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A statement as it is sent.
 *
 * @param text with question marks for parameters
 * @param parameters their values, in order
 * @param order the labels of the columns whose values come in the order of the outermost ORDER BY, or the empty text for
 *     "each row is at its place"; an empty list where there is no such order
 */
record Sql(String text, List<Value> parameters, List<String> order) {

    static Sql of(Node root) {
        Printer printer = new Printer();
        printer.print(root, 0);
        return new Sql(printer.out.toString(), List.copyOf(printer.parameters), List.copyOf(printer.order));
    }

    @Override
    public String toString() {
        return text
                + parameters.stream()
                        .map(Value::toString)
                        .collect(Collectors.joining(", ", parameters.isEmpty() ? "" : "\n  with ", ""));
    }

    private static final class Printer {
        private final StringBuilder out = new StringBuilder();
        private final List<Value> parameters = new ArrayList<>();
        private final List<String> order = new ArrayList<>();

        private static boolean isStatement(Node node) {
            return node instanceof Node.Phrase phrase
                    && (phrase.sort().equals(Node.QUERY) || phrase.sort().equals(Node.WRITE));
        }

        private void print(Node node, int queries) {
            int inside = isStatement(node) ? queries + 1 : queries;
            if (node instanceof Node.Text text) {
                out.append(text.sql());
            } else if (node instanceof Node.Parameter parameter) {
                out.append('?');
                parameters.add(parameter.value());
            } else if (node instanceof Node.OrderKey key && inside == 1) {
                order.add(key.label());
            }
            String between = "";
            for (Node child : node.children()) {
                out.append(between.isEmpty() && node instanceof Node.Items items ? items.before() : between);
                print(child, inside);
                between = node instanceof Node.Items items ? items.separator() : "";
            }
        }
    }
}
