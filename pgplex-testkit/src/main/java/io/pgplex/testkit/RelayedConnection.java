package io.pgplex.testkit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** One client's connection through a {@link NetworkLink}: two sockets and what is on its way between them. */
final class RelayedConnection {
    private static final int BUFFER_BYTES = 16 * 1024;

    private final SocketChannel client;
    private final SocketChannel server;
    private final SelectionKey clientKey;
    private final SelectionKey serverKey;
    private final Flow toServer;
    private final Flow toClient;
    private boolean frozen;

    private RelayedConnection(SocketChannel client, SocketChannel server, Selector selector) throws IOException {
        this.client = client;
        this.server = server;
        this.toServer = new Flow(client, server);
        this.toClient = new Flow(server, client);
        this.clientKey = prepare(client).register(selector, 0, this);
        this.serverKey = prepare(server).register(selector, 0, this);
    }

    /** Connects a client that was accepted to the server; a server that refuses shows to the client as a reset. */
    static RelayedConnection open(SocketChannel client, InetSocketAddress target, Selector selector)
            throws IOException {
        SocketChannel server = SocketChannel.open();
        try {
            RelayedConnection connection = new RelayedConnection(client, server, selector);
            server.connect(target);
            connection.showInterest();
            return connection;
        } catch (IOException e) {
            reset(client);
            reset(server);
            throw e;
        }
    }

    private static SocketChannel prepare(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return channel;
    }

    /** Moves what can be moved; false when the connection is over. */
    boolean advance() {
        if (frozen) {
            return true;
        }
        try {
            if (server.isConnectionPending() && !server.finishConnect()) {
                return true;
            }
            toServer.move();
            toClient.move();
            if (toServer.isOver() && toClient.isOver()) {
                client.close();
                server.close();
                return false;
            }
            showInterest();
            return true;
        } catch (IOException e) {
            reset();
            return false;
        }
    }

    void setFrozen(boolean value) {
        frozen = value;
        showInterest();
    }

    private void showInterest() {
        if (frozen) {
            clientKey.interestOps(0);
            serverKey.interestOps(0);
        } else if (server.isConnectionPending()) {
            serverKey.interestOps(SelectionKey.OP_CONNECT);
        } else {
            clientKey.interestOps(toServer.readInterest() | toClient.writeInterest());
            serverKey.interestOps(toClient.readInterest() | toServer.writeInterest());
        }
    }

    /** Ends both sides with a TCP reset rather than an orderly close. */
    void reset() {
        reset(client);
        reset(server);
    }

    private static void reset(SocketChannel channel) {
        try {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException e) {
            // closed or never connected: nothing to reset
        }
        try {
            channel.close();
        } catch (IOException e) {
            // it is of no use any more either way
        }
    }

    /** Bytes in one direction, at most one buffer of them under way. */
    private static final class Flow {
        private final SocketChannel from;
        private final SocketChannel to;
        private final ByteBuffer underWay = ByteBuffer.allocateDirect(BUFFER_BYTES);
        private boolean ended;
        private boolean endPassedOn;

        Flow(SocketChannel from, SocketChannel to) {
            this.from = from;
            this.to = to;
        }

        void move() throws IOException {
            if (endPassedOn) {
                return;
            }
            if (!ended && underWay.hasRemaining() && from.read(underWay) < 0) {
                ended = true;
            }
            underWay.flip();
            to.write(underWay);
            underWay.compact();
            if (isOver()) {
                to.shutdownOutput();
                endPassedOn = true;
            }
        }

        boolean isOver() {
            return ended && underWay.position() == 0;
        }

        int readInterest() {
            return !ended && underWay.hasRemaining() ? SelectionKey.OP_READ : 0;
        }

        int writeInterest() {
            return underWay.position() > 0 ? SelectionKey.OP_WRITE : 0;
        }
    }
}
