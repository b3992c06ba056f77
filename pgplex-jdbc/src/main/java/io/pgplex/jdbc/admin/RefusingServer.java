package io.pgplex.jdbc.admin;

import io.pgplex.jdbc.error.SqlState;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import org.postgresql.PGProperty;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.util.HostSpec;

/**
 * The far end of a pgjdbc connection that no server is behind: it lets everybody in and refuses every query. The management
 * database needs such a connection because pgjdbc's result sets and metadata, with all their conversions, belong to one,
 * and must be there while every server is down. Frontend and backend messages are those of PostgreSQL's manual, "Message
 * Formats". Used by one thread at a time.
 */
final class RefusingServer extends Socket {

    /** What the server says of itself; frameworks choose their dialect by the version. */
    private static final Map<String, String> PARAMETERS = Map.of(
            "server_version", "18.0 (pgplex)",
            "server_encoding", "UTF8",
            "client_encoding", "UTF8",
            "DateStyle", "ISO, MDY",
            "TimeZone", "UTC",
            "integer_datetimes", "on",
            "standard_conforming_strings", "on");

    private static final int HEADER = 5;

    private final ByteArrayOutputStream request = new ByteArrayOutputStream();
    private ByteBuffer answer = ByteBuffer.allocate(0);
    private boolean started;
    private int timeoutMillis;

    /** Opens a connection that refuses. */
    static PgConnection connect() throws SQLException {
        Properties properties = new Properties();
        PGProperty.USER.set(properties, "pgplex");
        PGProperty.PG_DBNAME.set(properties, "pgplex");
        PGProperty.SSL_MODE.set(properties, "disable");
        PGProperty.GSS_ENC_MODE.set(properties, "disable");
        // so that nothing is asked for by a query when it connects
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "18");
        PGProperty.SOCKET_FACTORY.set(properties, RefusingServerFactory.class.getName());
        HostSpec[] nowhere = {new HostSpec("127.0.0.1", 1)};
        return new PgConnection(nowhere, properties, "jdbc:postgresql:pgplex");
    }

    @Override
    public InputStream getInputStream() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                read(one, 0, 1);
                return one[0] & 0xFF;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                int count = Math.min(length, answer.remaining());
                if (count == 0 && length > 0) {
                    // a server that says nothing until it is asked
                    throw new SocketTimeoutException("nothing was asked");
                }
                answer.get(bytes, offset, count);
                return count;
            }

            @Override
            public int available() {
                return answer.remaining();
            }
        };
    }

    @Override
    public OutputStream getOutputStream() {
        return new OutputStream() {
            @Override
            public void write(int value) {
                request.write(value);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
                request.write(bytes, offset, length);
            }

            @Override
            public void flush() throws IOException {
                answer();
            }
        };
    }

    /** Answers the messages that have come whole. */
    private void answer() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(answer.array(), answer.position(), answer.remaining());
        DataOutputStream out = new DataOutputStream(bytes);
        ByteBuffer messages = ByteBuffer.wrap(request.toByteArray());
        request.reset();
        if (!started) {
            messages.position(messages.limit()); // the startup message, the only one without a type
            started = true;
            letIn(out);
        }
        boolean asked = false;
        while (messages.remaining() >= HEADER) {
            byte type = messages.get(messages.position());
            int end = messages.position() + 1 + messages.getInt(messages.position() + 1);
            if (end > messages.limit()) {
                break;
            }
            messages.position(end);
            asked |= type != 'S';
            if (type == 'Q' || type == 'S') { // Query, or Sync behind everything else
                if (asked) {
                    refuse(out);
                }
                message(out, 'Z', "I".getBytes(StandardCharsets.US_ASCII));
                asked = false;
            }
        }
        request.write(messages.array(), messages.position(), messages.remaining());
        answer = ByteBuffer.wrap(bytes.toByteArray());
    }

    private static void letIn(DataOutputStream out) throws IOException {
        message(out, 'R', new byte[Integer.BYTES]); // AuthenticationOk
        for (Map.Entry<String, String> parameter : PARAMETERS.entrySet()) {
            message(out, 'S', zeroTerminated(parameter.getKey(), parameter.getValue()));
        }
        message(out, 'Z', "I".getBytes(StandardCharsets.US_ASCII));
    }

    private static void refuse(DataOutputStream out) throws IOException {
        message(
                out,
                'E',
                zeroTerminated(
                        "SERROR",
                        "VERROR",
                        "C" + SqlState.FEATURE_NOT_SUPPORTED.code(),
                        "M" + AdminStatement.ONLY,
                        "H" + AdminStatement.HINT,
                        ""));
    }

    private static byte[] zeroTerminated(String... texts) {
        return (String.join("\0", texts) + (texts[texts.length - 1].isEmpty() ? "" : "\0"))
                .getBytes(StandardCharsets.UTF_8);
    }

    private static void message(DataOutputStream out, char type, byte[] body) throws IOException {
        out.writeByte(type);
        out.writeInt(Integer.BYTES + body.length);
        out.write(body);
    }

    // ---- what a socket would otherwise ask the operating system for

    @Override
    public void connect(SocketAddress address, int timeout) {
        // there is nothing to connect to
    }

    @Override
    public boolean isConnected() {
        return true;
    }

    @Override
    public void setTcpNoDelay(boolean on) {
        // there is no network
    }

    @Override
    public void setKeepAlive(boolean on) {
        // there is no network
    }

    @Override
    public synchronized void setSoTimeout(int millis) {
        timeoutMillis = millis;
    }

    @Override
    public synchronized int getSoTimeout() {
        return timeoutMillis;
    }

    @Override
    public synchronized int getReceiveBufferSize() {
        return 0;
    }

    @Override
    public synchronized int getSendBufferSize() {
        return 0;
    }
}
