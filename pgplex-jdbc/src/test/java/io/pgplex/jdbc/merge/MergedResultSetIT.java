package io.pgplex.jdbc.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.error.ShardFailure;
import io.pgplex.routing.plan.SortKey;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.jdbc.PgResultSet;

class MergedResultSetIT {

    private static final int FETCH_SIZE = 2;
    private static final String SORTED_UNION =
            "SELECT * FROM (VALUES (1, 'a'), (3, 'b'), (5, 'c'), (2, 'd'), (3, 'e'), (9, 'f')) t(n, s) ORDER BY n, s";
    private static final String FIRST = "SELECT * FROM (VALUES (1, 'a'), (3, 'b'), (5, 'c')) t(n, s) ORDER BY n";
    private static final String SECOND = "SELECT * FROM (VALUES (2, 'd'), (3, 'e'), (9, 'f')) t(n, s) ORDER BY n";
    private static final String NONE = "SELECT 1 AS n, 'x'::text AS s WHERE false";

    private static PostgresServer server;

    private final List<Connection> connections = new ArrayList<>();
    private final AtomicInteger closings = new AtomicInteger();

    @BeforeAll
    static void start() {
        server = PostgresServer.start("merged");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void connect() throws SQLException {
        for (int i = 0; i < 3; i++) {
            Connection connection = server.connect("postgres");
            connection.setAutoCommit(false);
            connections.add(connection);
        }
    }

    @AfterEach
    void disconnect() throws SQLException {
        for (Connection connection : connections) {
            connection.close();
        }
    }

    @Test
    void readsOneShardAfterTheOther() throws SQLException {
        assertThat(letters(concatenated(RowWindow.ALL, FIRST, NONE, SECOND))).isEqualTo("abcdef");
    }

    @Test
    void mergesSortedRowsWithTiesInTheOrderOfShards() throws SQLException {
        assertThat(letters(sorted(2, RowWindow.ALL, FIRST, SECOND))).isEqualTo("adbecf");
        assertThat(letters(sorted(2, RowWindow.ALL, SECOND, FIRST))).isEqualTo("adebcf");
        assertThat(letters(sorted(2, RowWindow.ALL, NONE, FIRST, NONE))).isEqualTo("abc");
    }

    @ParameterizedTest
    @CsvSource({"0,6,adbecf", "0,0,''", "2,2,be", "5,9,f", "6,9,''", "9,9,''", "1,1,d"})
    void appliesOffsetAndLimitToMergedRows(long offset, long limit, String expected) throws SQLException {
        assertThat(letters(sorted(2, new RowWindow(offset, limit), FIRST, SECOND)))
                .isEqualTo(expected);
        assertThat(letters(concatenated(new RowWindow(offset, limit), FIRST, SECOND)))
                .isEqualTo(
                        expected.isEmpty() ? "" : "abcdef".substring((int) offset, (int) Math.min(6, offset + limit)));
    }

    /** The same calls on pgjdbc's own result set of the same rows give the same answers. */
    @ParameterizedTest
    @CsvSource({"0,9", "2,2", "0,6", "5,1", "9,9", "0,0"})
    void tellsWhereItStandsAsPgjdbcDoes(int offset, int limit) throws SQLException {
        List<String> merged = positions(sorted(2, new RowWindow(offset, limit), FIRST, SECOND));
        List<String> concatenated = positions(concatenated(new RowWindow(offset, limit), FIRST, NONE, SECOND));
        try (Statement statement = connections.get(0).createStatement()) {
            List<String> expected =
                    positions(statement.executeQuery(SORTED_UNION + " OFFSET " + offset + " LIMIT " + limit));
            assertThat(merged).isEqualTo(expected);
            assertThat(concatenated).isEqualTo(expected);
        }
    }

    private static List<String> positions(ResultSet rows) throws SQLException {
        List<String> positions = new ArrayList<>();
        positions.add(position(rows));
        while (rows.next()) {
            positions.add(position(rows));
        }
        positions.add(position(rows));
        positions.add(rows.next() + position(rows));
        return positions;
    }

    private static String position(ResultSet rows) throws SQLException {
        return rows.getRow() + " " + rows.isBeforeFirst() + rows.isFirst() + rows.isLast() + rows.isAfterLast();
    }

    @Test
    void hidesColumnsThatOnlySort() throws SQLException {
        ResultSet rows = sorted(
                1,
                RowWindow.ALL,
                "SELECT s, n AS s FROM (VALUES (1, 'a'), (3, 'b')) t(n, s) ORDER BY 2",
                "SELECT s, n AS hidden FROM (VALUES (2, 'c')) t(n, s) ORDER BY 2");

        assertThat(rows.getMetaData().getColumnCount()).isEqualTo(1);
        assertThat(rows.getMetaData().getColumnLabel(1)).isEqualTo("s");
        assertRefused("22023", () -> rows.getMetaData().getColumnLabel(2));
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("a");
        assertThat(rows.getString("S")).isEqualTo("a");
        assertRefused("22023", () -> rows.getInt(2));
        assertRefused("42703", () -> rows.getInt("hidden"));
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString("s")).isEqualTo("c");
        assertThat(rows.next()).isTrue();
        assertThat(rows.next()).isFalse();
    }

