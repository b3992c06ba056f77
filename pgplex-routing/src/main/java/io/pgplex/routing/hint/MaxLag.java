package io.pgplex.routing.hint;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far behind its primary a standby may be that answers a read. Immutable.
 *
 * @param millis by time, in milliseconds; {@link Long#MAX_VALUE} for no limit
 * @param bytes by WAL not yet replayed, in bytes; {@link Long#MAX_VALUE} for no limit
 */
public record MaxLag(long millis, long bytes) {

    /** No limit. */
    public static final MaxLag NONE = new MaxLag(Long.MAX_VALUE, Long.MAX_VALUE);

    /** What can be written, in words for an error message. */
    public static final String VALID = "a time such as 500ms, 2s or 1min, a size such as 16MB, or none";

    /** PostgreSQL's own units, those that others end with last. */
    private record Unit(String symbol, boolean time, long factor) {}

    private static final List<Unit> UNITS = List.of(
            new Unit("ms", true, 1),
            new Unit("min", true, 60_000),
            new Unit("s", true, 1_000),
            new Unit("h", true, 3_600_000),
            new Unit("d", true, 86_400_000),
            new Unit("kB", false, 1L << 10),
            new Unit("MB", false, 1L << 20),
            new Unit("GB", false, 1L << 30),
            new Unit("TB", false, 1L << 40),
            new Unit("B", false, 1));

    public MaxLag {
        if (millis < 0 || bytes < 0) {
            throw new IllegalArgumentException("a limit must not be negative");
        }
    }

    /** Reads {@link #VALID}; null for anything else. */
    public static @Nullable MaxLag parse(String text) {
        if (text.equals("none")) {
            return NONE;
        }
        for (Unit unit : UNITS) {
            if (text.endsWith(unit.symbol())) {
                String number = text.substring(0, text.length() - unit.symbol().length())
                        .trim();
                return number.matches("[0-9]{1,12}(\\.[0-9]{1,3})?") ? of(new BigDecimal(number), unit) : null;
            }
        }
        return null;
    }

    private static MaxLag of(BigDecimal number, Unit unit) {
        long limit = number.multiply(BigDecimal.valueOf(unit.factor()))
                .min(BigDecimal.valueOf(Long.MAX_VALUE))
                .longValue();
        return unit.time() ? new MaxLag(limit, Long.MAX_VALUE) : new MaxLag(Long.MAX_VALUE, limit);
    }
}
