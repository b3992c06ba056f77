package io.pgplex.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/**
 * A connection to a real server that answers an execution of a prepared statement from memory, once it has seen the server
 * do it: what is left to measure is the client's work, without the kernel's. A message counts as seen when it is a Bind with
 * what follows in one packet, and as long as one before; its answer is then that one's, whatever the parameters are.
 *
 * <p>Meant for one statement per connection, executed outside a transaction by one thread. Slow for anything else.
 */
final class ReplayingSocket extends Socket {

    private static final byte BIND = 'B';
    private static final int LONGEST_REQUEST = 8192;

    /** ReadyForQuery, which ends an answer: 'Z', its length, and 'I' for idle. */
    private static final int READY_LENGTH = 6;

    private final byte[] request = new byte[LONGEST_REQUEST];
    private int requestLength;

    /** The answers by length of the request. */
    private final byte[][] answers = new byte[LONGEST_REQUEST][];

    private final ByteArrayOutputStream recorded = new ByteArrayOutputStream();

    /** The length of the request whose answer is being read from the server; 0 for one that is not to be kept. */
    private int recording;

    private byte[] replayed = new byte[0];
    private int replayPosition;

    @Override
    public OutputStream getOutputStream() throws IOException {
        OutputStream server = super.getOutputStream();
        return new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                if (requestLength + length > LONGEST_REQUEST) {
                    send();
                    server.write(bytes, offset, length);
                } else {
                    System.arraycopy(bytes, offset, request, requestLength, length);
                    requestLength += length;
                }
            }

            @Override
            public void flush() throws IOException {
                keepAnswer();
                byte[] known = requestLength > 0 && request[0] == BIND ? answers[requestLength] : null;
                if (known != null) {
                    replayed = known;
                    replayPosition = 0;
                    requestLength = 0;
                    return;
                }
                recording = requestLength > 0 && request[0] == BIND ? requestLength : 0;
                send();
                server.flush();
            }

            private void send() throws IOException {
                server.write(request, 0, requestLength);
                requestLength = 0;
            }
        };
    }

    private void keepAnswer() {
        if (recording > 0) {
            byte[] answer = recorded.toByteArray();
            int ready = answer.length - READY_LENGTH;
            if (ready >= 0 && answer[ready] == 'Z' && answer[answer.length - 1] == 'I') {
                answers[recording] = answer;
            }
            recording = 0;
        }
        recorded.reset();
    }

    @Override
    public InputStream getInputStream() throws IOException {
        InputStream server = super.getInputStream();
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                int left = replayed.length - replayPosition;
                if (left > 0) {
                    int count = Math.min(left, length);
                    System.arraycopy(replayed, replayPosition, bytes, offset, count);
                    replayPosition += count;
                    return count;
                }
                int count = server.read(bytes, offset, length);
                if (recording > 0 && count > 0) {
                    recorded.write(bytes, offset, count);
                }
                return count;
            }

            @Override
            public int available() throws IOException {
                int left = replayed.length - replayPosition;
                return left > 0 ? left : server.available();
            }
        };
    }
}
