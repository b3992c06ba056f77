package io.pgplex.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Loopback ports for servers, from below the range that operating systems take client ports from.
 *
 * <p>So nobody's outgoing connection can take a server's port while that server is down.
 */
final class Ports {
    private static final int FIRST = 20_000;
    private static final int COUNT = 12_000;
    // a random start keeps JVMs that run side by side apart
    private static final AtomicInteger NEXT = new AtomicInteger(new SecureRandom().nextInt(COUNT));

    private Ports() {}

    /** A port that nobody listens on and that this JVM has not been given before. */
    static int free() {
        for (int attempt = 0; attempt < COUNT; attempt++) {
            int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
            if (isFree(port)) {
                return port;
            }
        }
        throw new ServerException("no free loopback port between " + FIRST + " and " + (FIRST + COUNT));
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
