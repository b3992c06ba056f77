package io.pgplex.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class EtcdServerIT {
    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void keepsItsDataWhenKilledOrRestarted() throws Exception {
        try (EtcdServer etcd = launch()) {
            put(etcd, "key", "value");

            etcd.kill();
            assertThat(etcd.isRunning()).isFalse();
            etcd.start();
            assertThat(get(etcd, "key")).isEqualTo("value");

            etcd.restart();
            assertThat(get(etcd, "key")).isEqualTo("value");
        }
    }

    @Test
    void isUnhealthyWhilePaused() {
        try (EtcdServer etcd = launch()) {
            etcd.pause();
            assertThat(EtcdHealth.isGood(etcd.endpoint())).isFalse();
            etcd.resume();
            assertThat(EtcdHealth.isGood(etcd.endpoint())).isTrue();
        }
    }

    @Test
    void goesOnWhenItsLeaderIsKilled() throws Exception {
        List<EtcdServer> members = launch(3);
        try {
            EtcdServer leader = EtcdHealth.awaitLeader(members);
            put(leader, "key", "value");

            leader.kill();

            EtcdServer next = EtcdHealth.awaitLeader(members);
            assertThat(next).isNotSameAs(leader);
            assertThat(get(next, "key")).isEqualTo("value");
            leader.start();
            assertThat(get(leader, "key")).isEqualTo("value");
        } finally {
            members.forEach(EtcdServer::close);
        }
    }

    @Test
    void isGoneWhenClosed() {
        EtcdServer etcd = launch();
        etcd.close();
        assertThat(etcd.isRunning()).isFalse();
        assertThat(EtcdHealth.isGood(etcd.endpoint())).isFalse();
    }

    private static EtcdServer launch() {
        return launch(1).get(0);
    }

    private static List<EtcdServer> launch(int members) {
        try {
            return EtcdServer.launch(members);
        } catch (EtcdUnavailableException e) {
            return Assumptions.abort(e.getMessage());
        }
    }

    private void put(EtcdServer etcd, String key, String value) throws Exception {
        post(etcd, "put", "{\"key\":\"" + base64(key) + "\",\"value\":\"" + base64(value) + "\"}");
    }

    private String get(EtcdServer etcd, String key) throws Exception {
        String answer = post(etcd, "range", "{\"key\":\"" + base64(key) + "\"}");
        String value = answer.replaceAll(".*\"value\":\"([^\"]*)\".*", "$1");
        return new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8);
    }

    private String post(EtcdServer etcd, String call, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(etcd.endpoint() + "/v3/kv/" + call))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
