package io.pgplex.jdbc.merge;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.Oid;

/**
 * PostgreSQL's order of one type's values, reproduced exactly. A value is read by the accessor that gives the same answer
 * for text and binary transfer, because two shards may differ in that. What is missing here (enum, interval, timetz,
 * jsonb, ranges, arrays, text under a language's rules, ...) only a server can order.
 */
enum ValueOrder {
    /** int2, int4, int8, oid. */
    INTEGER {
        @Override
        @Nullable
        Object readValue(ResultSet rows, int column) throws SQLException {
            return rows.getLong(column);
        }

        @Override
        int compare(Object left, Object right) {
            return Long.compare((Long) left, (Long) right);
        }
    },

    /** numeric: -Infinity, finite values whatever their scale, Infinity, NaN. */
    NUMERIC {
        @Override
        @Nullable
        Object readValue(ResultSet rows, int column) throws SQLException {
            String value = rows.getString(column);
            return value == null ? null : PgNumeric.of(value);
        }

        @Override
        int compare(Object left, Object right) {
            return ((PgNumeric) left).compareTo((PgNumeric) right);
        }
    },

    /** float4; getDouble would read 0.1 as two different numbers from text and from binary. */
    REAL {
        @Override
        @Nullable
        Object readValue(ResultSet rows, int column) throws SQLException {
            return (double) rows.getFloat(column);
        }

        @Override
        int compare(Object left, Object right) {
            return compareDoubles((Double) left, (Double) right);
        }
    },

    DOUBLE {
        @Override
        @Nullable
        Object readValue(ResultSet rows, int column) throws SQLException {
            return rows.getDouble(column);
        }

        @Override
        int compare(Object left, Object right) {
            return compareDoubles((Double) left, (Double) right);
        }
    },

    BOOLEAN {
        @Override
        @Nullable
        Object readValue(ResultSet rows, int column) throws SQLException {
            return rows.getBoolean(column);
        }

        @Override
        int compare(Object left, Object right) {
            return Boolean.compare((Boolean) left, (Boolean) right);
        }
    },

    /** date; pgjdbc gives the infinities as the least and greatest LocalDate. */
    DATE {
        @Override
        @Nullable
        Object readValue(ResultSet rows, int column) throws SQLException {
            return rows.getObject(column, LocalDate.class);
        }

        @Override
        int compare(Object left, Object right) {
            return ((LocalDate) left).compareTo((LocalDate) right);
        }
    },

    TIMESTAMP {
        @Override
        @Nullable
        Object readValue(ResultSet rows, int column) throws SQLException {
            return rows.getObject(column, LocalDateTime.class);
        }

        @Override
        int compare(Object left, Object right) {
            return ((LocalDateTime) left).compareTo((LocalDateTime) right);
        }
    },

    /** timestamptz: instants, whatever offset they are printed with. */
    TIMESTAMPTZ {
        @Override
        @Nullable
        Object readValue(ResultSet rows, int column) throws SQLException {
            OffsetDateTime value = rows.getObject(column, OffsetDateTime.class);
            return value == null ? null : value.toInstant();
        }

        @Override
        int compare(Object left, Object right) {
            return ((Instant) left).compareTo((Instant) right);
        }
    },

    /** time; pgjdbc gives 24:00 as the greatest LocalTime. */
    TIME {
        @Override
        @Nullable
        Object readValue(ResultSet rows, int column) throws SQLException {
            return rows.getObject(column, LocalTime.class);
        }

        @Override
        int compare(Object left, Object right) {
            return ((LocalTime) left).compareTo((LocalTime) right);
        }
    },

    /** uuid: its lower-case hexadecimal form sorts as its unsigned bytes do. */
    UUID {
        @Override
        @Nullable
        Object readValue(ResultSet rows, int column) throws SQLException {
            return rows.getString(column);
        }

        @Override
        int compare(Object left, Object right) {
            return ((String) left).compareTo((String) right);
        }
    },

