package io.pgplex.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A loopback port that leads to a server, and a network between the two that can fail.
 *
 * <p>One that leads to a PostgreSQL server also understands what passes: see {@link #protocol()}.
 *
 * <p>Thread-safe: one thread of its own owns every socket and obeys the calls, each of which returns when
 * the change has happened. Memory is bounded by two small buffers per connection, and by the limits of
 * {@link ProtocolWatch}.
 */
public final class NetworkLink implements AutoCloseable {
    private static final int ORDER_SECONDS = 10;

    /** Ports that are tried before a link gives up. */
    private static final int MOST_PORTS = 20;

    private final InetSocketAddress target;
    private final InetSocketAddress local;
    private final Selector selector;
    private final Thread thread;
    private final Queue<Runnable> orders = new ConcurrentLinkedQueue<>();
    private final Set<RelayedConnection> connections = new HashSet<>();
    private final @Nullable ProtocolWatch watch;
    private @Nullable ServerSocketChannel listener;
    private boolean frozen;
    private volatile boolean closed;

    private NetworkLink(int targetPort, @Nullable ProtocolWatch watch) throws IOException {
        this.watch = watch;
        InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        target = new InetSocketAddress(loopback, targetPort);
        selector = Selector.open();
        ServerSocketChannel first = first(loopback);
        local = (InetSocketAddress) first.getLocalAddress();
        accept(first);
        thread = new Thread(this::run, "pgplex-link-" + local.getPort() + "-" + targetPort);
        thread.setDaemon(true);
        thread.start();
    }

    /** Listens on a free port; another JVM may take one in the moment after it was found free. */
    private static ServerSocketChannel first(InetAddress loopback) throws IOException {
        BindException last = null;
        for (int attempt = 0; attempt < MOST_PORTS; attempt++) {
            try {
                return bound(new InetSocketAddress(loopback, Ports.free()));
            } catch (BindException e) {
                last = e;
            }
        }
        throw Objects.requireNonNull(last);
    }

    private static ServerSocketChannel bound(InetSocketAddress address) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            return channel.bind(address);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Opens a link to a loopback port, on which nobody needs to listen yet. */
    public static NetworkLink to(int port) {
        return to(port, null);
    }

    /** Opens a link to a PostgreSQL server's port, whose protocol it understands. */
    public static NetworkLink toPostgres(int port) {
        return to(port, new ProtocolWatch());
    }

    private static NetworkLink to(int port, @Nullable ProtocolWatch watch) {
        try {
            return new NetworkLink(port, watch);
        } catch (IOException e) {
            throw new UncheckedIOException("could not open a link to port " + port, e);
        }
    }

    /** The port to connect to instead of the server's own. */
    public int port() {
        return local.getPort();
    }

    /** What passes through, message by message; an error on a link that does not lead to a PostgreSQL server. */
    public ProtocolWatch protocol() {
        if (watch == null) {
            throw new ServerException("this link does not understand what passes through it");
        }
        return watch;
    }

    /** Breaks every present connection (both ends see a reset); new ones work. */
    public void cut() {
        obey(this::cutConnections);
    }

    /**
     * Breaks the clients' ends of every present connection, of which the server hears nothing until {@link #heal()} or
     * {@link #cut()}: the client's machine is gone, and the network with it. New connections work.
     */
    public void loseClients() {
        obey(() -> connections.forEach(RelayedConnection::loseClient));
    }

    /** Refuses new connections, as a host does on which nothing listens; present ones go on. */
    public void refuse() {
        obey(this::stopListening);
    }

    /** Breaks every present connection and refuses new ones: the server is gone for its clients. */
    public void cutOff() {
        obey(() -> {
            stopListening();
            cutConnections();
        });
    }

    /** Lets no byte pass in either direction and breaks nothing: new connections open and hear nothing. */
    public void freeze() {
        obey(() -> setFrozen(true));
    }

    /** Ends whatever is wrong; what was held back by {@link #freeze()} arrives. */
    public void heal() {
        obey(() -> {
            listen();
            connections.removeIf(NetworkLink::endIfClientIsLost);
            setFrozen(false);
        });
    }

    /** How many connections pass through now. */
    public int connectionCount() {
        CompletableFuture<Integer> count = new CompletableFuture<>();
        obey(() -> count.complete(connections.size()));
        return count.getNow(0);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        obey(() -> {
            stopListening();
            cutConnections();
            closed = true;
        });
        try {
            thread.join();
            selector.close();
        } catch (InterruptedException e) {
            throw Waiting.interrupted(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void obey(Runnable order) {
        if (closed) {
            throw new ServerException("the link is closed");
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        orders.add(() -> {
            try {
                order.run();
                done.complete(null);
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        selector.wakeup();
        try {
            done.get(ORDER_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new ServerException("the link could not change", e);
        } catch (InterruptedException e) {
            throw Waiting.interrupted(e);
        }
    }

    // everything below runs on the link's own thread, but for the first listen()

    private void run() {
        while (!closed) {
            try {
                selector.select();
                for (Runnable order = orders.poll(); order != null; order = orders.poll()) {
                    order.run();
                }
                selector.selectedKeys().forEach(this::handle);
                selector.selectedKeys().clear();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void handle(SelectionKey key) {
        if (!key.isValid()) {
            return;
        }
        if (key.isAcceptable()) {
            accept();
        } else if (key.attachment() instanceof RelayedConnection connection) {
            keepOrForget(connection, connection.advance());
        }
    }

    private void keepOrForget(RelayedConnection connection, boolean goesOn) {
        if (!goesOn) {
            connections.remove(connection);
        }
        for (Conversation.Held held = connection.nextDue(); held != null; held = connection.nextDue()) {
            runBeside(connection, held);
        }
    }

    /** An action may use this link, so it must not run on the link's thread. */
    private void runBeside(RelayedConnection connection, Conversation.Held held) {
        Thread action = new Thread(
                () -> {
                    held.action().run();
                    orders.add(() -> keepOrForget(connection, connection.release(held)));
                    if (!closed) {
                        selector.wakeup();
                    }
                },
                thread.getName() + "-action");
        action.setDaemon(true);
        action.start();
    }

    private static boolean endIfClientIsLost(RelayedConnection connection) {
        if (connection.hasLostClient()) {
            connection.reset();
        }
        return connection.hasLostClient();
    }

    private void accept() {
        ServerSocketChannel from = listener;
        if (from == null) {
            return;
        }
        try {
            SocketChannel client = from.accept();
            if (client != null) {
                Conversation conversation = watch == null ? null : watch.newConversation();
                connections.add(RelayedConnection.open(client, target, selector, conversation));
            }
        } catch (IOException e) {
            // the client has gone away already, or this process is out of sockets: the next one may do better
        }
    }

    private void setFrozen(boolean value) {
        frozen = value;
        connections.forEach(connection -> connection.setFrozen(value));
        SelectionKey key = listener == null ? null : listener.keyFor(selector);
        if (key != null) {
            key.interestOps(value ? 0 : SelectionKey.OP_ACCEPT);
        }
    }

    private void cutConnections() {
        connections.forEach(RelayedConnection::reset);
        connections.clear();
    }

    private void listen() {
        if (listener != null) {
            return;
        }
        try {
            accept(bound(local));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept(ServerSocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        channel.register(selector, frozen ? 0 : SelectionKey.OP_ACCEPT);
        listener = channel;
    }

    private void stopListening() {
        if (listener == null) {
            return;
        }
        try {
            listener.close();
            listener = null;
            // the socket stays open until the selector has let go of it
            selector.selectNow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
