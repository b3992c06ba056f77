package io.pgplex.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
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
 * <p>Thread-safe: one thread of its own owns every socket and obeys the calls, each of which returns when
 * the change has happened. Memory is bounded by two small buffers per connection.
 */
public final class NetworkLink implements AutoCloseable {
    private static final int ORDER_SECONDS = 10;

    private final InetSocketAddress target;
    private final InetSocketAddress local;
    private final Selector selector;
    private final Thread thread;
    private final Queue<Runnable> orders = new ConcurrentLinkedQueue<>();
    private final Set<RelayedConnection> connections = new HashSet<>();
    private @Nullable ServerSocketChannel listener;
    private boolean frozen;
    private volatile boolean closed;

    private NetworkLink(int targetPort) throws IOException {
        InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        target = new InetSocketAddress(loopback, targetPort);
        local = new InetSocketAddress(loopback, Ports.free());
        selector = Selector.open();
        listen();
        thread = new Thread(this::run, "pgplex-link-" + local.getPort() + "-" + targetPort);
        thread.setDaemon(true);
        thread.start();
    }

    /** Opens a link to a loopback port, on which nobody needs to listen yet. */
    public static NetworkLink to(int port) {
        try {
            return new NetworkLink(port);
        } catch (IOException e) {
            throw new UncheckedIOException("could not open a link to port " + port, e);
        }
    }

    /** The port to connect to instead of the server's own. */
    public int port() {
        return local.getPort();
    }

    /** Breaks every present connection (both ends see a reset); new ones work. */
    public void cut() {
        obey(this::cutConnections);
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
        } else if (key.attachment() instanceof RelayedConnection connection && !connection.advance()) {
            connections.remove(connection);
        }
    }

    private void accept() {
        ServerSocketChannel from = listener;
        if (from == null) {
            return;
        }
        try {
            SocketChannel client = from.accept();
            if (client != null) {
                connections.add(RelayedConnection.open(client, target, selector));
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
            ServerSocketChannel channel = ServerSocketChannel.open();
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(local);
            channel.configureBlocking(false);
            channel.register(selector, frozen ? 0 : SelectionKey.OP_ACCEPT);
            listener = channel;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
