package io.pgplex.quickstart;

import java.io.PrintStream;
import java.util.Locale;

/**
 * How far one piece of work has come: a bar that is drawn over again on a terminal, a line for each quarter elsewhere.
 * Confined to a thread.
 */
final class ProgressBar implements AutoCloseable {
    private static final int WIDTH = 40;
    private static final int REDRAW_MILLIS = 50;
    private static final int LINES = 4;

    private final PrintStream out;
    private final boolean live;
    private final String label;
    private final long total;
    private final long begin = System.nanoTime();
    private long done;
    private long drawn = begin;

    ProgressBar(PrintStream out, boolean live, String label, long total) {
        this.out = out;
        this.live = live;
        this.label = label;
        this.total = total;
    }

    /** More units of the work are done. */
    void advance(long units) {
        long before = done;
        done += units;
        if (live) {
            redraw();
        } else if (done * LINES / total > before * LINES / total) {
            out.println(line());
        }
    }

    private void redraw() {
        long now = System.nanoTime();
        if (done >= total || now - drawn >= REDRAW_MILLIS * 1_000_000L) {
            drawn = now;
            out.print("\r" + line());
            out.flush();
        }
    }

    private String line() {
        int filled = (int) (WIDTH * done / total);
        double seconds = Math.max(1e-3, (System.nanoTime() - begin) / 1e9);
        return String.format(
                Locale.ROOT,
                "  %-12s [%s%s] %,11d of %,d rows, %,.0f a second  ",
                label,
                "#".repeat(filled),
                ".".repeat(WIDTH - filled),
                done,
                total,
                done / seconds);
    }

    /** Leaves the bar where it is. */
    @Override
    public void close() {
        if (live) {
            out.println();
        }
    }
}
