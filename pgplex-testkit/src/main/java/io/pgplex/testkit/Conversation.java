package io.pgplex.testkit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection in PostgreSQL's protocol: cuts both directions into messages, and stops one where a
 * {@link ProtocolWatch} has something done. Confined to its link's thread.
 *
 * <p>A message is one byte for its type and four for the length of the rest, these included; what a client sends first has
 * no type ("Message Formats" in PostgreSQL's manual).
 */
final class Conversation {
    private static final int HEADER_BYTES = 5;
    private static final int SSL_REQUEST = 80877103;
    private static final int GSS_REQUEST = 80877104;
    private static final int CANCEL_REQUEST = 80877102;
    private static final int STATEMENTS_LIMIT = 100;
    private static final int NAMES_LIMIT = 1_000;
    private static final int UNANSWERED_LIMIT = 100;

    private final ProtocolWatch watch;
    private final int number;
    private final Side fromClient = new Side();
    private final Side fromServer = new Side();

    /** Texts of named statements by name. */
    private final Map<String, String> named = new LinkedHashMap<>();
    /** What was executed since the last Sync. */
    private final List<String> executed = new ArrayList<>();
    /** What was executed in the answered batches of a round trip whose last batch has no answer yet. */
    private final List<String> answered = new ArrayList<>();
    /** What was executed in each batch that has no answer yet; the first is the start of the connection. */
    private final Queue<List<String>> unanswered = new ArrayDeque<>();
    /** What is to be done before the answer to a batch passes, by the number of the batch. */
    private final Map<Integer, Runnable> atAnswer = new LinkedHashMap<>();
    /** Actions that are due; whoever moves the bytes has them run. */
    private final Deque<Held> due = new ArrayDeque<>();

    private String unnamed = "";
    private boolean parsedNow;
    /** Whether the client has begun a batch that it has not ended yet. */
    private boolean inBatch;

    private boolean starting = true;
    private boolean requestedEncryption;
    private boolean unseen;
    private int batchesSent;
    private int batchesAnswered;

    /** An action, and the direction that stands still until {@link #release}. */
    record Held(Runnable action, Side side) {}

    Conversation(ProtocolWatch watch, int number) {
        this.watch = watch;
        this.number = number;
        unanswered.add(List.of());
    }

    Gate clientGate() {
        return (arrived, approved, ended) -> passable(fromClient, arrived, approved, ended);
    }

    Gate serverGate() {
        return (arrived, approved, ended) -> passable(fromServer, arrived, approved, ended);
    }

    /** The next action that must run now, or null. */
    @Nullable
    Held nextDue() {
        return due.poll();
    }

    /** Lets a direction go on after its action. */
    void release(Held held) {
        held.side.held = false;
        held.side.unread = held.side.heldBytes;
    }

    /** One direction: how much of the present message is still to come, and whether it stands still. */
    static final class Side {
        private int unread;
        private boolean held;
        private int heldBytes;
    }

    private int passable(Side side, ByteBuffer arrived, int approved, boolean ended) {
        int offset = approved;
        while (!side.held && !unseen) {
            int passing = Math.min(side.unread, arrived.remaining() - offset);
            side.unread -= passing;
            offset += passing;
            int available = arrived.remaining() - offset;
            if (side.unread > 0 || available == 0) {
                return offset;
            }
            ByteBuffer rest = arrived.slice(arrived.position() + offset, available);
            int size = side == fromClient ? clientMessage(rest) : serverMessage(rest);
            if (size < 0) {
                // this is not PostgreSQL's protocol
                unseen = true;
                continue;
            }
            if (size == 0) {
                // not enough of it to know; what is cut short at the end passes as it is
                return ended ? arrived.remaining() : offset;
            }
            side.unread = side.held ? 0 : size;
            side.heldBytes = size;
        }
        return unseen && !side.held ? arrived.remaining() : offset;
    }

    /** Looks at what begins here; its size, or 0 when more of it must arrive first. */
    private int clientMessage(ByteBuffer bytes) {
        if (starting) {
            return startMessage(bytes);
        }
        if (bytes.remaining() < HEADER_BYTES) {
            return 0;
        }
        int size = 1 + bytes.getInt(1);
        char type = (char) bytes.get(0);
        boolean hasText = type == 'Q' || type == 'P' || type == 'B' || type == 'C';
        if (hasText && bytes.remaining() < Math.min(size, ProtocolWatch.TEXT_LIMIT)) {
            return 0;
        }
        bytes.position(HEADER_BYTES).limit(Math.min(bytes.limit(), Math.min(size, ProtocolWatch.TEXT_LIMIT)));
        inBatch = true;
        switch (type) {
            case 'Q' -> {
                String text = string(bytes);
                sent(text);
                executed(text);
                batchSent();
            }
            case 'P' -> parse(string(bytes), string(bytes));
            case 'B' -> bind(bytes);
            case 'C' -> close(bytes);
            case 'S', 'F' -> batchSent();
            default -> {
                // nothing that concerns statements
            }
        }
        return size;
    }

    private int startMessage(ByteBuffer bytes) {
        if (bytes.remaining() < 8) {
            return 0;
        }
        int code = bytes.getInt(4);
        requestedEncryption = code == SSL_REQUEST || code == GSS_REQUEST;
        unseen = code == CANCEL_REQUEST;
        starting = requestedEncryption;
        return bytes.getInt(0);
    }

    private void parse(String name, String text) {
        if (name.isEmpty()) {
            unnamed = text;
        } else if (named.size() < NAMES_LIMIT || named.containsKey(name)) {
            named.put(name, text);
        }
        parsedNow = true;
        sent(text);
    }

    private void bind(ByteBuffer bytes) {
        string(bytes); // the portal's name
        String name = string(bytes);
        String text = name.isEmpty() ? unnamed : named.getOrDefault(name, "");
        if (!parsedNow) {
            sent(text);
        }
        parsedNow = false;
        executed(text);
    }

    private void close(ByteBuffer bytes) {
        boolean statement = bytes.get() == 'S';
        String name = string(bytes);
        if (statement) {
            named.remove(name);
        }
    }

    private void executed(String text) {
        if (answered.size() + executed.size() < STATEMENTS_LIMIT) {
            executed.add(text);
        }
    }

    /** A client sends a statement: what waits for that is due, and what waits for its answer is remembered. */
    private void sent(String text) {
        Runnable action = watch.take(text, false);
        if (action != null) {
            hold(fromClient, action);
        }
        Runnable afterwards = watch.take(text, true);
        if (afterwards != null) {
            atAnswer.put(batchesSent + 1, afterwards);
        }
    }

    private void batchSent() {
        batchesSent++;
        inBatch = false;
        unanswered.add(unanswered.size() < UNANSWERED_LIMIT ? List.copyOf(executed) : List.of());
        executed.clear();
    }

    private int serverMessage(ByteBuffer bytes) {
        if (requestedEncryption) {
            requestedEncryption = false;
            unseen = bytes.get(0) != 'N';
            return 1;
        }
        if (bytes.remaining() < HEADER_BYTES) {
            return 0;
        }
        if (bytes.get(0) == 'Z') {
            batchAnswered();
        }
        return 1 + bytes.getInt(1);
    }

    private void batchAnswered() {
        List<String> statements = unanswered.poll();
        if (statements != null && batchesAnswered > 0) {
            answered.addAll(statements);
            if (unanswered.isEmpty() && !inBatch) {
                watch.ended(new Exchange(number, answered));
                answered.clear();
            }
        }
        Runnable action = atAnswer.remove(batchesAnswered);
        batchesAnswered++;
        if (action != null) {
            hold(fromServer, action);
        }
    }

    private void hold(Side side, Runnable action) {
        side.held = true;
        due.add(new Held(action, side));
    }

    /** The text up to a zero byte, or to the end of what is looked at. */
    private static String string(ByteBuffer bytes) {
        int start = bytes.position();
        int end = start;
        while (end < bytes.limit() && bytes.get(end) != 0) {
            end++;
        }
        byte[] text = new byte[end - start];
        bytes.get(text);
        if (bytes.hasRemaining()) {
            bytes.get();
        }
        return new String(text, StandardCharsets.UTF_8);
    }
}
