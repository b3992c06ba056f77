package io.pgplex.jdbc.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.metadata.model.Node;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** The circuit breaker around logins, without a server. */
class NodeGateTest {

    private final NodeGate gate = new NodeGate(new Node(1, "pg1", "127.0.0.1", 5432, "app"));
    private int asked;

    private void login(String state) {
        assertThatThrownBy(() -> gate.login(() -> {
                    asked++;
                    throw new SQLException("no", state);
                }))
                .isInstanceOf(SQLException.class);
    }

    @Test
    void aServerThatRefusesIsAskedAgainOnlyOnceItIsSeen() throws SQLException {
        for (int i = 0; i < 50; i++) {
            login("08001");
        }
        assertThat(asked).isLessThan(50);
        int before = asked;
        gate.stand(NodeGate.Standing.DOUBTFUL, "still");
        login("08001");
        assertThat(asked).isEqualTo(before);
        gate.stand(NodeGate.Standing.ANSWERS, null);
        assertThat(gate.<Integer>login(() -> 1)).isOne();
        assertThat(gate.<Integer>login(() -> 2)).isEqualTo(2);
        login("08001");
        assertThat(asked).isEqualTo(before + 1);
    }

    @Test
    void aServerThatHasNoConnectionFreeIsGivenAPause() {
        for (int i = 0; i < 50; i++) {
            login("53300");
        }
        assertThat(asked).isLessThan(50);
    }

    @Test
    void whatTheServerSaysOfTheLoginIsNoFaultOfTheNode() throws SQLException {
        for (int i = 0; i < 50; i++) {
            login("28P01");
            login("3D000");
        }
        assertThat(asked).isEqualTo(100);
        assertThat(gate.<Integer>login(() -> 1)).isOne();
    }

    @Test
    void onlyAServerThatMayHangIsNotWaitedForAsLongAsTheSettingsSay() {
        PoolSettings patient = new PoolSettings(1, 0, 30_000, 1, 1);
        PoolSettings hasty = new PoolSettings(1, 0, 300, 1, 1);
        assertThat(gate.patienceMillis(patient)).isEqualTo(30_000);
        gate.stand(NodeGate.Standing.ANSWERS, null);
        assertThat(gate.patienceMillis(patient)).isEqualTo(30_000);
        gate.stand(NodeGate.Standing.DOUBTFUL, "silent");
        assertThat(gate.patienceMillis(patient)).isEqualTo(2_000);
        assertThat(gate.patienceMillis(hasty)).isEqualTo(300);
        assertThat(gate.isDown()).isFalse();
        gate.stand(NodeGate.Standing.DOWN, "silent");
        assertThat(gate.isDown()).isTrue();
        assertThat(gate.reason()).isEqualTo("silent");
    }
}
