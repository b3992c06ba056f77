package io.pgplex.jdbc.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.ClientInfoStatus;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

class PgplexConnectionTest {
    private final FakeSession session = new FakeSession();
    private final PgplexConnection connection = FakeSession.connectionOver(session);

    PgplexConnectionTest() throws SQLException {}

    @Test
    void closingClosesStatementsAndTheirRows() throws SQLException {
        FakeRows rows = new FakeRows();
        session.answers.add(List.of(rows.answer()));
        Statement statement = connection.createStatement();
        statement.executeQuery("SELECT 1");
        connection.close();
        connection.close();

        assertThat(rows.closed()).isTrue();
        assertThat(statement.isClosed()).isTrue();
        assertThat(session.log).containsExactly("SELECT 1 []", "close");
    }

    @Test
    void rowsThatCannotBeClosedDoNotKeepTheSessionOpen() throws SQLException {
        session.answers.add(List.of(new FakeRows().failingToClose().answer()));
        connection.createStatement().executeQuery("SELECT 1");

        assertThatThrownBy(connection::close).hasMessage("cannot close");
        assertThat(session.closed).isTrue();
    }

    @Test
    void aClosedConnectionSaysSo() throws SQLException {
        Statement statement = connection.createStatement();
        connection.close();

        List<ThrowingCallable> calls = List.of(
                connection::createStatement,
                () -> connection.prepareStatement("SELECT 1"),
                connection::commit,
                connection::getAutoCommit,
                connection::getCatalog,
                connection::getMetaData,
                () -> connection.unwrap(PGConnection.class),
                () -> statement.execute("SELECT 1"));
        assertThat(calls).allSatisfy(call -> assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08003"))
                .hasMessage("This connection has been closed."));
        assertThat(connection.isValid(1)).isFalse();
    }

    @Test
    void transactionsNeedAutoCommitOff() throws SQLException {
        List<ThrowingCallable> calls = List.of(connection::commit, connection::rollback, connection::setSavepoint);
        assertThat(calls).allSatisfy(call -> assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25P01")));

        connection.setAutoCommit(false);
        Savepoint savepoint = connection.setSavepoint("here");
        connection.rollback(savepoint);
        connection.releaseSavepoint(savepoint);
        connection.commit();
        connection.rollback();
        assertThat(session.log)
                .containsExactly("savepoint here", "rollback to here", "release here", "commit", "rollback");
    }

    @Test
    void refusesAnIsolationThatThereIsNot() {
        assertThatThrownBy(() -> connection.setTransactionIsolation(Connection.TRANSACTION_NONE))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"));
        assertThat(session.log).isEmpty();
    }

    @Test
    void cursorsCloseAtCommitUnlessAskedOtherwise() throws SQLException {
        assertThat(connection.getHoldability()).isEqualTo(ResultSet.CLOSE_CURSORS_AT_COMMIT);
        connection.setHoldability(ResultSet.HOLD_CURSORS_OVER_COMMIT);
        connection.createStatement().execute("SELECT 1");

        assertThat(session.lastOptions.holdability()).isEqualTo(ResultSet.HOLD_CURSORS_OVER_COMMIT);
        assertThatThrownBy(() -> connection.setHoldability(99)).hasMessageContaining("holdability");
    }

    @Test
    void statementsBeginWithTheConnectionsDefaults() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("defaultRowFetchSize", "100");
        PgplexConnection tuned = FakeSession.connectionOver(session, properties);
        tuned.setQueryTimeout(4);
        Statement statement = tuned.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
        statement.execute("SELECT 1");

        assertThat(session.lastOptions.fetchSize()).isEqualTo(100);
        assertThat(session.lastOptions.queryTimeoutMillis()).isEqualTo(4000);
        assertThat(session.lastOptions.forwardReadOnly()).isFalse();
        assertThat(statement.getQueryTimeout()).isEqualTo(4);
    }

    @Test
    void refusesAResultSetTypeThatThereIsNot() {
        assertThatThrownBy(() -> connection.createStatement(1, ResultSet.CONCUR_READ_ONLY))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22023"));
    }

