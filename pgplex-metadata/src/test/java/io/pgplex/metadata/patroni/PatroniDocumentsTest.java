package io.pgplex.metadata.patroni;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PatroniDocumentsTest {

    /** As Patroni 3.0.2 wrote it. */
    private static final String OF_3 = """
            {"conn_url":"postgres://127.0.0.1:33531/postgres","api_url":"http://127.0.0.1:33501/patroni","state":"running",\
            "role":"master","version":"3.0.2","xlog_location":50331648,"timeline":1}""";

    /** In the form of Patroni 4. */
    private static final String OF_4 = """
            {"conn_url":"postgres://10.0.0.7:5432/postgres","api_url":"http://10.0.0.7:8008/patroni","state":"running",\
            "role":"primary","version":"4.0.5","xlog_location":67109032,"receive_lsn":67109032,"replay_lsn":67109032,\
            "replication_state":"streaming","timeline":7,"tags":{"nofailover":true,"noloadbalance":true,"zone":"b"}}""";

    private static String at(String url) {
        return "{\"conn_url\":\"" + url + "\",\"state\":\"running\",\"role\":\"replica\"}";
    }

    @Test
    void readsWhatPatroni3Writes() {
        assertThat(PatroniDocuments.member("m1", OF_3))
                .isEqualTo(new PatroniMember("m1", "127.0.0.1", 33531, "master", "running", 1, true, null));
    }

    @Test
    void readsWhatPatroni4Writes() {
        assertThat(PatroniDocuments.member("m1", OF_4))
                .isEqualTo(new PatroniMember("m1", "10.0.0.7", 5432, "primary", "running", 7, false, "b"));
    }

    @ParameterizedTest
    @CsvSource({
        "postgres://h:1/postgres, h, 1",
        "postgres://h/postgres, h, 5432",
        "postgres://h, h, 5432",
        "postgresql://user:p%40ss@h.example:6543/postgres?sslmode=require, h.example, 6543",
        "postgres://user@h_under:6543/postgres, h_under, 6543",
        "postgres://[fd00::1]:6543/postgres, fd00::1, 6543",
        "postgres://user:secret@[::1]/postgres, ::1, 5432",
    })
    void findsTheAddressInAConnUrl(String url, String host, int port) {
        assertThat(PatroniDocuments.member("m", at(url)))
                .isEqualTo(new PatroniMember("m", host, port, "replica", "running", 0, true, null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "h:1/postgres",
                "postgres:///postgres",
                "postgres://:1/postgres",
                "postgres://h:0/x",
                "postgres://h:65536/x",
                "postgres://h:x/x",
                "postgres://h:1,i:2/x",
                "postgres://[::1/x",
                "postgres://[::1]1/x",
                "postgres://%2Ftmp/x",
                "postgres://%zz/x",
                "postgres://a b/x",
            })
    void refusesAConnUrlThatLeadsNowhere(String url) {
        assertThat(PatroniDocuments.member("m", at(url))).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "\"text\"",
                "{",
                "{} {}",
                "{}",
                "{\"conn_url\":\"postgres://h/x\",\"state\":\"running\"}",
                "{\"conn_url\":\"postgres://h/x\",\"role\":\"replica\"}",
                "{\"conn_url\":7,\"state\":\"running\",\"role\":\"replica\"}",
                "{\"conn_url\":\"postgres://h/x\",\"state\":{},\"role\":[]}",
            })
    void refusesWhatIsNoMembersDocument(String text) {
        assertThat(PatroniDocuments.member("m", text)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "7",
                "null",
                "{\"noloadbalance\":false,\"zone\":7}",
                "{\"noloadbalance\":[],\"zone\":{}}",
                "{\"nofailover\":true,\"nosync\":true,\"clonefrom\":true}",
            })
    void tagsThatSayNothingOfReadsAreIgnored(String tags) {
        assertThat(PatroniDocuments.member("m", at("postgres://h/x").replace("}", ",\"tags\":" + tags + "}")))
                .isEqualTo(new PatroniMember("m", "h", 5432, "replica", "running", 0, true, null));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "-1, 0", "4294967295, 4294967295", "4294967296, 0", "'\"3\"', 0", "null, 0", "1e999, 0"})
    void aTimelineIsANumberWithoutASignOfThirtyTwoBits(String written, long timeline) {
        PatroniMember member = PatroniDocuments.member(
                "m",
                "{\"conn_url\":\"postgres://h/x\",\"state\":\"running\",\"role\":\"replica\",\"timeline\":" + written
                        + "}");
        assertThat(member).isNotNull();
        assertThat(member.timeline()).isEqualTo(timeline);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[] | 1",
                "[[1,67110024,\"no recovery target specified\",\"2026-11-21T12:00:00+00:00\",\"m2\"]] | 2",
                "[[1,1,\"x\"],[2,2,\"x\"],[5,3,\"x\"]] | 6",
                "[[]] | 0",
                "[7] | 0",
                "{} | 0",
                "garbage[ | 0",
            })
    void theHistoryEndsOnTheTimelineAfterTheLastOneLeft(String text, long timeline) {
        assertThat(PatroniDocuments.timelineOfHistory(text)).isEqualTo(timeline);
    }
}
