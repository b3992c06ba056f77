package io.pgplex.quickstart;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How pgplex runs a statement, read from the first lines of its EXPLAIN. Immutable.
 *
 * @param plan the plan's kind, such as Route or Scatter
 * @param shards the shards' names, separated by commas
 * @param merge how the shards' answers are put together; empty when there is one
 */
record Explanation(String plan, String shards, String merge) {
    private static final Pattern ROW = Pattern.compile("\\s+Row: .*, shard (.+?)(?: \\(bucket \\d+\\))?");

    /** Asks pgplex. Runs nothing. */
    static Explanation of(Connection sharded, Step.Question question) throws SQLException {
        Answer answer = Answer.of(sharded, "EXPLAIN " + question.sql(), question.parameters());
        return of(answer.rows().stream()
                .map(row -> Objects.requireNonNullElse(row.get(0), ""))
                .toList());
    }

    static Explanation of(List<String> lines) {
        String plan = lines.isEmpty() ? "" : lines.get(0).replaceFirst("  .*", "");
        String shards = property(lines, "  Shards: ");
        return new Explanation(plan, shards.isEmpty() ? shardsOfRows(lines) : shards, property(lines, "  Merge: "));
    }

    private static String property(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()))
                .findFirst()
                .orElse("");
    }

    /** An INSERT of several rows says the shard of each, or which parameter will say. */
    private static String shardsOfRows(List<String> lines) {
        Set<String> shards = new LinkedHashSet<>();
        for (String line : lines) {
            Matcher matcher = ROW.matcher(line);
            if (matcher.matches()) {
                shards.add(matcher.group(1));
            }
        }
        return String.join(", ", shards);
    }
}
