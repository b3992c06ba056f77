package io.pgplex.jdbc.admin;

import java.net.InetAddress;
import java.net.Socket;
import javax.net.SocketFactory;

/** Makes {@link RefusingServer}s for pgjdbc, which finds it by its class's name and so needs it public. */
public final class RefusingServerFactory extends SocketFactory {

    @Override
    public Socket createSocket() {
        return new RefusingServer();
    }

    @Override
    public Socket createSocket(String host, int port) {
        return createSocket();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        return createSocket();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        return createSocket();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) {
        return createSocket();
    }
}
