package io.pgplex.jdbc.error;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.store.MetadataException;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.plan.Refusal;
import io.pgplex.routing.scan.SqlSyntaxException;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.sql.SQLNonTransientException;
import java.sql.SQLSyntaxErrorException;
import java.sql.SQLTransactionRollbackException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PgplexErrorsTest {

    @Test
    void printsWhatPgjdbcPrintsForAServersError() {
        SQLException error = PgplexErrors.from(new Refusal("0A000", "no such thing", "More.", "Do this.", 15));

        assertThat((Throwable) error)
                .isInstanceOf(SQLFeatureNotSupportedException.class)
                .hasMessage("ERROR: no such thing\n  Detail: More.\n  Hint: Do this.\n  Position: 15");
        assertThat(error.getSQLState()).isEqualTo("0A000");
    }

    @Test
    void leavesOutWhatIsNotKnown() {
        assertThat((Throwable) PgplexErrors.error(SqlState.INVALID_PARAMETER, "bad option"))
                .isExactlyInstanceOf(SQLNonTransientException.class)
                .hasMessage("ERROR: bad option")
                .hasNoCause();
    }

    @Test
    void keepsTheRoutingExceptionAsCause() {
        RoutingException cause = new RoutingException(new Refusal("42P01", "no table", null, null, 0));

        assertThat((Throwable) PgplexErrors.from(cause)).hasCause(cause);
    }

    @Test
    void keepsStateHintAndPositionOfBadText() {
        SQLException error = PgplexErrors.from(new SqlSyntaxException("42601", "unterminated", "ab", 1, "Close it."));

        assertThat((Throwable) error)
                .isInstanceOf(SQLSyntaxErrorException.class)
                .hasMessage("ERROR: unterminated\n  Hint: Close it.\n  Position: 2");
    }

    @ParameterizedTest
    @CsvSource({"UNAVAILABLE,08001", "TIMEOUT,08001", "COMPACTED,08001", "CORRUPT,XX001", "DENIED,28P01"})
    void tellsWhyTheMetadataStoreFailed(MetadataException.Kind kind, String sqlState) {
        SQLException error = PgplexErrors.from(new MetadataException(kind, "etcd said no"));

        assertThat(error.getSQLState()).isEqualTo(sqlState);
        assertThat((Throwable) error).hasMessageContaining("etcd said no");
    }

    @Test
    void givesStatesWithoutAnEntryTheTypeOfTheirClass() {
        assertThat((Throwable) PgplexErrors.from(new Refusal("23505", "m", null, null, 0)))
                .isInstanceOf(SQLIntegrityConstraintViolationException.class);
        assertThat((Throwable) PgplexErrors.from(new Refusal("40P01", "m", null, null, 0)))
                .isInstanceOf(SQLTransactionRollbackException.class);
        assertThat((Throwable) PgplexErrors.from(new Refusal("P0001", "m", null, null, 0)))
                .isExactlyInstanceOf(SQLNonTransientException.class);
    }

    @Test
    void saysThatABugIsOne() {
        assertThat((Throwable) PgplexErrors.bug("column count differs", null))
                .isExactlyInstanceOf(SQLException.class)
                .hasMessageContaining("bug in pgplex");
    }

    @Test
    void attachesThePlaceOfAFailureOnce() {
        SQLException failure = new SQLException("x", "23505");

        ShardFailure.attach(failure, "s1", "pg1", "4711");
        ShardFailure.attach(failure, "s2", null, null);

        ShardFailure place = ShardFailure.of(failure);
        assertThat((Throwable) place).hasMessage("on shard \"s1\", node \"pg1\", transaction 4711");
        assertThat(place.shard()).isEqualTo("s1");
        assertThat(failure.getSuppressed()).hasSize(1);
    }

    @Test
    void attachesTheDistributedTransactionOfAFailureOnceBesideItsPlace() {
        SQLException failure = new SQLException("x", "23505");
        ShardFailure.attach(failure, "s1", "pg1", null);

        CommitFailure.attach(failure, "4711");
        CommitFailure.attach(failure, "4712");

        assertThat(CommitFailure.of(failure).gtxid()).isEqualTo("4711");
        assertThat((Throwable) CommitFailure.of(failure)).hasMessage("in distributed transaction 4711");
        assertThat(failure.getSuppressed()).hasSize(2);
        assertThat(CommitFailure.of(new SQLException("x"))).isNull();
    }

    @Test
    void knowsNoPlaceWhereNoneWasAttached() {
        assertThat(ShardFailure.of(new SQLException("x"))).isNull();
    }
}
