package io.pgplex.jdbc.connection;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Date;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What routing may read of a value that is set with an SQL type. pgjdbc converts such a value before it sends it (1.7 as
 * INTEGER is 1), so routing sees it only where the conversion changes nothing; otherwise every shard is asked.
 */
final class TargetTypes {

    private TargetTypes() {}

    /** The value, or one that says nothing when the conversion to the type could change it; null for null. */
    static @Nullable Object readable(@Nullable Object value, int sqlType) {
        return isKept(value, sqlType) ? value : Snapshot.opaque(value);
    }

    private static boolean isKept(@Nullable Object value, int sqlType) {
        return switch (sqlType) {
            case Types.OTHER -> value instanceof String || value instanceof UUID;
            case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT -> isInteger(value);
            case Types.NUMERIC, Types.DECIMAL -> isInteger(value) || value instanceof BigDecimal;
            case Types.REAL, Types.FLOAT, Types.DOUBLE -> value instanceof Double || value instanceof Float;
            case Types.CHAR, Types.VARCHAR, Types.LONGVARCHAR -> value instanceof String;
            case Types.BOOLEAN, Types.BIT -> value instanceof Boolean;
            case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY -> value instanceof byte[];
            case Types.DATE -> value instanceof LocalDate || value instanceof Date;
            case Types.TIMESTAMP -> value instanceof LocalDateTime || value instanceof Timestamp;
            case Types.TIMESTAMP_WITH_TIMEZONE -> value instanceof OffsetDateTime;
            default -> false;
        };
    }

    private static boolean isInteger(@Nullable Object value) {
        return value instanceof Long
                || value instanceof Integer
                || value instanceof Short
                || value instanceof Byte
                || value instanceof BigInteger;
    }
}
