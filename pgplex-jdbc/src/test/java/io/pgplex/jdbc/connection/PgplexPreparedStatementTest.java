package io.pgplex.jdbc.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.pgplex.jdbc.execute.BatchResult;
import io.pgplex.jdbc.execute.GeneratedKeys;
import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Calendar;
import java.util.TimeZone;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PgplexPreparedStatementTest {
    private static final String ONE = "INSERT INTO t VALUES (?)";

    private final FakeSession session = new FakeSession();
    private final Connection connection = FakeSession.connectionOver(session);

    PgplexPreparedStatementTest() throws SQLException {}

    @Test
    void passesSettersOnAsTheyWereCalled() throws SQLException {
        PreparedStatement statement = connection.prepareStatement("SELECT ?, ?, ?, ?, ?");
        statement.setDouble(1, 1.5);
        statement.setBoolean(2, true);
        statement.setNull(3, Types.OTHER, "mood");
        statement.setObject(4, 12, Types.NUMERIC, 2);
        statement.setBytes(5, new byte[] {1, 2});
        statement.execute();

        assertThat(session.log)
                .containsExactly(
                        "SELECT ?, ?, ?, ?, ? [setDouble(1, 1.5), setBoolean(2, true), setNull(3, 1111, mood), "
                                + "setObject(4, 12, 2, 2), setBytes(5, [1, 2])]");
    }

    @Test
    void anObjectGoesTheWayOfItsOwnSetter() throws SQLException {
        UUID uuid = new UUID(1, 2);
        PreparedStatement statement = connection.prepareStatement("SELECT ?, ?, ?, ?, ?, ?, ?");
        statement.setObject(1, 1L);
        statement.setObject(2, 2);
        statement.setObject(3, (short) 3);
        statement.setObject(4, (byte) 4);
        statement.setObject(5, "five");
        statement.setObject(6, null);
        statement.setObject(7, uuid);
        statement.execute();

        assertThat(session.log)
                .containsExactly("SELECT ?, ?, ?, ?, ?, ?, ? [setLong(1, 1), setInt(2, 2), setShort(3, 3), "
                        + "setByte(4, 4), setString(5, five), setNull(6, 1111), setObject(7, " + uuid + ")]");
    }

    @Test
    void aValueChangedAfterItsSetterKeepsItsState() throws SQLException {
        byte[] bytes = {1, 2};
        Timestamp timestamp = new Timestamp(0);
        Calendar calendar = Calendar.getInstance(TimeZone.getTimeZone("UTC"));
        calendar.setTimeInMillis(0);
        PreparedStatement statement = connection.prepareStatement("SELECT ?, ?");
        statement.setBytes(1, bytes);
        statement.setTimestamp(2, timestamp, calendar);
        String before = String.valueOf(timestamp);
        bytes[0] = 9;
        timestamp.setTime(1_000_000_000_000L);
        calendar.setTimeInMillis(5_000);
        statement.execute();

        assertThat(session.log.get(0)).contains("setBytes(1, [1, 2])", before, "time=0,");
    }

    @Test
    void aStreamIsSentToEveryShardThatWantsIt() throws SQLException {
        PreparedStatement statement = connection.prepareStatement("SELECT ?, ?, ?, ?");
        statement.setBinaryStream(1, new ByteArrayInputStream(new byte[] {1, 2, 3}), 2);
        statement.setCharacterStream(2, new StringReader("text"));
        statement.setObject(3, new ByteArrayInputStream(new byte[] {4}), Types.BLOB);
        statement.setClob(4, new javax.sql.rowset.serial.SerialClob("clob".toCharArray()));
        statement.execute();
        statement.execute();

        assertThat(session.log).hasSize(2).allSatisfy(line -> assertThat(line)
                .contains(
                        "setBinaryStream(1, stream of [1, 2], 2)",
                        "setCharacterStream(2, reader of text)",
                        "setObject(3, stream of [4], 2004)",
                        "setClob(4, clob of clob)"));
    }

    @Test
    void routingReadsStreamedValuesButNoLargeObjects() throws SQLException {
        PgplexPreparedStatement statement = (PgplexPreparedStatement) connection.prepareStatement("SELECT ?, ?, ?");
        statement.setBinaryStream(1, new ByteArrayInputStream(new byte[] {1}));
        statement.setCharacterStream(2, new StringReader("text"));
        statement.setBlob(3, new ByteArrayInputStream(new byte[] {1}));

        assertThat(statement.values().value(0)).isEqualTo(new byte[] {1});
        assertThat(statement.values().value(1)).isEqualTo("text");
        assertThat(statement.values().value(2)).isNotInstanceOf(byte[].class).isNotNull();
    }

    @Test
    void aNegativeStreamLengthIsRefused() throws SQLException {
        PreparedStatement statement = connection.prepareStatement(ONE);

        assertThatThrownBy(() -> statement.setBinaryStream(1, new ByteArrayInputStream(new byte[1]), -1))
                .hasMessage("Invalid stream length -1.");
    }

    @Test
    void whatPgjdbcDoesNotHaveIsRefusedBySetter() throws SQLException {
        PreparedStatement statement = connection.prepareStatement(ONE);

        assertThatThrownBy(() -> statement.setNString(1, "x"))
                .isInstanceOfSatisfying(SQLFeatureNotSupportedException.class, e -> assertThat(e.getSQLState())
                        .isEqualTo("0A000"));
    }

    @Test
    void doesNotExecuteWithoutAValue() throws SQLException {
        PreparedStatement statement = connection.prepareStatement("SELECT ?, ?");
        statement.setInt(1, 1);

        assertThatThrownBy(statement::executeQuery).hasMessage("No value specified for parameter 2.");
        assertThat(session.log).isEmpty();
    }

    @Test
    void aBatchHoldsTheValuesOfItsMoment() throws SQLException {
        session.batchAnswer = new BatchResult(new long[] {1, 3_000_000_000L}, null);
        PreparedStatement statement = connection.prepareStatement(ONE);
        for (int i = 1; i <= 2; i++) {
            statement.setInt(1, i);
            statement.addBatch();
        }

        assertThat(statement.executeBatch()).containsExactly(1, Statement.SUCCESS_NO_INFO);
        assertThat(session.log).containsExactly(ONE + " [setInt(1, 1)]", ONE + " [setInt(1, 2)]");
    }

    @Test
    void anExecutedBatchIsEmpty() throws SQLException {
        PreparedStatement statement = connection.prepareStatement(ONE);
        statement.setInt(1, 1);
        statement.addBatch();
        statement.executeBatch();

        assertThat(statement.executeBatch()).isEmpty();
        assertThat(session.log).hasSize(1);
    }

    @Test
    void aClearedBatchIsNotExecuted() throws SQLException {
        PreparedStatement statement = connection.prepareStatement(ONE);
        statement.setInt(1, 1);
        statement.addBatch();
        statement.clearBatch();
        statement.executeLargeBatch();

        assertThat(session.log).isEmpty();
    }

    @Test
    void aBatchEntryWithoutAValueStopsTheBatch() throws SQLException {
        PreparedStatement statement = connection.prepareStatement(ONE);
        statement.addBatch();

        assertThatThrownBy(statement::executeBatch).hasMessage("No value specified for parameter 1.");
        assertThat(session.log).isEmpty();
    }

    @Test
    void refusesATextOfItsOwn() throws SQLException {
        PreparedStatement statement = connection.prepareStatement(ONE);

        assertThatThrownBy(() -> statement.executeQuery("SELECT 1"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42809"));
        assertThatThrownBy(() -> statement.addBatch("SELECT 1")).hasMessageContaining("on a PreparedStatement");
    }

    @Test
    void asksForGeneratedKeysAsItWasPrepared() throws SQLException {
        connection.prepareStatement("INSERT", new String[] {"id"}).execute();
        assertThat(session.lastOptions.generatedKeys()).isEqualTo(new GeneratedKeys.Columns(java.util.List.of("id")));

        connection.prepareStatement("INSERT", Statement.RETURN_GENERATED_KEYS).execute();
        assertThat(session.lastOptions.generatedKeys()).isEqualTo(GeneratedKeys.ALL);
    }

    @Test
    void settersOfAClosedStatementFail() throws SQLException {
        PreparedStatement statement = connection.prepareStatement("SELECT ?");
        statement.close();

        assertThatThrownBy(() -> statement.setLong(1, 1)).hasMessage("This statement has been closed.");
        assertThatThrownBy(() -> statement.setDouble(1, 1)).hasMessage("This statement has been closed.");
        assertThatThrownBy(statement::execute).hasMessage("This statement has been closed.");
    }

    @Test
    void printsItsTextWithoutValues() throws SQLException {
        PreparedStatement statement = connection.prepareStatement(ONE);
        statement.setString(1, "secret");

        assertThat(statement).hasToString(ONE);
    }

    @Test
    void settingAndReadingIntegersAllocatesNothing() throws SQLException {
        PgplexPreparedStatement statement = (PgplexPreparedStatement) connection.prepareStatement("SELECT ?, ?");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long smallest = Long.MAX_VALUE;
        long sum = 0;
        for (int round = 0; round < 20; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 10_000; i++) {
                statement.setLong(1, i);
                statement.setInt(2, i);
                sum += statement.values().longValue(0) + statement.values().longValue(1);
            }
            smallest = Math.min(smallest, threads.getCurrentThreadAllocatedBytes() - before);
        }

        assertThat(sum).isPositive();
        assertThat(smallest).isLessThan(10_000);
    }

    @Test
    void preparingExecutingAndClosingAllocatesLittle() throws SQLException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        QuietSession quiet = new QuietSession();
        Connection fast =
                new PgplexConnection(quiet, new ConnectionFacts("u", "u", "d", new java.util.Properties(), "1", 1, 0));
        long smallest = Long.MAX_VALUE;
        // what the JVM has not compiled yet allocates more: the bound is for code that has run for a while
        for (int round = 0; round < 1_000 && smallest >= 250_000; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 1_000; i++) {
                try (PreparedStatement statement = fast.prepareStatement("SELECT ?")) {
                    statement.setLong(1, i);
                    statement.executeQuery().close();
                }
            }
            smallest = Math.min(smallest, threads.getCurrentThreadAllocatedBytes() - before);
        }

        assertThat(smallest / 1_000).isLessThan(250);
    }
}
