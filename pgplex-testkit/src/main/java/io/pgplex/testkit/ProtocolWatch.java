package io.pgplex.testkit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Understands what passes through a {@link NetworkLink} to a PostgreSQL server: has something done at a chosen message, and
 * records the round trips. Protocol 3, without TLS; an encrypted connection passes through unseen.
 *
 * <p>A statement is recognised by its text in a Query or Parse message, or by the name that an earlier Parse gave it in a
 * Bind message. Of each message the first {@link #TEXT_LIMIT} bytes are looked at. Thread-safe.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-flow.html">PostgreSQL: Message Flow</a>
 */
public final class ProtocolWatch {
    /** Bytes of a message in which its text is looked for, and that are recorded. */
    public static final int TEXT_LIMIT = 4 * 1024;

    private static final int RECORD_LIMIT = 1_000;

    /** What waits for a message. */
    private record Trap(String part, boolean answered, Runnable action, CompletableFuture<Void> done) {}

    private final List<Trap> traps = new ArrayList<>();
    private final Deque<Exchange> record = new ArrayDeque<>();
    private final AtomicInteger connections = new AtomicInteger();
    private boolean recording;

    ProtocolWatch() {}

    /**
     * Does something once, when a client sends a statement that contains this text: the message is held back until the
     * action has ended. Everything else passes meanwhile, also what the same client had sent before.
     *
     * @return done when the action has ended, with its failure if it failed
     */
    public CompletableFuture<Void> before(String part, Runnable action) {
        return set(new Trap(part, false, action, new CompletableFuture<>()));
    }

    /**
     * Does something once, when the server has done a statement that contains this text, successfully or not: the
     * ReadyForQuery that ends its answer is held back until the action has ended.
     *
     * @return done when the action has ended, with its failure if it failed
     */
    public CompletableFuture<Void> after(String part, Runnable action) {
        return set(new Trap(part, true, action, new CompletableFuture<>()));
    }

    private synchronized CompletableFuture<Void> set(Trap trap) {
        traps.add(trap);
        return trap.done;
    }

    /** Forgets whatever {@link #before} and {@link #after} still wait for. */
    public synchronized void clear() {
        traps.clear();
    }

    /** Records round trips from now on, and forgets those recorded before; of more than a thousand the last ones are kept. */
    public synchronized void record() {
        recording = true;
        record.clear();
    }

    /** The round trips that have ended since {@link #record()}, in the order in which they did. */
    public synchronized List<Exchange> recorded() {
        return List.copyOf(record);
    }

    Conversation newConversation() {
        return new Conversation(this, connections.incrementAndGet());
    }

    synchronized void ended(Exchange exchange) {
        if (recording) {
            record.addLast(exchange);
            if (record.size() > RECORD_LIMIT) {
                record.removeFirst();
            }
        }
    }

    /** What is to be done at a statement, once, or null; it is not waited for any more. */
    synchronized @Nullable Runnable take(String text, boolean answered) {
        for (Iterator<Trap> iterator = traps.iterator(); iterator.hasNext(); ) {
            Trap trap = iterator.next();
            if (trap.answered == answered && text.contains(trap.part)) {
                iterator.remove();
                return () -> run(trap);
            }
        }
        return null;
    }

    private static void run(Trap trap) {
        try {
            trap.action.run();
            trap.done.complete(null);
        } catch (Throwable e) {
            trap.done.completeExceptionally(e);
        }
    }
}
