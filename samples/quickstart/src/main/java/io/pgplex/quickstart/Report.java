package io.pgplex.quickstart;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Prints the story. Confined to a thread. */
final class Report {
    private static final int SHOWN_ROWS = 5;
    private static final int BAR_WIDTH = 40;

    private final Terminal terminal;
    private final PrintStream out;

    Report(Terminal terminal) {
        this.terminal = terminal;
        this.out = terminal.out();
    }

    void chapter(String title) {
        out.println();
        out.println(terminal.bold("== " + title + " =="));
    }

    void line(String text) {
        out.println("  " + text);
    }

    void statement(String sql) {
        out.println();
        sql.lines().forEach(line -> out.println("    " + line));
    }

    ProgressBar progress(String label, long total) {
        return new ProgressBar(out, terminal.live(), label, total);
    }

    /** The head of a step: its number and what it shows. */
    void step(int number, String title) {
        out.println();
        out.println(terminal.bold(String.format(Locale.ROOT, "%2d. %s", number, title)));
    }

    /** A statement with its parameters, and where pgplex runs it. */
    void question(Step.Question question, Explanation explanation) {
        question.sql().lines().forEach(line -> out.println("    " + line));
        if (!question.parameters().isEmpty()) {
            out.println(terminal.dim("    with " + question.parameters()));
        }
        String merge = explanation.merge().isEmpty() ? "" : ", merge: " + explanation.merge();
        out.println("    -> " + explanation.plan() + " to " + explanation.shards() + merge);
    }

    /** What pgplex answered, and how that compares. */
    void answer(Answer answer, Answer expected, @Nullable String difference) {
        String size = answer.updateCount() >= 0
                ? answer.updateCount() + (answer.updateCount() == 1 ? " row written" : " rows written")
                : answer.rows().size() + (answer.rows().size() == 1 ? " row" : " rows");
        String times = size + " in " + millis(answer.nanos()) + " (one PostgreSQL: " + millis(expected.nanos()) + "), ";
        out.println("    -> " + times
                + (difference == null ? terminal.good("equal") : terminal.bad("DIFFERENT: " + difference)));
        table(answer);
    }

    /** The first rows of an answer. */
    void table(Answer answer) {
        if (answer.columns().isEmpty()) {
            return;
        }
        TextTable.lines(answer, SHOWN_ROWS).forEach(line -> out.println("       " + line));
        if (answer.rows().size() > SHOWN_ROWS) {
            out.println(terminal.dim("       ... " + (answer.rows().size() - SHOWN_ROWS) + " more"));
        }
    }

    /** How a transaction ended. */
    void end(Step.End end, long nanos) {
        out.println("    " + end + " in " + millis(nanos));
    }

    void failure(String what, Exception failure) {
        out.println(terminal.bad("    FAILED: " + what + ": " + failure.getMessage()));
    }

    /** A bar for each shard, as long as its share of the rows. */
    void bars(String table, Map<String, Long> rowsOfShards) {
        long total = Math.max(
                1, rowsOfShards.values().stream().mapToLong(Long::longValue).sum());
        long most = Math.max(
                1,
                rowsOfShards.values().stream().mapToLong(Long::longValue).max().orElse(1));
        out.println("  " + table);
        rowsOfShards.forEach((shard, rows) -> out.println(String.format(
                Locale.ROOT,
                "    %-4s %-" + BAR_WIDTH + "s %,9d  %5.1f %%",
                shard,
                "#".repeat((int) (BAR_WIDTH * rows / most)),
                rows,
                100.0 * rows / total)));
    }

    void verdict(int compared, List<String> wrong, double seconds) {
        chapter("Result");
        wrong.forEach(each -> out.println(terminal.bad("  " + each)));
        String text = String.format(
                Locale.ROOT,
                "%d of %d answers equal those of one PostgreSQL; %.1f seconds",
                compared - wrong.size(),
                compared,
                seconds);
        out.println("  " + (wrong.isEmpty() ? terminal.good(text) : terminal.bad(text)));
    }

    static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
    }
}