    @Test
    void doesNotHideByName() throws SQLException {
        ResultSet rows = sorted(
                1,
                RowWindow.ALL,
                "SELECT s, n AS hidden FROM (VALUES (1, 'a')) t(n, s) ORDER BY 2",
                "SELECT s, n AS hidden FROM (VALUES (2, 'c')) t(n, s) ORDER BY 2");

        assertRefused("42703", () -> rows.findColumn("hidden"));
        assertRefused("42703", () -> rows.findColumn("none"));
    }

    @Test
    void describesColumnsWithoutRows() throws SQLException {
        ResultSet rows = concatenated(RowWindow.ALL, NONE, NONE);

        assertThat(rows.next()).isFalse();
        assertThat(rows.getMetaData().getColumnLabel(2)).isEqualTo("s");
        assertThat(rows.isAfterLast()).isFalse();
    }

    @Test
    void hasNoValuesBeforeTheFirstAndAfterTheLastRow() throws SQLException {
        ResultSet rows = sorted(2, RowWindow.ALL, FIRST, SECOND);

        assertThat(rows.isBeforeFirst()).isTrue();
        assertRefused("24000", () -> rows.getString(2));
        while (rows.next()) {
            assertThat(rows.getString(2)).isNotNull();
            assertThat(rows.wasNull()).isFalse();
        }
        assertRefused("24000", () -> rows.getString(2));
    }

    @Test
    void doesNotScrollOrUpdate() throws SQLException {
        ResultSet rows = concatenated(RowWindow.ALL, FIRST, SECOND);
        rows.next();

        assertRefused("24000", () -> rows.absolute(1));
        assertRefused("24000", () -> rows.relative(1));
        assertRefused("24000", rows::previous);
        assertRefused("24000", rows::first);
        assertRefused("24000", rows::last);
        assertRefused("24000", rows::beforeFirst);
        assertRefused("24000", rows::afterLast);
        assertRefused("24000", () -> rows.setFetchDirection(ResultSet.FETCH_REVERSE));
        assertRefused("24000", () -> rows.updateInt(1, 1));
        assertRefused("24000", rows::deleteRow);
        assertThat(rows.getType()).isEqualTo(ResultSet.TYPE_FORWARD_ONLY);
        assertThat(rows.getConcurrency()).isEqualTo(ResultSet.CONCUR_READ_ONLY);
    }

    /** Applications compare pgjdbc's words. */
    @Test
    void failsInPgjdbcsWords() throws SQLException {
        ResultSet merged = concatenated(RowWindow.ALL, FIRST);
        ResultSet plain = query(1, FIRST);

        assertSameFailure(() -> merged.getInt(1), () -> plain.getInt(1));
        assertSameFailure(merged::last, plain::last);
        merged.next();
        plain.next();
        assertSameFailure(() -> merged.getInt(3), () -> plain.getInt(3));
        assertSameFailure(() -> merged.getInt("none"), () -> plain.getInt("none"));
        assertSameFailure(() -> merged.updateInt(1, 1), () -> plain.updateInt(1, 1));
        merged.close();
        plain.close();
        assertSameFailure(() -> merged.getInt(1), () -> plain.getInt(1));

        ResultSet hidden = sorted(1, RowWindow.ALL, "SELECT 1 AS a, 2 AS b");
        ResultSet visible = query(1, "SELECT 1 AS a");
        hidden.next();
        visible.next();
        assertSameFailure(() -> hidden.getInt(2), () -> visible.getInt(2));
        assertSameFailure(() -> hidden.getInt("b"), () -> visible.getInt("b"));
    }

    private static void assertSameFailure(ThrowingCallable merged, ThrowingCallable plain) {
        Throwable expected = org.assertj.core.api.Assertions.catchThrowable(plain);
        assertThatThrownBy(merged)
                .isExactlyInstanceOf(expected.getClass())
                .hasMessage(expected.getMessage())
                .hasFieldOrPropertyWithValue("SQLState", ((SQLException) expected).getSQLState());
    }

    @Test
    void holdsNoMoreThanAFetchOfEachShard() throws SQLException {
        ResultSet rows = sorted(1, RowWindow.ALL, series(1), series(2), series(3));
        for (int i = 0; i < 10; i++) {
            assertThat(rows.next()).isTrue();
        }

        assertThat(rows.getFetchSize()).isEqualTo(FETCH_SIZE);
        for (Connection connection : connections) {
            try (Statement statement = connection.createStatement();
                    ResultSet portals = statement.executeQuery("SELECT count(*) FROM pg_cursors")) {
                portals.next();
                assertThat(portals.getInt(1)).isPositive();
            }
        }
    }

    private static String series(int start) {
        return "SELECT g FROM generate_series(" + start + ", 100000, 3) g ORDER BY 1";
    }

