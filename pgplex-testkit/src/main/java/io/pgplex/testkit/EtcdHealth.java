package io.pgplex.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What an etcd answers when asked for its health: whether it has a leader and can write, and who leads. */
final class EtcdHealth {
    private static final int TIMEOUT_MILLIS = 1_000;
    private static final Duration LEADER_LIMIT = Duration.ofSeconds(30);
    private static final Pattern MEMBER = Pattern.compile("\"member_id\":\"(\\d+)\"");
    private static final Pattern LEADER = Pattern.compile("\"leader\":\"(\\d+)\"");

    private EtcdHealth() {}

    static boolean isGood(String endpoint) {
        String text = answer(endpoint + "/health", null);
        return text != null && text.contains("\"health\":\"true\"");
    }

    /** The member that leads, asked of each member that runs; waits while there is none. */
    static EtcdServer awaitLeader(List<EtcdServer> members) {
        List<EtcdServer> found = new ArrayList<>();
        Waiting.until(
                () -> {
                    members.stream()
                            .filter(EtcdServer::isRunning)
                            .filter(member -> leads(member.endpoint()))
                            .findFirst()
                            .ifPresent(found::add);
                    return !found.isEmpty();
                },
                LEADER_LIMIT,
                () -> "the etcd has no leader");
        return found.get(0);
    }

    /** Whether a member says that it leads itself. */
    private static boolean leads(String endpoint) {
        String status = answer(endpoint + "/v3/maintenance/status", "{}");
        if (status == null) {
            return false;
        }
        Matcher own = MEMBER.matcher(status);
        Matcher leader = LEADER.matcher(status);
        return own.find() && leader.find() && own.group(1).equals(leader.group(1));
    }

    /** The answer to a GET, or to a POST where there is a body; null when there is none in time. */
    private static @Nullable String answer(String url, @Nullable String body) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(url).toURL().openConnection(Proxy.NO_PROXY);
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            if (body != null) {
                connection.setDoOutput(true);
                try (OutputStream out = connection.getOutputStream()) {
                    out.write(body.getBytes(StandardCharsets.UTF_8));
                }
            }
            try (InputStream answer = connection.getInputStream()) {
                return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
            } finally {
                connection.disconnect();
            }
        } catch (IOException e) {
            return null;
        }
    }
}