    @Test
    void aPropertyThatIsNoNumberIsRefused() {
        Properties properties = new Properties();
        properties.setProperty("prepareThreshold", "five");

        assertThatThrownBy(() -> FakeSession.connectionOver(session, properties))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22023"))
                .hasMessageContaining("prepareThreshold");
    }

    @Test
    void isAPostgresConnection() throws SQLException {
        assertThat(connection.unwrap(PGConnection.class)).isSameAs(connection);
        assertThat(connection.isWrapperFor(org.postgresql.jdbc.PgConnection.class))
                .isFalse();
        assertThat(connection.escapeIdentifier("a\"b")).isEqualTo("\"a\"\"b\"");
    }

    @Test
    void refusesWhatBelongsToOneServer() {
        List<ThrowingCallable> calls = List.of(
                connection::getCopyAPI,
                connection::getLargeObjectAPI,
                connection::getNotifications,
                () -> connection.addDataType("mood", org.postgresql.util.PGobject.class));
        assertThat(calls).allSatisfy(call -> assertThatThrownBy(call)
                .isInstanceOfSatisfying(SQLFeatureNotSupportedException.class, e -> assertThat(e.getSQLState())
                        .isEqualTo("0A000"))
                .hasMessageContaining("Hint: "));
        assertThatThrownBy(connection::getReplicationAPI).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void theApplicationsNameIsSetBySql() throws SQLException {
        connection.setClientInfo("ApplicationName", "o'brien");
        connection.setClientInfo("ApplicationName", "a\\'b");

        assertThat(session.log)
                .containsExactly("SET application_name = 'o''brien' []", "SET application_name = E'a\\\\''b' []");
    }

    @Test
    void otherClientInfoIsAWarning() throws SQLException {
        connection.setClientInfo("ClientUser", "ada");

        assertThat((Throwable) connection.getWarnings()).hasMessage("ClientInfo property not supported.");
        connection.clearWarnings();
        assertThat((Throwable) connection.getWarnings()).isNull();
    }

    @Test
    void clientInfoOfAClosedConnectionNamesWhatFailed() throws SQLException {
        connection.close();

        assertThatThrownBy(() -> connection.setClientInfo("ApplicationName", "x"))
                .isInstanceOfSatisfying(SQLClientInfoException.class, e -> assertThat(e.getFailedProperties())
                        .containsEntry("ApplicationName", ClientInfoStatus.REASON_UNKNOWN));
    }

    @Test
    void abortEndsTheSessionOnTheExecutor() throws SQLException {
        connection.abort(Runnable::run);
        connection.abort(Runnable::run);

        assertThat(session.log).containsExactly("abort");
        assertThat(connection.isClosed()).isTrue();
        assertThatThrownBy(() -> FakeSession.connectionOver(new FakeSession()).abort(null))
                .hasMessage("executor is null");
    }

    @Test
    void aNegativeTimeoutIsRefused() {
        assertThatThrownBy(() -> connection.isValid(-1)).hasMessage("Invalid timeout (-1<0).");
        assertThatThrownBy(() -> connection.setNetworkTimeout(null, -1)).hasMessageContaining("Network timeout");
    }

    @Test
    void metadataNamesTheDriverWithoutAskingAServer() throws SQLException {
        assertThat(connection.getMetaData().getDriverName()).isEqualTo("pgplex JDBC driver");
        assertThat(connection.getMetaData().getDriverVersion()).isEqualTo("1.2.3");
        assertThat(connection.getMetaData().getDriverMajorVersion()).isEqualTo(1);
        assertThat(connection.getMetaData().getURL()).isEqualTo("jdbc:pgplex:mem:test/shop");
        assertThat(connection.getMetaData().getConnection()).isSameAs(connection);
        assertThat(connection.getCatalog()).isEqualTo("shop");
    }

    @Test
    void factsKeepPropertiesToThemselves() {
        Properties properties = new Properties();
        properties.setProperty("password", "secret");
        ConnectionFacts facts = new ConnectionFacts("url", "ada", "shop", properties, "1", 1, 0);
        properties.setProperty("password", "other");

        assertThat(facts.word("password", "")).isEqualTo("secret");
        assertThat(facts.toString()).doesNotContain("secret");
    }
}
