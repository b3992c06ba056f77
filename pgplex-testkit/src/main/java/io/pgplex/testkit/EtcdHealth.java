package io.pgplex.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** What an etcd answers when asked for its health: whether it has a leader and can write. */
final class EtcdHealth {
    private static final int TIMEOUT_MILLIS = 1_000;

    private EtcdHealth() {}

    static boolean isGood(String endpoint) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(endpoint + "/health").toURL().openConnection(Proxy.NO_PROXY);
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            try (InputStream answer = connection.getInputStream()) {
                String text = new String(answer.readAllBytes(), StandardCharsets.UTF_8);
                return text.contains("\"health\":\"true\"");
            } finally {
                connection.disconnect();
            }
        } catch (IOException e) {
            return false;
        }
    }
}
