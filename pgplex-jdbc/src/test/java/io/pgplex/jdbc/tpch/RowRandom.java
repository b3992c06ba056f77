package io.pgplex.jdbc.tpch;

import java.time.LocalDate;

/**
 * Numbers that follow from a table and a row alone: the same on every JVM, and whatever other rows are made. SplitMix64
 * (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014). Confined to a thread.
 */
final class RowRandom {

    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    RowRandom(TpchTable table, long row) {
        state = mix(mix(table.ordinal() + 1) + row * GAMMA);
    }

    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** A whole number, both ends included. */
    int between(int low, int high) {
        state += GAMMA;
        return low + (int) Math.floorMod(mix(state), (long) high - low + 1);
    }

    String pick(String... values) {
        return values[between(0, values.length - 1)];
    }

    LocalDate dateFrom(LocalDate start, int lowDays, int highDays) {
        return start.plusDays(between(lowDays, highDays));
    }

    /** Letters, digits, blanks and commas, as addresses are made of. */
    String letters(int lowLength, int highLength) {
        int length = between(lowLength, highLength);
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(TpchWords.LETTERS.charAt(between(0, TpchWords.LETTERS.length() - 1)));
        }
        return text.toString().strip();
    }

    /** Words with blanks between them, cut at a length. */
    String comment(int lowLength, int highLength) {
        int length = between(lowLength, highLength);
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            text.append(text.isEmpty() ? "" : " ").append(pick(TpchWords.COMMENT));
        }
        text.setLength(length);
        return text.toString().strip();
    }
}
