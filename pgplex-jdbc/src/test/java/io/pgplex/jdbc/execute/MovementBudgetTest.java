package io.pgplex.jdbc.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class MovementBudgetTest {

    private final RunningStatement running = new RunningStatement();

    @Test
    void refusesMoreBytesThanAllowed() throws SQLException {
        MovementBudget budget = new MovementBudget(running, 0, 100);
        budget.spend(60);
        budget.spend(40);

        assertThatThrownBy(() -> budget.spend(1))
                .hasFieldOrPropertyWithValue("SQLState", "54000")
                .hasMessageContaining("maxIntermediate (100 bytes)")
                .hasMessageContaining("Hint: ");
    }

    @Test
    void seesCancelsOfItsOwnTimeOnly() throws SQLException {
        running.cancel();
        MovementBudget budget = new MovementBudget(running, 0, 100);
        assertThatCode(budget::check).doesNotThrowAnyException();
        running.cancel();

        assertThatThrownBy(budget::check).hasFieldOrPropertyWithValue("SQLState", "57014");
    }

    @Test
    void hasNoEndWithoutATimeout() {
        assertThat(new MovementBudget(running, 0, 100).remainingMillis()).isZero();
        assertThat(new MovementBudget(running, 60_000, 100).remainingMillis()).isBetween(1, 60_000);
    }
}
