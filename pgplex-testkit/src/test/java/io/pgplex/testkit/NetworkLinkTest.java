package io.pgplex.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NetworkLinkTest {
    private ServerSocket server;
    private NetworkLink link;

    @BeforeEach
    void open() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread echo = new Thread(this::echo, "echo");
        echo.setDaemon(true);
        echo.start();
        link = NetworkLink.to(server.getLocalPort());
    }

    @AfterEach
    void close() throws IOException {
        link.close();
        server.close();
    }

    @Test
    void relaysBothWays() throws IOException {
        try (Socket client = connect()) {
            assertEchoes(client);
        }
    }

    @Test
    void relaysMuchInBothDirectionsAtOnce() throws Exception {
        byte[] sent = new byte[3_000_000];
        new Random(1).nextBytes(sent);
        try (Socket client = connect()) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> write(client, sent));
            assertThat(client.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
            sending.join();
        }
    }

    @Test
    void passesOnTheEndOfOneDirection() throws IOException {
        try (Socket client = connect()) {
            assertEchoes(client);
            client.shutdownOutput();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
        Waiting.until(() -> link.connectionCount() == 0, Duration.ofSeconds(5), () -> "a connection was kept");
    }

    @Test
    void cutBreaksPresentConnectionsOnly() throws IOException {
        try (Socket present = connect()) {
            assertEchoes(present);
            link.cut();
            assertThatThrownBy(() -> present.getInputStream().read()).isInstanceOf(SocketException.class);
        }
        try (Socket later = connect()) {
            assertEchoes(later);
        }
    }

    @Test
    void refusesNewConnectionsOnly() throws IOException {
        try (Socket present = connect()) {
            assertEchoes(present);
            link.refuse();
            assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
            assertEchoes(present);
        }
        link.heal();
        try (Socket later = connect()) {
            assertEchoes(later);
        }
    }

    @Test
    void isGoneWhenCutOff() throws IOException {
        try (Socket present = connect()) {
            assertEchoes(present);
            link.cutOff();
            assertThatThrownBy(() -> present.getInputStream().read()).isInstanceOf(SocketException.class);
            assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
        }
    }

    @Test
    void frozenBytesArriveWhenHealed() throws IOException {
        try (Socket present = connect()) {
            assertEchoes(present);
            link.freeze();
            present.getOutputStream().write(7);
            present.setSoTimeout(200);
            assertThatThrownBy(() -> present.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            try (Socket later = connect()) {
                later.getOutputStream().write(8);
                link.heal();
                present.setSoTimeout(5_000);
                assertThat(present.getInputStream().read()).isEqualTo(7);
                assertThat(later.getInputStream().read()).isEqualTo(8);
            }
        }
    }

    @Test
    void resetsClientsOfServerThatIsDown() throws IOException {
        closeServerForGood();
        try (Socket client = connect()) {
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
    }

    /** A thread that is inside accept keeps the port open a little longer than close says. */
    private void closeServerForGood() throws IOException {
        server.close();
        for (int tries = 0; tries < 100_000; tries++) {
            try (Socket stillThere = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort())) {
                Thread.onSpinWait();
            } catch (ConnectException gone) {
                return;
            }
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), link.port());
        socket.setSoTimeout(5_000);
        return socket;
    }

    private static void assertEchoes(Socket socket) throws IOException {
        socket.getOutputStream().write(42);
        assertThat(socket.getInputStream().read()).isEqualTo(42);
    }

    private static void write(Socket socket, byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void echo() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                Thread thread = new Thread(() -> echo(socket), "echo-connection");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) {
                // closed: the loop ends
            }
        }
    }

    private static void echo(Socket socket) {
        try (socket) {
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException e) {
            // the test broke the connection
        }
    }
}
