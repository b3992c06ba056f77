package io.pgplex.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class LoginDeadlineTest {

    @Test
    void givesTheResult() throws SQLException {
        CompletableFuture<String> result = LoginDeadline.start(
                "pgplex-login-x", () -> Thread.currentThread().getName());

        assertThat(LoginDeadline.in(Duration.ofSeconds(30)).await(result, "x")).isEqualTo("pgplex-login-x");
        assertThat(LoginDeadline.in(Duration.ZERO).await(result, "x")).isEqualTo("pgplex-login-x");
    }

    @Test
    void passesAnErrorThroughAsItIs() {
        SQLException error = new SQLException("no", "28P01");
        CompletableFuture<String> result = LoginDeadline.start("pgplex-login-x", () -> {
            throw error;
        });

        assertThatThrownBy(() -> LoginDeadline.in(Duration.ZERO).await(result, "x"))
                .isSameAs(error);
    }

    @Test
    void doesNotHideABug() {
        CompletableFuture<String> result = LoginDeadline.start("pgplex-login-x", () -> {
            throw new IllegalStateException("two");
        });

        assertThatThrownBy(() -> LoginDeadline.in(Duration.ZERO).await(result, "x"))
                .hasFieldOrPropertyWithValue("SQLState", "XX000")
                .hasRootCauseMessage("two");
    }

    @Test
    void endsAtItsInstant() {
        CountDownLatch never = new CountDownLatch(1);
        CompletableFuture<Boolean> result = LoginDeadline.start("pgplex-login-x", () -> {
            never.await();
            return true;
        });

        assertThatThrownBy(
                        () -> LoginDeadline.in(Duration.ofMillis(20)).await(result, "cluster \"c\" could not be read"))
                .isInstanceOf(SQLTransientConnectionException.class)
                .hasFieldOrPropertyWithValue("SQLState", "08001")
                .hasMessageContaining("cluster \"c\" could not be read");
        never.countDown();
    }

    @Test
    void keepsAnInterrupt() {
        CompletableFuture<String> result = new CompletableFuture<>();
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> LoginDeadline.in(Duration.ofSeconds(30)).await(result, "x"))
                .hasFieldOrPropertyWithValue("SQLState", "08001");
        assertThat(Thread.interrupted()).isTrue();
    }
}
