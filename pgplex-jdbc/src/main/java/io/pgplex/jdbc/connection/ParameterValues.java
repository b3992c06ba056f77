package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.BoundParameters;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A prepared statement's parameters: one kind for each, with its value beside it in the array of its sort. The arrays exist
 * from the first value that needs them, so that a statement with one integer holds two small arrays. Confined to a thread.
 *
 * <p>Positions that applications pass count from 1, indexes from 0.
 */
final class ParameterValues implements BoundParameters {
    private static final byte UNSET = 0;
    private static final byte NULL = 1;
    private static final byte BYTE = 2;
    private static final byte SHORT = 3;
    private static final byte INT = 4;
    private static final byte LONG = 5;
    private static final byte STRING = 6;
    private static final byte OBJECT = 7;
    private static final byte RECORDED = 8;

    private static final byte[] NO_KINDS = {};
    private static final long[] NO_NUMBERS = {};
    private static final @Nullable Object[] NO_OBJECTS = {};

    private final byte[] kinds;
    private long[] numbers;
    private @Nullable Object[] objects;
    private @Nullable ParameterSetter @Nullable [] setters;

    ParameterValues(int count) {
        this(count == 0 ? NO_KINDS : new byte[count], NO_NUMBERS, NO_OBJECTS, null);
    }

    private ParameterValues(
            byte[] kinds, long[] numbers, @Nullable Object[] objects, @Nullable ParameterSetter @Nullable [] setters) {
        this.kinds = kinds;
        this.numbers = numbers;
        this.objects = objects;
        this.setters = setters;
    }

    /** The values as they are now, unmoved by later setters. */
    ParameterValues copy() {
        return new ParameterValues(
                kinds.clone(), numbers.clone(), objects.clone(), setters == null ? null : setters.clone());
    }

    /** Forgets every value. */
    void clear() {
        Arrays.fill(kinds, UNSET);
        Arrays.fill(objects, null);
        if (setters != null) {
            Arrays.fill(setters, null);
        }
    }

    /**
     * Checks that every parameter has a value.
     *
     * @throws SQLException 22023, naming the first that has none
     */
    void requireAll() throws SQLException {
        for (int i = 0; i < kinds.length; i++) {
            if (kinds[i] == UNSET) {
                throw JdbcErrors.parameterNotSet(i + 1);
            }
        }
    }

    boolean isSet(int index) {
        return kinds[index] != UNSET;
    }

    void setNull(int position, int sqlType) throws SQLException {
        number(position, NULL, sqlType);
    }

    void setByte(int position, byte value) throws SQLException {
        number(position, BYTE, value);
    }

    void setShort(int position, short value) throws SQLException {
        number(position, SHORT, value);
    }

    void setInt(int position, int value) throws SQLException {
        number(position, INT, value);
    }

    void setLong(int position, long value) throws SQLException {
        number(position, LONG, value);
    }

    void setString(int position, @Nullable String value) throws SQLException {
        object(position, STRING, value);
    }

    /** Keeps an object to be passed to {@code setObject} without a type. */
    void setObject(int position, @Nullable Object value) throws SQLException {
        object(position, OBJECT, value);
    }

    /** Keeps a call of any other setter beside the value that routing may read. */
    void set(int position, @Nullable Object value, ParameterSetter setter) throws SQLException {
        int index = object(position, RECORDED, value);
        if (setters == null) {
            setters = new ParameterSetter[kinds.length];
        }
        setters[index] = setter;
    }

    private void number(int position, byte kind, long value) throws SQLException {
        int index = index(position);
        if (numbers.length == 0) {
            numbers = new long[kinds.length];
        }
        kinds[index] = kind;
        numbers[index] = value;
    }

    private int object(int position, byte kind, @Nullable Object value) throws SQLException {
        int index = index(position);
        if (objects.length == 0) {
            objects = new @Nullable Object[kinds.length];
        }
        kinds[index] = kind;
        objects[index] = value;
        return index;
    }

    private int index(int position) throws SQLException {
        if (position < 1 || position > kinds.length) {
            throw JdbcErrors.indexOutOfRange(position, kinds.length);
        }
        return position - 1;
    }

    @Override
    public int count() {
        return kinds.length;
    }

    @Override
    public boolean isLong(int index) {
        byte kind = kinds[index];
        return kind >= BYTE && kind <= LONG;
    }

    @Override
    public long longValue(int index) {
        return numbers[index];
    }

    @Override
    public @Nullable Object value(int index) {
        return switch (kinds[index]) {
            case BYTE -> (byte) numbers[index];
            case SHORT -> (short) numbers[index];
            case INT -> (int) numbers[index];
            case LONG -> numbers[index];
            case STRING, OBJECT, RECORDED -> objects[index];
            default -> null;
        };
    }

    @Override
    public void apply(int index, PreparedStatement target, int position) throws SQLException {
        switch (kinds[index]) {
            case NULL -> target.setNull(position, (int) numbers[index]);
            case BYTE -> target.setByte(position, (byte) numbers[index]);
            case SHORT -> target.setShort(position, (short) numbers[index]);
            case INT -> target.setInt(position, (int) numbers[index]);
            case LONG -> target.setLong(position, numbers[index]);
            case STRING -> target.setString(position, (String) objects[index]);
            case OBJECT -> target.setObject(position, objects[index]);
            case RECORDED -> recorded(index).apply(target, position);
            default -> throw JdbcErrors.parameterNotSet(index + 1);
        }
    }

    private ParameterSetter recorded(int index) {
        ParameterSetter setter = setters == null ? null : setters[index];
        if (setter == null) {
            throw new IllegalStateException("parameter " + (index + 1) + " has no recorded setter");
        }
        return setter;
    }

    /** The kinds alone: values are an application's secrets. */
    @Override
    public String toString() {
        return "ParameterValues" + Arrays.toString(kinds);
    }
}
