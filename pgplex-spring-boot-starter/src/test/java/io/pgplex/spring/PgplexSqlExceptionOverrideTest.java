package io.pgplex.spring;

import static com.zaxxer.hikari.SQLExceptionOverride.Override.CONTINUE_EVICT;
import static com.zaxxer.hikari.SQLExceptionOverride.Override.DO_NOT_EVICT;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTimeoutException;
import org.junit.jupiter.api.Test;

class PgplexSqlExceptionOverrideTest {

    private final SQLExceptionOverride override = new PgplexSqlExceptionOverride();

    @Test
    void keepsTheConnectionOfARefusedStatement() {
        assertThat(override.adjudicate(new SQLFeatureNotSupportedException("refused", "0A000")))
                .isEqualTo(DO_NOT_EVICT);
    }

    @Test
    void keepsTheConnectionOfAStatementThatRanOutOfTime() {
        assertThat(override.adjudicate(new SQLException("cancelled", "57014"))).isEqualTo(DO_NOT_EVICT);
        assertThat(override.adjudicate(new SQLTimeoutException("late"))).isEqualTo(DO_NOT_EVICT);
    }

    @Test
    void leavesAClosedConnectionToHikari() {
        assertThat(override.adjudicate(new SQLNonTransientConnectionException("closed", "08003")))
                .isEqualTo(CONTINUE_EVICT);
    }

    @Test
    void leavesAnUnknownOutcomeToHikari() {
        assertThat(override.adjudicate(new SQLNonTransientConnectionException("unknown", "08007")))
                .isEqualTo(CONTINUE_EVICT);
        assertThat(override.adjudicate(new SQLTimeoutException("unknown", "08007")))
                .isEqualTo(CONTINUE_EVICT);
    }

    @Test
    void leavesOtherErrorsToHikari() {
        assertThat(override.adjudicate(new SQLException("shutdown", "57P01"))).isEqualTo(CONTINUE_EVICT);
        assertThat(override.adjudicate(new SQLException("no state"))).isEqualTo(CONTINUE_EVICT);
    }

    @Test
    void doesNotHideALostConnectionBehindARefusal() {
        SQLException refused = new SQLFeatureNotSupportedException("refused", "0A000");
        refused.setNextException(new SQLException("harmless", "42601"));
        refused.setNextException(new SQLNonTransientConnectionException("lost", "08006"));
        assertThat(override.adjudicate(refused)).isEqualTo(CONTINUE_EVICT);
    }
}