    BYTEA {
        @Override
        @Nullable
        Object readValue(ResultSet rows, int column) throws SQLException {
            return rows.getBytes(column);
        }

        @Override
        int compare(Object left, Object right) {
            return Arrays.compareUnsigned((byte[]) left, (byte[]) right);
        }
    },

    /** text, varchar and name where they are ordered by their bytes. */
    TEXT {
        @Override
        @Nullable
        Object readValue(ResultSet rows, int column) throws SQLException {
            return rows.getString(column);
        }

        @Override
        int compare(Object left, Object right) {
            return compareCodePoints((String) left, (String) right);
        }
    },

    /** char(n) where it is ordered by its bytes: blanks at the end do not count. */
    BLANK_PADDED {
        @Override
        @Nullable
        Object readValue(ResultSet rows, int column) throws SQLException {
            String value = rows.getString(column);
            if (value == null) {
                return null;
            }
            int end = value.length();
            while (end > 0 && value.charAt(end - 1) == ' ') {
                end--;
            }
            return value.substring(0, end);
        }

        @Override
        int compare(Object left, Object right) {
            return compareCodePoints((String) left, (String) right);
        }
    };

    abstract @Nullable Object readValue(ResultSet rows, int column) throws SQLException;

    abstract int compare(Object left, Object right);

    /** The current row's value, in the form that {@link #compare} takes; null for SQL NULL. */
    final @Nullable Object read(ResultSet rows, int column) throws SQLException {
        Object value = readValue(rows, column);
        return rows.wasNull() ? null : value;
    }

    /** Whether the order is right only for text that is ordered by its bytes. */
    boolean isText() {
        return this == TEXT || this == BLANK_PADDED;
    }

    /** The order of a type, or null where only a server knows it. */
    static @Nullable ValueOrder of(int oid) {
        return switch (oid) {
            case Oid.INT2, Oid.INT4, Oid.INT8, Oid.OID -> INTEGER;
            case Oid.NUMERIC -> NUMERIC;
            case Oid.FLOAT4 -> REAL;
            case Oid.FLOAT8 -> DOUBLE;
            case Oid.BOOL -> BOOLEAN;
            case Oid.DATE -> DATE;
            case Oid.TIMESTAMP -> TIMESTAMP;
            case Oid.TIMESTAMPTZ -> TIMESTAMPTZ;
            case Oid.TIME -> TIME;
            case Oid.UUID -> UUID;
            case Oid.BYTEA -> BYTEA;
            case Oid.TEXT, Oid.VARCHAR, Oid.NAME -> TEXT;
            case Oid.BPCHAR -> BLANK_PADDED;
            default -> null;
        };
    }

    /** NaN is greater than every number and equal to itself; the zeros are equal. */
    private static int compareDoubles(double left, double right) {
        return Double.compare(left + 0.0, right + 0.0);
    }

    /** The order of UTF-8 bytes, which is that of code points and not that of Java's UTF-16 units. */
    static int compareCodePoints(String left, String right) {
        int length = Math.min(left.length(), right.length());
        for (int i = 0; i < length; i++) {
            char l = left.charAt(i);
            char r = right.charAt(i);
            if (l != r) {
                boolean leftBeyond = Character.isSurrogate(l);
                boolean rightBeyond = Character.isSurrogate(r);
                return leftBeyond == rightBeyond ? Character.compare(l, r) : Boolean.compare(leftBeyond, rightBeyond);
            }
        }
        return Integer.compare(left.length(), right.length());
    }

    /** A numeric value; {@code rank} orders what is not a number around what is. */
    record PgNumeric(int rank, BigDecimal value) implements Comparable<PgNumeric> {

        static PgNumeric of(String text) {
            return switch (text) {
                case "-Infinity" -> new PgNumeric(-1, BigDecimal.ZERO);
                case "Infinity" -> new PgNumeric(1, BigDecimal.ZERO);
                case "NaN" -> new PgNumeric(2, BigDecimal.ZERO);
                default -> new PgNumeric(0, new BigDecimal(text));
            };
        }

        @Override
        public int compareTo(PgNumeric other) {
            return rank != other.rank ? Integer.compare(rank, other.rank) : value.compareTo(other.value);
        }
    }
}
