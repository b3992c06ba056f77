package io.pgplex.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class PatroniClusterIT {

    @BeforeAll
    static void needsPatroni() {
        PatroniCluster.assumeAvailable();
    }

    private static EtcdServer launch() {
        try {
            return EtcdServer.launch();
        } catch (EtcdUnavailableException e) {
            return Assumptions.abort(e.getMessage());
        }
    }

    @Test
    void leadsSwitchesAndFailsOver() {
        try (EtcdServer etcd = launch();
                PatroniCluster patroni = PatroniCluster.start("testkit", 2, etcd)) {
            PatroniNode first = patroni.node("m1");
            PatroniNode second = patroni.node("m2");
            assertThat(patroni.leader()).isSameAs(first);
            assertThat(patroni.replicas()).containsExactly(second);
            assertThat(second.query("postgres", "SELECT pg_catalog.pg_is_in_recovery()"))
                    .isEqualTo("t");

            patroni.switchover(second);
            assertThat(patroni.leader()).isSameAs(second);
            patroni.awaitMembers();

            second.kill();
            assertThat(second.isPatroniRunning()).isFalse();
            assertThat(patroni.awaitLeaderOtherThan(second)).isSameAs(first);
            first.execute("postgres", "CREATE TABLE written (id int)");

            second.startPatroni();
            patroni.awaitMembers();
            assertThat(Waiting.holdsWithin(() -> hasTable(second), Duration.ofSeconds(20)))
                    .isTrue();
        }
    }

    /** Patroni may start the member's PostgreSQL more than once before it follows. */
    private static boolean hasTable(PatroniNode node) {
        try {
            return "t".equals(node.query("postgres", "SELECT to_regclass('written') IS NOT NULL"));
        } catch (ServerException e) {
            return false;
        }
    }

    @Test
    void aKilledPatroniLeavesPostgresRunningUntilClosed() {
        PatroniNode node;
        try (EtcdServer etcd = launch();
                PatroniCluster patroni = PatroniCluster.start("alone", 1, etcd)) {
            node = patroni.leader();
            node.killPatroni();
            assertThat(node.query("postgres", "SELECT 1")).isEqualTo("1");
            assertThat(patroni.nodes()).isEqualTo(List.of(node));
        }
        assertThat(node.logFile()).doesNotExist();
    }
}
