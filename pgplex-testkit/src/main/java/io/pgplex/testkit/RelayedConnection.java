package io.pgplex.testkit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One client's connection through a {@link NetworkLink}: two sockets and what is on its way between them. */
final class RelayedConnection {
    private static final int BUFFER_BYTES = 16 * 1024;

    private final SocketChannel client;
    private final SocketChannel server;
    private final SelectionKey clientKey;
    private final SelectionKey serverKey;
    private final Flow toServer;
    private final Flow toClient;
    private final @Nullable Conversation conversation;
    private boolean frozen;
    private boolean clientLost;

    private RelayedConnection(
            SocketChannel client, SocketChannel server, Selector selector, @Nullable Conversation conversation)
            throws IOException {
        this.client = client;
        this.server = server;
        this.conversation = conversation;
        this.toServer = new Flow(client, server, conversation == null ? Gate.OPEN : conversation.clientGate());
        this.toClient = new Flow(server, client, conversation == null ? Gate.OPEN : conversation.serverGate());
        this.clientKey = prepare(client).register(selector, 0, this);
        this.serverKey = prepare(server).register(selector, 0, this);
    }

    /**
     * Connects a client that was accepted to the server; a server that refuses shows to the client as a reset.
     *
     * @param conversation what the two say to each other, or null where nobody needs to know
     */
    static RelayedConnection open(
            SocketChannel client, InetSocketAddress target, Selector selector, @Nullable Conversation conversation)
            throws IOException {
        SocketChannel server = SocketChannel.open();
        try {
            RelayedConnection connection = new RelayedConnection(client, server, selector, conversation);
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
        if (frozen || clientLost) {
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

    /** The next action that must run now for this connection, or null. */
    Conversation.@Nullable Held nextDue() {
        return conversation == null ? null : conversation.nextDue();
    }

    /** Lets a direction go on after its action; false when the connection is over. */
    boolean release(Conversation.Held held) {
        if (conversation != null) {
            conversation.release(held);
        }
        return !serverKey.isValid() || advance();
    }

    /** Ends the client's side with a reset, and leaves the server's as if the client were still there. */
    void loseClient() {
        if (serverKey.isValid()) {
            clientLost = true;
            reset(client);
            serverKey.interestOps(0);
        }
    }

    boolean hasLostClient() {
        return clientLost;
    }

    private void showInterest() {
        if (clientLost) {
            return;
        }
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
        private final Gate gate;
        private final ByteBuffer underWay = ByteBuffer.allocateDirect(BUFFER_BYTES);
        /** How many of the bytes under way may go on. */
        private int passable;

        private boolean ended;
        private boolean endPassedOn;

        Flow(SocketChannel from, SocketChannel to, Gate gate) {
            this.from = from;
            this.to = to;
            this.gate = gate;
        }

        void move() throws IOException {
            if (endPassedOn) {
                return;
            }
            if (!ended && underWay.hasRemaining() && from.read(underWay) < 0) {
                ended = true;
            }
            underWay.flip();
            passable = gate.passable(underWay, passable, ended);
            int arrived = underWay.limit();
            underWay.limit(passable);
            passable -= to.write(underWay);
            underWay.limit(arrived);
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
            return passable > 0 ? SelectionKey.OP_WRITE : 0;
        }
    }
}
