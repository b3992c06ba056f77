package io.pgplex.jdbc.random;

import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * A value for a parameter.
 *
 * @param text in PostgreSQL's text form; null for NULL
 * @param binding which of JDBC's methods binds it
 */
record Value(SqlType type, @Nullable String text, Binding binding) {

    /** How a value is bound. {@code TEXT} needs a cast around the parameter. */
    enum Binding {
        TEXT,
        OWN_TYPE,
        OBJECT,
        WIDER
    }

    void bind(PreparedStatement statement, int index) throws SQLException {
        if (text == null) {
            statement.setNull(index, binding == Binding.TEXT ? Types.VARCHAR : jdbcType());
        } else if (binding == Binding.TEXT) {
            statement.setString(index, text);
        } else if (binding == Binding.OBJECT) {
            statement.setObject(index, object(text));
        } else {
            bindOwn(statement, index, text);
        }
    }

    private void bindOwn(PreparedStatement statement, int index, String value) throws SQLException {
        boolean wider = binding == Binding.WIDER;
        switch (type) {
            case INT -> {
                if (wider) {
                    statement.setLong(index, Long.parseLong(value));
                } else {
                    statement.setInt(index, Integer.parseInt(value));
                }
            }
            case BIGINT -> {
                if (wider) {
                    statement.setBigDecimal(index, new BigDecimal(value));
                } else {
                    statement.setLong(index, Long.parseLong(value));
                }
            }
            case NUMERIC -> statement.setBigDecimal(index, new BigDecimal(value));
            case FLOAT -> statement.setDouble(index, Double.parseDouble(value));
            case BOOL -> statement.setBoolean(index, Boolean.parseBoolean(value));
            case TEXT -> statement.setString(index, value);
            default -> statement.setObject(index, object(value));
        }
    }

    private Object object(String value) {
        return switch (type) {
            case INT -> Integer.valueOf(value);
            case BIGINT -> Long.valueOf(value);
            case NUMERIC -> new BigDecimal(value);
            case FLOAT -> Double.valueOf(value);
            case BOOL -> Boolean.valueOf(value);
            case TEXT -> value;
            case DATE -> LocalDate.parse(value);
            case TIMESTAMP -> LocalDateTime.parse(value.replace(' ', 'T'));
            case TIMESTAMPTZ ->
                OffsetDateTime.of(LocalDateTime.parse(value.substring(0, 19).replace(' ', 'T')), ZoneOffset.UTC);
            case UUID -> java.util.UUID.fromString(value);
            case BYTEA, INTERVAL, JSONB, INTS, TEXTS, MOOD ->
                throw new IllegalStateException(type + " is bound as text");
        };
    }

    private int jdbcType() {
        return switch (type) {
            case INT -> Types.INTEGER;
            case BIGINT -> Types.BIGINT;
            case NUMERIC -> Types.NUMERIC;
            case FLOAT -> Types.DOUBLE;
            case BOOL -> Types.BOOLEAN;
            case TEXT -> Types.VARCHAR;
            case DATE -> Types.DATE;
            case TIMESTAMP -> Types.TIMESTAMP;
            case TIMESTAMPTZ -> Types.TIMESTAMP_WITH_TIMEZONE;
            case UUID, BYTEA, INTERVAL, JSONB, INTS, TEXTS, MOOD -> Types.OTHER;
        };
    }

    /** Whether the value may be bound otherwise than as text. */
    static boolean bindable(SqlType type, String text) {
        return switch (type) {
            case INT, BIGINT, FLOAT, BOOL, TEXT, UUID -> true;
            case NUMERIC -> !text.equals("NaN");
            case DATE, TIMESTAMP -> !text.endsWith("infinity");
            case TIMESTAMPTZ -> text.endsWith(":00+00");
            case BYTEA, INTERVAL, JSONB, INTS, TEXTS, MOOD -> false;
        };
    }

    @Override
    public String toString() {
        return (text == null ? "NULL" : "'" + text + "'") + " (" + type + " as " + binding + ")";
    }
}
