package io.pgplex.jdbc.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.execute.BatchResult;
import io.pgplex.jdbc.execute.GeneratedKeys;
import io.pgplex.jdbc.execute.StatementResult;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class PgplexStatementTest {
    private final FakeSession session = new FakeSession();
    private final Connection connection = FakeSession.connectionOver(session);
    private final Statement statement = connection.createStatement();

    PgplexStatementTest() throws SQLException {}

    @Test
    void aQueryGivesItsRowsAndNamesItsStatement() throws SQLException {
        session.answers.add(List.of(new FakeRows().answer()));
        ResultSet rows = statement.executeQuery("SELECT 1");

        assertThat(rows.getInt(1)).isEqualTo(42);
        assertThat(rows.getStatement()).isSameAs(statement);
        assertThat(statement.getResultSet()).isSameAs(rows);
        assertThat(statement.getUpdateCount()).isEqualTo(-1);
    }

    @Test
    void aQueryWithoutRowsIsAnError() {
        assertThatThrownBy(() -> statement.executeQuery("DELETE"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("02000"))
                .hasMessage("No results were returned by the query.");
    }

    @Test
    void aQueryWithTwoResultsIsAnErrorAndLeavesNothingOpen() {
        FakeRows first = new FakeRows();
        FakeRows second = new FakeRows();
        session.answers.add(List.of(first.answer(), second.answer()));

        assertThatThrownBy(() -> statement.executeQuery("SELECT 1; SELECT 2"))
                .hasMessage("Multiple ResultSets were returned by the query.");
        assertThat(first.closed()).isTrue();
        assertThat(second.closed()).isTrue();
    }

    @Test
    void anUpdateThatReturnsRowsIsAnErrorAndLeavesNothingOpen() {
        FakeRows rows = new FakeRows();
        session.answers.add(List.of(rows.answer()));

        assertThatThrownBy(() -> statement.executeUpdate("SELECT 1"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0100E"))
                .hasMessage("A result was returned when none was expected.");
        assertThat(rows.closed()).isTrue();
    }

    @Test
    void aCountBeyondIntIsToldByTheLargeMethods() throws SQLException {
        session.answers.add(List.of(new StatementResult.Count(5_000_000_000L, null)));
        assertThat(statement.executeLargeUpdate("UPDATE")).isEqualTo(5_000_000_000L);
        assertThat(statement.getUpdateCount()).isEqualTo(Statement.SUCCESS_NO_INFO);
    }

    @Test
    void executingAgainClosesTheLastResult() throws SQLException {
        FakeRows rows = new FakeRows();
        session.answers.add(List.of(rows.answer()));
        ResultSet first = statement.executeQuery("SELECT 1");
        statement.execute("DELETE");

        assertThat(rows.closed()).isTrue();
        assertThatThrownBy(first::getStatement).hasMessage("This ResultSet is closed.");
    }

    @Test
    void executingAgainClosesResultsThatWereNeverShown() throws SQLException {
        FakeRows unseen = new FakeRows();
        session.answers.add(List.of(new StatementResult.Count(1, null), unseen.answer()));
        statement.execute("DELETE; SELECT 1");
        statement.execute("DELETE");

        assertThat(unseen.closed()).isTrue();
    }

    @Test
    void severalResultsAreReadInOrder() throws SQLException {
        FakeRows first = new FakeRows();
        FakeRows second = new FakeRows();
        session.answers.add(List.of(first.answer(), new StatementResult.Count(3, null), second.answer()));

        assertThat(statement.execute("...")).isTrue();
        assertThat(statement.getMoreResults()).isFalse();
        assertThat(first.closed()).isTrue();
        assertThat(statement.getUpdateCount()).isEqualTo(3);
        assertThat(statement.getMoreResults()).isTrue();
        assertThat(statement.getUpdateCount()).isEqualTo(-1);
        assertThat(statement.getMoreResults()).isFalse();
        assertThat(statement.getUpdateCount()).isEqualTo(-1);
        assertThat(statement.getResultSet()).isNull();
        assertThat(second.closed()).isTrue();
    }

    @Test
    void keptResultsStayOpenUntilAllAreClosed() throws SQLException {
        FakeRows first = new FakeRows();
        FakeRows second = new FakeRows();
        FakeRows third = new FakeRows();
        session.answers.add(List.of(first.answer(), second.answer(), third.answer()));
        statement.execute("...");

        statement.getMoreResults(Statement.KEEP_CURRENT_RESULT);
        assertThat(first.closed()).isFalse();
        statement.getMoreResults(Statement.CLOSE_CURRENT_RESULT);
        assertThat(first.closed()).isFalse();
        assertThat(second.closed()).isTrue();
        statement.getMoreResults(Statement.CLOSE_ALL_RESULTS);
        assertThat(first.closed()).isTrue();
        assertThat(third.closed()).isTrue();
    }

    @Test
    void closingAStatementClosesItsResultsOnce() throws SQLException {
        FakeRows rows = new FakeRows();
        session.answers.add(List.of(rows.answer()));
        statement.executeQuery("SELECT 1");
        statement.close();
        statement.close();

        assertThat(rows.closed()).isTrue();
        assertThat(statement.isClosed()).isTrue();
        assertThat(connection.isClosed()).isFalse();
    }

    @Test
    void aResultThatCannotBeClosedDoesNotKeepOthersOpen() throws SQLException {
        FakeRows first = new FakeRows().failingToClose();
        FakeRows second = new FakeRows();
        session.answers.add(List.of(first.answer(), second.answer()));
        statement.execute("...");
        statement.getMoreResults(Statement.KEEP_CURRENT_RESULT);

        assertThatThrownBy(statement::close).hasMessage("cannot close");
        assertThat(second.closed()).isTrue();
    }

    @Test
    void aClosedStatementSaysSo() throws SQLException {
        statement.close();

        assertThatThrownBy(() -> statement.executeQuery("SELECT 1"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55000"))
                .hasMessage("This statement has been closed.");
        assertThatThrownBy(() -> statement.setFetchSize(1)).hasMessage("This statement has been closed.");
        assertThatThrownBy(statement::getMoreResults).hasMessage("This statement has been closed.");
    }

    @Test
    void closesItselfAfterItsLastResultWhenAskedTo() throws SQLException {
        session.answers.add(List.of(new FakeRows().answer(), new FakeRows().answer()));
        statement.closeOnCompletion();
        statement.execute("...");
        ResultSet first = statement.getResultSet();
        statement.getMoreResults(Statement.KEEP_CURRENT_RESULT);
        ResultSet second = statement.getResultSet();

        first.close();
        assertThat(statement.isClosed()).isFalse();
        second.close();
        assertThat(statement.isClosed()).isTrue();
    }

    @Test
    void staysOpenWithoutBeingAsked() throws SQLException {
        session.answers.add(List.of(new FakeRows().answer()));
        statement.executeQuery("SELECT 1").close();

        assertThat(statement.isClosed()).isFalse();
    }

    @Test
    void passesItsOptionsOn() throws SQLException {
        statement.setFetchSize(50);
        statement.setMaxRows(7);
        statement.setMaxFieldSize(9);
        statement.setQueryTimeout(3);
        statement.setEscapeProcessing(false);
        statement.execute("DELETE", Statement.RETURN_GENERATED_KEYS);

        assertThat(session.lastOptions.fetchSize()).isEqualTo(50);
        assertThat(session.lastOptions.maxRows()).isEqualTo(7);
        assertThat(session.lastOptions.maxFieldSizeBytes()).isEqualTo(9);
        assertThat(session.lastOptions.queryTimeoutMillis()).isEqualTo(3000);
        assertThat(session.lastOptions.escapeProcessing()).isFalse();
        assertThat(session.lastOptions.generatedKeys()).isEqualTo(GeneratedKeys.ALL);

        statement.execute("DELETE");
        assertThat(session.lastOptions.generatedKeys()).isEqualTo(GeneratedKeys.NONE);
    }

    @Test
    void refusesOptionsOutOfRange() {
        assertThatThrownBy(() -> statement.setFetchSize(-1))
                .hasMessage("Fetch size must be a value greater than or equal to 0.");
        assertThatThrownBy(() -> statement.setQueryTimeout(-1)).hasMessageContaining("Query timeout");
        assertThatThrownBy(() -> statement.setMaxRows(-1)).hasMessageContaining("Maximum number of rows");
        assertThatThrownBy(() -> statement.setFetchDirection(5)).hasMessageContaining("fetch direction");
        assertThatThrownBy(() -> statement.execute("DELETE", new int[] {1}))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"));
    }

    @Test
    void generatedKeysAreOpenUntilTheNextExecution() throws SQLException {
        FakeRows keys = new FakeRows();
        session.answers.add(List.of(new StatementResult.Count(1, keys.rows())));
        assertThat(statement.executeUpdate("INSERT", new String[] {"id"})).isEqualTo(1);

        assertThat(statement.getGeneratedKeys().getInt(1)).isEqualTo(42);
        assertThat(statement.getGeneratedKeys().getStatement()).isSameAs(statement);
        statement.execute("DELETE");
        assertThat(keys.closed()).isTrue();
    }

    @Test
    void aBatchOfTextsIsExecutedInOrderAndGivesItsKeys() throws SQLException {
        session.batchAnswer = new BatchResult(new long[] {1, 2}, new FakeRows().rows());
        statement.addBatch("INSERT 1");
        statement.addBatch("INSERT 2");

        assertThat(statement.executeBatch()).containsExactly(1, 2);
        assertThat(session.log).containsExactly("INSERT 1", "INSERT 2");
        assertThat(statement.getGeneratedKeys().getInt(1)).isEqualTo(42);
        assertThat(statement.getUpdateCount()).isEqualTo(-1);
    }

    @Test
    void cancelReachesWhatIsInFlightFromAnotherThread() throws Exception {
        List<String> calls = new ArrayList<>();
        Statement physical = physical(calls);
        CountDownLatch sent = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        session.duringExecution = running -> {
            running.started(physical);
            sent.countDown();
            await(cancelled);
            running.finished(physical);
        };
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread canceller = new Thread(() -> {
            try {
                await(sent);
                statement.cancel();
            } catch (Throwable e) {
                failure.set(e);
            } finally {
                cancelled.countDown();
            }
        });
        canceller.start();
        statement.execute("SELECT pg_sleep(1)");
        canceller.join();

        assertThat(failure).hasNullValue();
        assertThat(calls).contains("cancel");
    }

    @Test
    void closingFromAnotherThreadEndsTheExecutionAndItsRows() throws Exception {
        FakeRows rows = new FakeRows();
        session.answers.add(List.of(rows.answer()));
        CountDownLatch sent = new CountDownLatch(1);
        Statement physical = physical(new ArrayList<>());
        CountDownLatch cancelled = new CountDownLatch(1);
        Statement cancellable = (Statement) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Statement.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("cancel")) {
                        cancelled.countDown();
                    }
                    return method.getName().equals("equals") ? physical == arguments[0] : null;
                });
        session.duringExecution = running -> {
            running.started(cancellable);
            sent.countDown();
            await(cancelled);
            running.finished(cancellable);
        };
        Thread closer = new Thread(() -> {
            try {
                await(sent);
                statement.close();
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        });
        closer.start();

        assertThatThrownBy(() -> statement.executeQuery("SELECT 1")).hasMessage("This statement has been closed.");
        closer.join();
        assertThat(rows.closed()).isTrue();
    }

    @Test
    void warningsOfShardsAreTheStatementsUntilItExecutesAgain() throws SQLException {
        session.duringExecution = running -> {
            running.warn(new SQLWarning("first"));
            running.warn(new SQLWarning("second"));
        };
        statement.execute("DO");
        assertThat((Throwable) statement.getWarnings()).hasMessage("first");
        assertThat((Throwable) statement.getWarnings().getNextWarning()).hasMessage("second");

        session.duringExecution = running -> {};
        statement.execute("DO");
        assertThat((Throwable) statement.getWarnings()).isNull();
    }

    @Test
    void isNoPhysicalStatement() throws SQLException {
        assertThat(statement.isWrapperFor(org.postgresql.PGStatement.class)).isTrue();
        assertThat(statement.unwrap(PgplexStatement.class)).isSameAs(statement);
        assertThat(statement.isWrapperFor(String.class)).isFalse();
        assertThatThrownBy(() -> statement.unwrap(String.class)).hasMessage("Cannot unwrap to java.lang.String");
    }

    private static Statement physical(List<String> calls) {
        return (Statement) Proxy.newProxyInstance(
                PgplexStatementTest.class.getClassLoader(),
                new Class<?>[] {Statement.class},
                (proxy, method, arguments) -> {
                    calls.add(method.getName());
                    return null;
                });
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