    @Test
    void readsEveryRowOfLargeResultsInOrder() throws SQLException {
        ResultSet rows = sorted(1, RowWindow.ALL, series(3), series(1), series(2));
        rows.setFetchSize(1000);

        int expected = 0;
        while (rows.next()) {
            assertThat(rows.getInt(1)).isEqualTo(++expected);
        }
        assertThat(expected).isEqualTo(100_000);
    }

    @Test
    void saysWhichShardFailedAndClosesTheOthers() throws SQLException {
        ResultSet rows =
                concatenated(RowWindow.ALL, FIRST, "SELECT 1 / (5 - g), '' FROM generate_series(1, 10) g", SECOND);

        Throwable failure = org.assertj.core.api.Assertions.catchThrowable(() -> {
            while (rows.next()) {
                rows.getInt(1);
            }
        });

        assertThat(failure).hasFieldOrPropertyWithValue("SQLState", "22012");
        assertThat(ShardFailure.of(failure).shard()).isEqualTo("s1");
        assertThat(rows.isClosed()).isTrue();
        assertThat(closings).hasValue(1);
        assertRefused("55000", rows::next);
    }

    @Test
    void closesEveryShardOnce() throws SQLException {
        ResultSet rows = concatenated(RowWindow.ALL, FIRST, SECOND);
        rows.next();
        rows.close();
        rows.close();

        assertThat(closings).hasValue(1);
        assertRefused("55000", () -> rows.getInt(1));
        assertRefused("55000", rows::getMetaData);
    }

    @Test
    void closesTheOtherShardsWhenOneFailsToClose() throws SQLException {
        ResultSet first = query(0, FIRST);
        ResultSet second = query(1, SECOND);
        ResultSet failing = new io.pgplex.jdbc.delegate.DelegatingResultSet() {
            @Override
            protected ResultSet delegate() {
                return first;
            }

            @Override
            public void close() throws SQLException {
                throw new SQLException("cannot close", "08006");
            }
        };
        ResultSet rows = MergedResultSet.concatenated(
                List.of(shard(failing, 0), shard(second, 1)), RowWindow.ALL, closings::incrementAndGet);

        assertRefused("08006", rows::close);
        assertThat(second.isClosed()).isTrue();
        assertThat(closings).hasValue(1);
    }

    @Test
    void followsAListedOrder() throws SQLException {
        List<ShardRows> shards = new ArrayList<>();
        for (String sql : List.of(FIRST, SECOND)) {
            Statement statement = connections
                    .get(shards.size())
                    .createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY);
            shards.add(shard(statement.executeQuery(sql), shards.size()));
        }
        List<RowPlace> places = List.of(new RowPlace(1, 2), new RowPlace(0, 0), new RowPlace(1, 0), new RowPlace(0, 2));

        ResultSet rows = MergedResultSet.listed(shards, places, RowWindow.ALL, closings::incrementAndGet);
        assertThat(rows.getType()).isEqualTo(ResultSet.TYPE_FORWARD_ONLY);
        assertThat(letters(rows)).isEqualTo("fadc");
    }

    @Test
    void doesNotListRowsThatAreNotThere() throws SQLException {
        Statement statement =
                connections.get(0).createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY);
        List<ShardRows> shards = List.of(shard(statement.executeQuery(FIRST), 0));

        ResultSet rows =
                MergedResultSet.listed(shards, List.of(new RowPlace(0, 3)), RowWindow.ALL, closings::incrementAndGet);
        assertRefused("XX000", rows::next);
    }

    private ResultSet concatenated(RowWindow window, String... queries) throws SQLException {
        return MergedResultSet.concatenated(shards(queries), window, closings::incrementAndGet);
    }

    private ResultSet sorted(int visible, RowWindow window, String... queries) throws SQLException {
        List<ShardRows> shards = shards(queries);
        PgResultSet sample = (PgResultSet) shards.get(0).rows();
        int column = sample.getMetaData().getColumnCount() > visible ? visible + 1 : 1;
        RowOrder order = RowOrder.of(List.of(new SortKey(column, false, false, false)), sample);
        return MergedResultSet.sorted(shards, order, visible, window, closings::incrementAndGet);
    }

    private List<ShardRows> shards(String... queries) throws SQLException {
        List<ShardRows> shards = new ArrayList<>();
        for (String sql : queries) {
            shards.add(shard(query(shards.size(), sql), shards.size()));
        }
        return shards;
    }

    private ResultSet query(int connection, String sql) throws SQLException {
        Statement statement = connections.get(connection).createStatement();
        statement.setFetchSize(FETCH_SIZE);
        return statement.executeQuery(sql);
    }

    private static ShardRows shard(ResultSet rows, int ordinal) {
        return new ShardRows(rows, "s" + ordinal, "n" + ordinal, null);
    }

    private static String letters(ResultSet rows) throws SQLException {
        try (rows) {
            StringBuilder letters = new StringBuilder();
            while (rows.next()) {
                letters.append(rows.getString("s"));
            }
            return letters.toString();
        }
    }

    private static void assertRefused(String sqlState, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(SQLException.class).hasFieldOrPropertyWithValue("SQLState", sqlState);
    }
}
