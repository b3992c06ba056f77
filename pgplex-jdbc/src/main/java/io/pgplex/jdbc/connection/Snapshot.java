package io.pgplex.jdbc.connection;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLXML;
import java.util.Calendar;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import javax.sql.rowset.serial.SerialBlob;
import javax.sql.rowset.serial.SerialClob;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PGobject;
import org.postgresql.util.PSQLState;

/**
 * Parameter values as they are when a setter is called, so that an application may change or close them afterwards and a
 * physical statement may be given them again and again. pgjdbc converts values in its setters; here that happens when
 * shards are known. Streams are read whole, up to {@value #LIMIT_BYTES} bytes, PostgreSQL's own limit of a value.
 */
final class Snapshot {
    static final long UNLIMITED = Long.MAX_VALUE;
    private static final int LIMIT_BYTES = 0x3fffffff;

    private Snapshot() {}

    /** Bytes or characters of a stream that came where any object may stand. */
    private sealed interface Buffered {
        Object replay();
    }

    private record BufferedBytes(byte[] bytes) implements Buffered {
        @Override
        public Object replay() {
            return new ByteArrayInputStream(bytes);
        }
    }

    private record BufferedText(String text) implements Buffered {
        @Override
        public Object replay() {
            return new StringReader(text);
        }
    }

    /** A value that routing cannot read: large objects, streams of encoded text. */
    private record Opaque() {}

    private static final Opaque OPAQUE = new Opaque();

    static @Nullable Object opaque(@Nullable Object value) {
        return value == null ? null : OPAQUE;
    }

    /** A value that later changes of the original do not reach; the original where it cannot change. */
    @SuppressWarnings({"unchecked", "NullAway"}) // a copy is null, or has the type, as its original is or has
    static <T extends @Nullable Object> T of(T value) throws SQLException {
        return (T) copy(value);
    }

    @SuppressWarnings("JavaUtilDate") // the date types of java.sql are its subclasses
    private static @Nullable Object copy(@Nullable Object value) throws SQLException {
        if (value instanceof Date date) {
            return date.clone();
        } else if (value instanceof Calendar calendar) {
            return calendar.clone();
        } else if (value instanceof byte[] bytes) {
            return bytes.clone();
        } else if (value instanceof Array array) {
            return DetachedArray.of(array);
        } else if (value instanceof PGobject object) {
            return copyOf(object);
        } else if (value instanceof InputStream stream) {
            return new BufferedBytes(read(stream, UNLIMITED));
        } else if (value instanceof Reader reader) {
            return new BufferedText(read(reader, UNLIMITED));
        } else if (value instanceof Blob blob) {
            return new SerialBlob(read(blob.getBinaryStream(), UNLIMITED));
        } else if (value instanceof Clob clob) {
            return new SerialClob(read(clob.getCharacterStream(), UNLIMITED).toCharArray());
        } else if (value instanceof Map<?, ?> map) {
            return new HashMap<>(map);
        } else if (value != null && value.getClass().isArray()) {
            return copyOfArray(value);
        }
        return value;
    }

    private static Object copyOf(PGobject object) throws SQLException {
        try {
            return object.clone();
        } catch (CloneNotSupportedException cause) {
            throw JdbcErrors.state(
                    "Cannot copy an instance of " + object.getClass().getName(),
                    PSQLState.INVALID_PARAMETER_TYPE,
                    cause);
        }
    }

    private static Object copyOfArray(Object array) throws SQLException {
        int length = java.lang.reflect.Array.getLength(array);
        Class<?> elementType = array.getClass().getComponentType();
        Object copy = java.lang.reflect.Array.newInstance(elementType, length);
        if (elementType.isArray()) {
            for (int i = 0; i < length; i++) {
                java.lang.reflect.Array.set(copy, i, copy(java.lang.reflect.Array.get(array, i)));
            }
        } else {
            System.arraycopy(array, 0, copy, 0, length);
        }
        return copy;
    }

    /** What is passed to a physical statement for a copy of an object: a fresh stream for a stream. */
    static @Nullable Object replayed(@Nullable Object copy) {
        return copy instanceof Buffered buffered ? buffered.replay() : copy;
    }

    static byte @Nullable [] bytes(@Nullable InputStream stream, long length) throws SQLException {
        return stream == null ? null : read(stream, length);
    }

    static @Nullable String text(@Nullable Reader reader, long length) throws SQLException {
        return reader == null ? null : read(reader, length);
    }

    static @Nullable String text(@Nullable SQLXML xml) throws SQLException {
        return xml == null ? null : xml.getString();
    }

    static @Nullable InputStream stream(byte @Nullable [] bytes) {
        return bytes == null ? null : new ByteArrayInputStream(bytes);
    }

    static @Nullable Reader reader(@Nullable String text) {
        return text == null ? null : new StringReader(text);
    }

    static @Nullable SQLXML xml(PreparedStatement target, @Nullable String text) throws SQLException {
        if (text == null) {
            return null;
        }
        SQLXML xml = target.getConnection().createSQLXML();
        xml.setString(text);
        return xml;
    }

    private static byte[] read(InputStream stream, long length) throws SQLException {
        requireLength(length);
        try {
            byte[] bytes = stream.readNBytes((int) Math.min(length, LIMIT_BYTES));
            if (bytes.length == LIMIT_BYTES && length > LIMIT_BYTES && stream.read() >= 0) {
                throw tooLarge();
            }
            return bytes;
        } catch (IOException cause) {
            throw JdbcErrors.state("Provided InputStream failed.", PSQLState.UNEXPECTED_ERROR, cause);
        }
    }

    private static String read(Reader reader, long length) throws SQLException {
        requireLength(length);
        long left = Math.min(length, LIMIT_BYTES + 1L);
        StringBuilder text = new StringBuilder();
        char[] buffer = new char[(int) Math.min(left, 8192)];
        try {
            while (left > 0) {
                int count = reader.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (count < 0) {
                    break;
                }
                text.append(buffer, 0, count);
                left -= count;
            }
        } catch (IOException cause) {
            throw JdbcErrors.state("Provided Reader failed.", PSQLState.UNEXPECTED_ERROR, cause);
        }
        if (text.length() > LIMIT_BYTES) {
            throw tooLarge();
        }
        return text.toString();
    }

    private static void requireLength(long length) throws SQLException {
        if (length < 0) {
            throw JdbcErrors.invalidValue("Invalid stream length " + length + ".");
        }
    }

    private static SQLException tooLarge() {
        return new java.sql.SQLNonTransientException(
                "ERROR: a parameter's stream is longer than " + LIMIT_BYTES
                        + " bytes\n  Hint: Split the value, or store it as a large object on one shard.",
                "54000");
    }
}
