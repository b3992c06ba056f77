package io.pgplex.jdbc.statistics;

import org.postgresql.core.Oid;

/** What PostgreSQL's planner assumes where ANALYZE has told it nothing. Stateless. */
final class PlannerEstimates {

    /** Bytes of a page that its header takes: {@code SizeOfPageHeaderData}. */
    private static final int PAGE_HEADER_BYTES = 24;

    /** {@code MAXALIGN(SizeofHeapTupleHeader) + sizeof(ItemIdData)}. */
    private static final int ROW_OVERHEAD_BYTES = 28;

    /** {@code VARHDRSZ}: the length before a value of variable size, which a type's modifier counts. */
    private static final int LENGTH_BYTES = 4;

    /** {@code NUMERIC_HDRSZ}. */
    private static final int NUMERIC_HEADER_BYTES = 8;

    /** {@code DEC_DIGITS}: decimal digits in two bytes of a numeric. */
    private static final int DIGITS_IN_TWO_BYTES = 4;

    /** {@code pg_encoding_max_length(PG_UTF8)}; a node's encoding is always UTF8. */
    private static final int CHARACTER_BYTES = 4;

    /** {@code DEFAULT_NUM_DISTINCT}. */
    private static final double UNKNOWN_DISTINCT = 200;

    private PlannerEstimates() {}

    /**
     * Rows on a page of a table that was never analysed, from its columns' sizes: {@code
     * heapam_estimate_rel_size} of PostgreSQL 14 to 16 (src/backend/access/table/tableam.c), without the fillfactor that
     * 17 looks at.
     */
    static double rowsPerPage(int pageBytes, double dataBytes) {
        return Math.max(1, Math.floor((pageBytes - PAGE_HEADER_BYTES) / (ROW_OVERHEAD_BYTES + Math.rint(dataBytes))));
    }

    /**
     * The size of a type's values: {@code get_typavgwidth} (src/backend/utils/cache/lsyscache.c).
     *
     * @param length {@code pg_type.typlen}: negative for a variable size
     * @param modifier {@code pg_attribute.atttypmod}: -1 for none
     */
    static double averageBytes(int type, int modifier, int length) {
        if (length > 0) {
            return length;
        }
        int maximum = maximumBytes(type, modifier);
        if (maximum <= 0) {
            return 32;
        }
        if (type == Oid.BPCHAR || maximum <= 32) {
            return maximum;
        }
        return 32 + (Math.min(maximum, 1000) - 32) / 2;
    }

    /** {@code type_maximum_size} (src/backend/utils/adt/format_type.c); -1 for no limit. */
    private static int maximumBytes(int type, int modifier) {
        if (modifier < 0) {
            return -1;
        }
        return switch (type) {
            case Oid.BPCHAR, Oid.VARCHAR -> (modifier - LENGTH_BYTES) * CHARACTER_BYTES + LENGTH_BYTES;
            case Oid.NUMERIC -> {
                int precision = ((modifier - LENGTH_BYTES) >> 16) & 0xffff;
                int words = (precision + 2 * (DIGITS_IN_TWO_BYTES - 1)) / DIGITS_IN_TWO_BYTES;
                yield NUMERIC_HEADER_BYTES + 2 * words;
            }
            case Oid.BIT, Oid.VARBIT -> (modifier + 7) / 8 + 2 * 4;
            default -> -1;
        };
    }

    /**
     * How many different values a column has: {@code get_variable_numdistinct} (src/backend/utils/adt/selfuncs.c).
     *
     * @param distinct {@code pg_stats.n_distinct}; 0 for unknown
     * @param unique whether no two rows have the same value
     */
    static double distinctValues(double distinct, double rows, String type, boolean unique) {
        double values;
        if (distinct > 0) {
            values = distinct;
        } else if (distinct < 0) {
            values = -distinct * rows;
        } else if (unique) {
            values = rows;
        } else {
            values = type.equals("boolean") ? 2 : UNKNOWN_DISTINCT;
        }
        return Math.max(1, Math.min(values, rows));
    }
}
