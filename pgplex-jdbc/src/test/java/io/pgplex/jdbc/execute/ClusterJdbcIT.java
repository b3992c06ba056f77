package io.pgplex.jdbc.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.math.BigDecimal;
import java.sql.Array;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.postgresql.PGConnection;

/** What an application does with JDBC, on a cluster of three shards. */
@PgplexCluster(shards = 3)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterJdbcIT {

    private LocalCluster cluster;
    private Connection connection;

    @BeforeAll
    void define(LocalCluster started) throws SQLException {
        cluster = started;
        connection = cluster.connect();
        execute("CREATE DISTRIBUTED TABLE t (id bigint PRIMARY KEY, v text, n int CHECK (n < 1000)) BY HASH (id)");
        execute(
                "CREATE DISTRIBUTED TABLE g (id bigserial PRIMARY KEY, v text, at timestamptz DEFAULT now()) BY HASH (id)");
        execute(
                "CREATE DISTRIBUTED TABLE typed (id int PRIMARY KEY, u uuid, at timestamptz, ts timestamp, d date, ti time,"
                        + " b bytea, a int[], ta text[], j jsonb, amt numeric(12,3), f float8, ok boolean, big text) BY HASH (id)");
        execute("CREATE DISTRIBUTED TABLE ku (k uuid PRIMARY KEY) BY HASH (k)");
        execute("CREATE DISTRIBUTED TABLE kd (k date PRIMARY KEY) BY HASH (k)");
        execute("CREATE DISTRIBUTED TABLE kt (k text PRIMARY KEY) BY HASH (k)");
        execute("CREATE DISTRIBUTED TABLE kn (k numeric PRIMARY KEY) BY HASH (k)");
        execute("CREATE DISTRIBUTED TABLE kz (k timestamptz PRIMARY KEY) BY HASH (k)");
        execute("CREATE REPLICATED TABLE r (code text PRIMARY KEY, v int)");
        execute("CREATE TABLE l (id int PRIMARY KEY, j jsonb)");
        execute("INSERT INTO l VALUES (1, '{\"a\": 1}')");
        execute("CREATE FUNCTION outs(a int, OUT b int, OUT c text) LANGUAGE sql AS $$SELECT a * 2, 'x' || a$$");
    }

    @AfterAll
    void close() throws SQLException {
        connection.close();
    }

    @BeforeEach
    void fill() throws SQLException {
        execute("DELETE FROM t");
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?, ?, ?)")) {
            for (int i = 1; i <= 30; i++) {
                insert.setLong(1, i);
                insert.setString(2, "v" + i);
                insert.setInt(3, i);
                insert.addBatch();
            }
            assertThat(insert.executeBatch()).hasSize(30).containsOnly(1);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String one(String sql) throws SQLException {
        return one(connection, sql);
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    private interface Setter {
        void set(PreparedStatement statement) throws SQLException;
    }

    private void finds(String table, String value, Setter... setters) throws SQLException {
        execute("DELETE FROM " + table);
        execute("INSERT INTO " + table + " VALUES ('" + value + "')");
        for (int i = 0; i < setters.length; i++) {
            try (PreparedStatement select = connection.prepareStatement("SELECT k FROM " + table + " WHERE k = ?")) {
                setters[i].set(select);
                try (ResultSet rows = select.executeQuery()) {
                    assertThat(rows.next()).as(table + " setter " + i).isTrue();
                }
            }
            try (PreparedStatement delete = connection.prepareStatement("DELETE FROM " + table + " WHERE k = ?");
                    PreparedStatement insert = connection.prepareStatement("INSERT INTO " + table + " VALUES (?)")) {
                setters[i].set(delete);
                assertThat(delete.executeUpdate()).as(table + " delete " + i).isEqualTo(1);
                setters[i].set(insert);
                assertThat(insert.executeUpdate()).isEqualTo(1);
            }
            assertThat(one("SELECT count(*) FROM " + table + " WHERE k = '" + value + "'"))
                    .as(table + " stored by setter " + i)
                    .isEqualTo("1");
        }
    }

    @Test
    void findsARowWhateverTheJavaTypeOfItsKey() throws SQLException {
        for (long id = 1; id <= 30; id++) {
            long key = id;
            List<Setter> setters = List.of(
                    s -> s.setLong(1, key),
                    s -> s.setInt(1, (int) key),
                    s -> s.setShort(1, (short) key),
                    s -> s.setByte(1, (byte) key),
                    s -> s.setDouble(1, key),
                    s -> s.setFloat(1, key),
                    s -> s.setBigDecimal(1, BigDecimal.valueOf(key)),
                    s -> s.setBigDecimal(1, BigDecimal.valueOf(key).setScale(3)),
                    s -> s.setObject(1, key),
                    s -> s.setObject(1, (int) key),
                    s -> s.setObject(1, java.math.BigInteger.valueOf(key)),
                    s -> s.setObject(1, Long.toString(key), Types.BIGINT),
                    s -> s.setObject(1, Long.toString(key), Types.OTHER),
                    s -> s.setObject(1, key, Types.NUMERIC),
                    s -> s.setObject(1, key, Types.INTEGER));
            for (int i = 0; i < setters.size(); i++) {
                try (PreparedStatement select = connection.prepareStatement("SELECT v FROM t WHERE id = ?")) {
                    setters.get(i).set(select);
                    try (ResultSet rows = select.executeQuery()) {
                        assertThat(rows.next()).as("setter " + i + " of " + key).isTrue();
                        assertThat(rows.getString(1)).isEqualTo("v" + key);
                    }
                }
            }
        }
    }

    @Test
    void findsKeysOfEveryOtherTypeToo() throws SQLException {
        UUID uuid = UUID.fromString("01020304-0506-4708-890a-0b0c0d0e0f10");
        finds("ku", uuid.toString(), s -> s.setObject(1, uuid), s -> s.setObject(1, uuid.toString(), Types.OTHER));
        finds(
                "kd",
                "2024-02-29",
                s -> s.setObject(1, LocalDate.of(2024, 2, 29)),
                s -> s.setDate(1, java.sql.Date.valueOf("2024-02-29")),
                s -> s.setObject(1, "2024-02-29", Types.OTHER),
                s -> s.setObject(1, LocalDate.of(2024, 2, 29), Types.DATE));
        finds("kt", "Zoë", s -> s.setString(1, "Zoë"), s -> s.setObject(1, "Zoë"));
        finds("kt", "7", s -> s.setObject(1, "7", Types.VARCHAR), s -> s.setObject(1, 7, Types.VARCHAR));
        finds(
                "kn",
                "7.50",
                s -> s.setBigDecimal(1, new BigDecimal("7.5")),
                s -> s.setBigDecimal(1, new BigDecimal("7.500")),
                s -> s.setObject(1, "7.5", Types.NUMERIC));
        finds(
                "kn",
                "7",
                s -> s.setInt(1, 7),
                s -> s.setLong(1, 7),
                s -> s.setObject(1, java.math.BigInteger.valueOf(7)));
        OffsetDateTime at = OffsetDateTime.of(2024, 6, 1, 12, 30, 0, 123456000, ZoneOffset.ofHours(2));
        finds(
                "kz",
                "2024-06-01 12:30:00.123456+02",
                s -> s.setObject(1, at),
                s -> s.setObject(1, at.toInstant().atOffset(ZoneOffset.UTC)),
                s -> s.setTimestamp(1, java.sql.Timestamp.from(at.toInstant())),
                s -> s.setObject(1, "2024-06-01 12:30:00.123456+02", Types.OTHER));
    }

    /** pgjdbc converts a value to the SQL type that is named beside it, and the row of what it sends is found. */
    @Test
    void findsTheRowOfAValueThatPgjdbcConverts() throws SQLException {
        execute("DELETE FROM kn");
        execute("INSERT INTO kn VALUES (1.01), (2), (7)");
        assertThat(found("SELECT id FROM t WHERE id = ?", s -> s.setObject(1, 1.7, Types.INTEGER)))
                .isEqualTo("1");
        assertThat(found("SELECT id FROM t WHERE id = ?", s -> s.setObject(1, true, Types.BIGINT)))
                .isEqualTo("1");
        assertThat(found("SELECT id FROM t WHERE id = ?", s -> s.setObject(1, "9", Types.DOUBLE)))
                .isEqualTo("9");
        assertThat(found("SELECT id FROM t WHERE id = ?", s -> s.setObject(1, 9L, Types.REAL)))
                .isEqualTo("9");
        assertThat(found(
                        "SELECT k FROM kn WHERE k = ?",
                        s -> s.setObject(1, new BigDecimal("1.0149"), Types.NUMERIC, 2)))
                .isEqualTo("1.01");
        assertThat(found("SELECT k FROM kn WHERE k = ?", s -> s.setObject(1, "7.0", Types.DECIMAL)))
                .isEqualTo("7");
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (id) VALUES (?)")) {
            insert.setObject(1, 777.9, Types.BIGINT);
            insert.executeUpdate();
        }
        assertThat(found("SELECT id FROM t WHERE id = ?", s -> s.setLong(1, 777)))
                .isEqualTo("777");
        assertThat(one("SELECT count(*) FROM t WHERE id = 777")).isEqualTo("1");
    }

    private String found(String sql, Setter setter) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            setter.set(select);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next() ? rows.getString(1) : "nothing";
            }
        }
    }

    @Test
    void findsWhatPostgresFindsWhenIntegersMeetDoubles() throws SQLException {
        long big = (1L << 53) + 1;
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t (id) VALUES (?)")) {
            for (long id = big - 3; id < big + 12; id++) {
                insert.setLong(1, id);
                insert.addBatch();
            }
            insert.executeBatch();
        }
        try (Connection reference = java.sql.DriverManager.getConnection(
                cluster.referenceUrl(), cluster.login().user(), null)) {
            try (Statement statement = reference.createStatement()) {
                statement.execute("CREATE TEMP TABLE t (id bigint PRIMARY KEY, v text, n int)");
                statement.execute("INSERT INTO t (id) SELECT g FROM generate_series(1, 30) g");
                statement.execute(
                        "INSERT INTO t (id) SELECT g FROM generate_series(" + (big - 3) + ", " + (big + 11) + ") g");
            }
            for (String sql : List.of(
                    "SELECT id FROM t WHERE id IN (?, ?) ORDER BY id",
                    "SELECT id FROM t WHERE id = ? OR id = ? ORDER BY id",
                    "SELECT id FROM t WHERE id = ANY (ARRAY[?, ?]) ORDER BY id",
                    "SELECT id FROM t WHERE id IN (?, ?, 5) ORDER BY id",
                    "SELECT id FROM t WHERE id IN (?, ?, 9007199254740999) ORDER BY id",
                    "SELECT id FROM t WHERE id IN (VALUES (?), (?)) ORDER BY id",
                    "SELECT id FROM t WHERE (id, id) IN ((?, 9007199254740997), (?, 9007199254740997)) ORDER BY id",
                    "SELECT id FROM t WHERE id IN (?, ?, 9007199254740999.5) ORDER BY id")) {
                for (Object first :
                        new Object[] {big, big + 2, 3L, 3, 3.0, 5e0, (double) big, 7f, new BigDecimal(big)}) {
                    for (Object second :
                            new Object[] {1.5, 2.0, (double) big, big + 4, 4, 1e30, Float.NaN, 1f, (float) big}) {
                        assertThat(ids(connection, sql, first, second))
                                .as(sql + " " + first + first.getClass() + " " + second + second.getClass())
                                .isEqualTo(ids(reference, sql, first, second));
                    }
                }
            }
        }
    }

    private static Object ids(Connection connection, String sql, Object... values) {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                select.setObject(i + 1, values[i]);
            }
            List<Long> ids = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getLong(1));
                }
            }
            return ids;
        } catch (SQLException e) {
            return e.getSQLState();
        }
    }

    @Test
    void reexecutesAPreparedStatementWithOtherKeys() throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT v FROM t WHERE id = ?")) {
            for (int round = 0; round < 3; round++) {
                for (int i = 1; i <= 30; i++) {
                    select.setLong(1, i);
                    try (ResultSet rows = select.executeQuery()) {
                        assertThat(rows.next()).isTrue();
                        assertThat(rows.getString(1)).isEqualTo("v" + i);
                        assertThat(rows.next()).isFalse();
                    }
                }
            }
        }
    }

    @Test
    void failsABatchInTheMiddleAsAWhole() throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?, ?, ?)")) {
            for (int i = 101; i <= 120; i++) {
                insert.setLong(1, i);
                insert.setString(2, "b");
                insert.setInt(3, i == 110 ? 5000 : i);
                insert.addBatch();
            }
            assertThatThrownBy(insert::executeBatch).isInstanceOfSatisfying(java.sql.BatchUpdateException.class, e -> {
                assertThat(e.getSQLState()).isEqualTo("23514");
                assertThat(e.getUpdateCounts()).hasSize(20).containsOnly(Statement.EXECUTE_FAILED);
            });
        }
        assertThat(one("SELECT count(*) FROM t WHERE id > 100")).isEqualTo("0");
        try (Statement statement = connection.createStatement()) {
            statement.addBatch("INSERT INTO t VALUES (201, 'x', 1)");
            statement.addBatch("UPDATE t SET v = 'all'");
            statement.addBatch("INSERT INTO t VALUES (201, 'dup', 1)");
            statement.addBatch("INSERT INTO t VALUES (202, 'x', 1)");
            assertThatThrownBy(statement::executeBatch)
                    .isInstanceOfSatisfying(java.sql.BatchUpdateException.class, e -> {
                        assertThat(e.getSQLState()).isEqualTo("23505");
                        assertThat(e.getNextException().getSQLState()).isEqualTo("23505");
                        assertThat(e.getUpdateCounts()).hasSize(4).containsOnly(Statement.EXECUTE_FAILED);
                    });
        }
        assertThat(one("SELECT count(*) FROM t WHERE v = 'all' OR id > 200")).isEqualTo("0");
        execute("SELECT 1");
    }

    @Test
    void sendsABatchOfInsertsAsOneBatchToEachShard() throws SQLException {
        execute(
                "CREATE DISTRIBUTED TABLE stamped (id bigint PRIMARY KEY, at timestamptz DEFAULT clock_timestamp()) BY HASH (id)");
        long begin = System.nanoTime();
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO stamped (id) VALUES (?)")) {
            for (int i = 0; i < 20_000; i++) {
                insert.setLong(1, i);
                insert.addBatch();
            }
            assertThat(insert.executeBatch()).hasSize(20_000).containsOnly(1);
        }
        System.out.println("20,000 rows in a batch: " + (System.nanoTime() - begin) / 1_000_000 + " ms");
        assertThat(one("SELECT count(*) FROM stamped")).isEqualTo("20000");
    }

    @Test
    void countsEachEntryOfABatch() throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("UPDATE t SET v = ? WHERE id = ?")) {
            for (int id : new int[] {1, 99, 2, 3, 99}) {
                update.setString(1, "b" + id);
                update.setInt(2, id);
                update.addBatch();
            }
            assertThat(update.executeBatch()).containsExactly(1, 0, 1, 1, 0);
        }
        try (PreparedStatement update = connection.prepareStatement("UPDATE t SET v = ? WHERE n <= ?")) {
            for (int n : new int[] {5, 10}) {
                update.setString(1, "n" + n);
                update.setInt(2, n);
                update.addBatch();
            }
            assertThat(update.executeLargeBatch()).containsExactly(5L, 10L);
        }
        assertThat(one("SELECT count(*) FROM t WHERE v = 'n10'")).isEqualTo("10");
    }

    @Test
    void givesGeneratedKeysInTheOrderOfRows() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(
                    "INSERT INTO g (v) VALUES ('a'), ('b'), ('c'), ('d'), ('e')", Statement.RETURN_GENERATED_KEYS);
            List<String> values = new ArrayList<>();
            List<Long> ids = new ArrayList<>();
            try (ResultSet keys = statement.getGeneratedKeys()) {
                assertThat(keys.getMetaData().getColumnCount()).isEqualTo(3);
                assertThat(keys.getMetaData().getColumnName(1)).isEqualTo("id");
                assertThat(keys.getMetaData().getColumnTypeName(1)).isEqualTo("bigserial");
                while (keys.next()) {
                    ids.add(keys.getLong("id"));
                    values.add(keys.getString("v"));
                    assertThat(keys.getObject("id")).isInstanceOf(Long.class);
                    assertThat(keys.getTimestamp("at")).isNotNull();
                }
            }
            assertThat(values).containsExactly("a", "b", "c", "d", "e");
            assertThat(ids).isSorted();
            statement.executeUpdate("INSERT INTO g (v) VALUES ('f'), ('g')", new String[] {"id"});
            try (ResultSet keys = statement.getGeneratedKeys()) {
                assertThat(keys.getMetaData().getColumnCount()).isEqualTo(1);
                assertThat(keys.next()).isTrue();
                assertThat(keys.next()).isTrue();
                assertThat(keys.next()).isFalse();
            }
            statement.executeUpdate("INSERT INTO g (v) VALUES ('h')", Statement.RETURN_GENERATED_KEYS);
            try (ResultSet keys = statement.getGeneratedKeys()) {
                assertThat(keys.next()).isTrue();
                assertThat(keys.getLong(1)).isEqualTo(ids.get(0) + 7);
            }
            statement.executeUpdate("UPDATE g SET v = v || '!'", new String[] {"id", "v"});
            try (ResultSet keys = statement.getGeneratedKeys()) {
                int rows = 0;
                while (keys.next()) {
                    assertThat(keys.getString("v")).endsWith("!");
                    rows++;
                }
                assertThat(rows).isEqualTo(Integer.parseInt(one("SELECT count(*) FROM g")));
            }
        }
    }

    @Test
    void givesGeneratedKeysOfABatchInItsOrder() throws SQLException {
        for (boolean many : new boolean[] {false, true}) {
            String sql = many ? "INSERT INTO g (v) VALUES (?), (?)" : "INSERT INTO g (v) VALUES (?)";
            try (PreparedStatement insert = connection.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS)) {
                for (int i = 0; i < 10; i++) {
                    insert.setString(1, "batch" + i);
                    if (many) {
                        insert.setString(2, "batch" + i);
                    }
                    insert.addBatch();
                }
                insert.executeBatch();
                List<String> values = new ArrayList<>();
                try (ResultSet keys = insert.getGeneratedKeys()) {
                    while (keys.next()) {
                        values.add(keys.getString("v"));
                        assertThat(keys.getObject("at", OffsetDateTime.class)).isNotNull();
                    }
                }
                List<String> expected = new ArrayList<>();
                for (int i = 0; i < 10; i++) {
                    expected.add("batch" + i);
                    if (many) {
                        expected.add("batch" + i);
                    }
                }
                assertThat(values).isEqualTo(expected);
            }
        }
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO t VALUES (?, 'k', 1)", new String[] {"id", "v"})) {
            for (int i = 320; i > 300; i--) {
                insert.setLong(1, i);
                insert.addBatch();
            }
            insert.executeBatch();
            List<Long> ids = new ArrayList<>();
            try (ResultSet keys = insert.getGeneratedKeys()) {
                assertThat(keys.getMetaData().getColumnCount()).isEqualTo(2);
                while (keys.next()) {
                    ids.add(keys.getLong(1));
                }
            }
            assertThat(ids).hasSize(20).isSortedAccordingTo(java.util.Comparator.reverseOrder());
        }
    }

    @Test
    void keepsTypesOfRowsThatSeveralShardsReturn() throws SQLException {
        execute("DELETE FROM typed");
        UUID uuid = UUID.randomUUID();
        OffsetDateTime at = OffsetDateTime.of(2024, 6, 1, 12, 30, 0, 123456000, ZoneOffset.UTC);
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO typed VALUES "
                + "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?), ".repeat(4)
                + "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?) RETURNING *")) {
            int p = 1;
            for (int i = 1; i <= 5; i++) {
                insert.setInt(p++, i);
                insert.setObject(p++, uuid);
                insert.setObject(p++, at);
                insert.setObject(p++, LocalDateTime.of(2024, 6, 1, 1, 2, 3));
                insert.setObject(p++, LocalDate.of(2024, 6, i));
                insert.setObject(p++, LocalTime.of(4, 5, 6));
                insert.setBytes(p++, new byte[] {0, (byte) 255, (byte) i});
                insert.setArray(p++, connection.createArrayOf("int4", new Object[] {1, null, i}));
                insert.setArray(p++, connection.createArrayOf("text", new Object[] {"a,\"b", null}));
                insert.setString(p++, "{\"i\": " + i + "}");
                insert.setBigDecimal(p++, new BigDecimal("1.500"));
                insert.setDouble(p++, 0.1 + i);
                insert.setBoolean(p++, i % 2 == 0);
            }
            for (int round = 0; round < 8; round++) {
                execute("DELETE FROM typed");
                try (ResultSet rows = insert.executeQuery()) {
                    ResultSetMetaData metaData = rows.getMetaData();
                    assertThat(metaData.getColumnTypeName(1)).isEqualTo("int4");
                    assertThat(metaData.getPrecision(11)).isEqualTo(12);
                    assertThat(metaData.getScale(11)).isEqualTo(3);
                    assertThat(metaData.getTableName(1)).isEqualTo("typed");
                    assertThat(metaData.isNullable(1)).isEqualTo(ResultSetMetaData.columnNoNulls);
                    for (int i = 1; i <= 5; i++) {
                        assertThat(rows.next()).isTrue();
                        typed(rows, i, uuid, at);
                    }
                    assertThat(rows.next()).isFalse();
                }
            }
        }
        try (PreparedStatement update = connection.prepareStatement("UPDATE typed SET f = f RETURNING *")) {
            for (int round = 0; round < 8; round++) {
                try (ResultSet rows = update.executeQuery()) {
                    int count = 0;
                    while (rows.next()) {
                        typed(rows, rows.getInt(1), uuid, at);
                        count++;
                    }
                    assertThat(count).isEqualTo(5);
                }
            }
        }
    }

    private static void typed(ResultSet rows, int i, UUID uuid, OffsetDateTime at) throws SQLException {
        assertThat(rows.getObject(1)).isEqualTo(i);
        assertThat(rows.getObject("u")).isEqualTo(uuid);
        assertThat(rows.getObject(3, OffsetDateTime.class)).isEqualTo(at);
        assertThat(rows.getTimestamp(3).toInstant()).isEqualTo(at.toInstant());
        assertThat(rows.getObject(4, LocalDateTime.class)).isEqualTo(LocalDateTime.of(2024, 6, 1, 1, 2, 3));
        assertThat(rows.getObject(5, LocalDate.class)).isEqualTo(LocalDate.of(2024, 6, i));
        assertThat(rows.getObject(6, LocalTime.class)).isEqualTo(LocalTime.of(4, 5, 6));
        assertThat(rows.getBytes(7)).containsExactly(0, 255, i);
        assertThat((Object[]) rows.getArray(8).getArray()).containsExactly(1, null, i);
        assertThat((Object[]) rows.getArray(9).getArray()).containsExactly("a,\"b", null);
        assertThat(rows.getObject(10).toString()).isEqualTo("{\"i\": " + i + "}");
        assertThat(rows.getBigDecimal(11)).isEqualTo(new BigDecimal("1.500"));
        assertThat(rows.getDouble(12)).isEqualTo(0.1 + i);
        assertThat(rows.getObject(13)).isEqualTo(i % 2 == 0);
        assertThat(rows.getString(14)).isNull();
        assertThat(rows.wasNull()).isTrue();
    }

    @Test
    void limitsRowsAcrossShards() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setMaxRows(7);
            assertThat(count(statement.executeQuery("SELECT * FROM t"))).isEqualTo(7);
            assertThat(count(statement.executeQuery("SELECT * FROM t ORDER BY id LIMIT 20")))
                    .isEqualTo(7);
            assertThat(count(statement.executeQuery("SELECT n % 10, count(*) FROM t GROUP BY 1")))
                    .isEqualTo(7);
            assertThat(count(statement.executeQuery("SELECT DISTINCT v FROM t")))
                    .isEqualTo(7);
            assertThat(statement.executeUpdate("UPDATE t SET v = v")).isEqualTo(30);
            try (ResultSet rows = statement.executeQuery("SELECT id FROM t ORDER BY id OFFSET 20")) {
                for (int i = 21; i <= 27; i++) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getInt(1)).isEqualTo(i);
                }
                assertThat(rows.next()).isFalse();
            }
            assertThat(count(statement.executeQuery("SELECT id FROM t OFFSET 20")))
                    .isEqualTo(7);
        }
    }

    @Test
    void countsAllGroupsWhenRowsAreLimited() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setMaxRows(2);
            try (ResultSet rows = statement.executeQuery("SELECT n % 2 AS p, sum(n) FROM t GROUP BY 1 ORDER BY 1")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getLong(2)).isEqualTo(240);
                assertThat(rows.next()).isTrue();
                assertThat(rows.getLong(2)).isEqualTo(225);
            }
            statement.setMaxRows(1);
            try (ResultSet rows =
                    statement.executeQuery("SELECT n % 5 AS p, sum(n) FROM t GROUP BY 1 ORDER BY 1 DESC")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getInt(1)).isEqualTo(4);
                assertThat(rows.getLong(2)).isEqualTo(4 + 9 + 14 + 19 + 24 + 29);
                assertThat(rows.next()).isFalse();
            }
            try (ResultSet rows =
                    statement.executeQuery("INSERT INTO t (id) VALUES (401), (402), (403) RETURNING id")) {
                assertThat(count(rows)).isEqualTo(1);
            }
            try (ResultSet rows = statement.executeQuery("DELETE FROM t WHERE id > 400 RETURNING id")) {
                assertThat(count(rows)).isEqualTo(1);
            }
        }
        assertThat(one("SELECT count(*) FROM t")).isEqualTo("30");
    }

    private static int count(ResultSet rows) throws SQLException {
        int count = 0;
        while (rows.next()) {
            count++;
        }
        rows.close();
        return count;
    }

    @Test
    void cancelsOnEveryShard() throws Exception {
        for (boolean autoCommit : new boolean[] {true, false}) {
            connection.setAutoCommit(autoCommit);
            try (Statement statement = connection.createStatement()) {
                CompletableFuture<String> state = CompletableFuture.supplyAsync(() -> {
                    try {
                        statement.executeQuery("SELECT pg_sleep(30), id FROM t");
                        return "answered";
                    } catch (SQLException e) {
                        return e.getSQLState();
                    }
                });
                awaitSleepers(3);
                long begin = System.nanoTime();
                statement.cancel();
                assertThat(state.get()).isEqualTo("57014");
                assertThat((System.nanoTime() - begin) / 1_000_000).isLessThan(5000);
                awaitSleepers(0);
            }
            if (!autoCommit) {
                connection.rollback();
            }
            assertThat(one("SELECT count(*) FROM t")).isEqualTo("30");
        }
        connection.setAutoCommit(true);
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            assertThatThrownBy(() -> statement.executeQuery("SELECT pg_sleep(30), id FROM t"))
                    .hasFieldOrPropertyWithValue("SQLState", "57014");
            awaitSleepers(0);
            assertThat(count(statement.executeQuery("SELECT * FROM t"))).isEqualTo(30);
            assertThatThrownBy(() -> statement.executeQuery("SELECT pg_sleep(30), id FROM t WHERE id = 1"))
                    .hasFieldOrPropertyWithValue("SQLState", "57014");
            assertThatThrownBy(() -> statement.executeUpdate("UPDATE t SET v = pg_sleep(30)::text"))
                    .hasFieldOrPropertyWithValue("SQLState", "57014");
        }
        assertThat(one("SELECT count(*) FROM t WHERE v LIKE 'v%'")).isEqualTo("30");
    }

    private void awaitSleepers(int shards) throws Exception {
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (true) {
            int busy = 0;
            for (var server : cluster.primaries()) {
                try (Connection direct = server.connect(cluster.database());
                        Statement statement = direct.createStatement();
                        ResultSet rows =
                                statement.executeQuery("SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
                                        + " AND datname = current_database() AND query LIKE '%pg_sleep(30)%'"
                                        + " AND pid <> pg_backend_pid()")) {
                    rows.next();
                    busy += rows.getInt(1) > 0 ? 1 : 0;
                }
            }
            if (busy == shards) {
                return;
            }
            assertThat(System.nanoTime()).as("%s shards are busy", busy).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void scrollsAndUpdatesOnOneShardOnly() throws SQLException {
        try (Statement statement =
                connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE)) {
            try (ResultSet rows = statement.executeQuery("SELECT id, v FROM t WHERE id = 5")) {
                assertThat(rows.last()).isTrue();
                assertThat(rows.first()).isTrue();
                rows.updateString("v", "updated");
                rows.updateRow();
            }
            assertThat(one("SELECT v FROM t WHERE id = 5")).isEqualTo("updated");
            assertThatThrownBy(() -> statement.executeQuery("SELECT id, v FROM t"))
                    .hasFieldOrPropertyWithValue("SQLState", "0A000");
        }
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT id FROM t WHERE id = ?", ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY)) {
            select.setLong(1, 4);
            try (ResultSet rows = select.executeQuery()) {
                assertThat(rows.absolute(1)).isTrue();
                assertThat(rows.previous()).isFalse();
            }
        }
    }

    @Test
    void keepsSeveralResultSetsOpen() throws SQLException {
        for (boolean autoCommit : new boolean[] {true, false}) {
            connection.setAutoCommit(autoCommit);
            List<Statement> statements = new ArrayList<>();
            List<ResultSet> open = new ArrayList<>();
            for (String sql : List.of(
                    "SELECT id FROM t ORDER BY id",
                    "SELECT id FROM t",
                    "SELECT id FROM t WHERE id <= 5 ORDER BY id",
                    "SELECT max(id) FROM t",
                    "SELECT id FROM t WHERE id = 3")) {
                Statement statement = connection.createStatement();
                statement.setFetchSize(2);
                statements.add(statement);
                open.add(statement.executeQuery(sql));
            }
            int[] counts = new int[5];
            boolean more = true;
            while (more) {
                more = false;
                for (int i = 0; i < 5; i++) {
                    if (!open.get(i).isClosed() && open.get(i).next()) {
                        counts[i]++;
                        more = true;
                    }
                }
            }
            assertThat(counts).containsExactly(30, 30, 5, 1, 1);
            for (Statement statement : statements) {
                statement.close();
            }
            if (!autoCommit) {
                connection.commit();
            }
        }
        connection.setAutoCommit(true);
    }

    @Test
    void leasesNothingOnceResultSetsAreClosed() throws SQLException {
        for (int i = 0; i < 60; i++) {
            try (Statement statement = connection.createStatement()) {
                ResultSet rows =
                        statement.executeQuery(i % 2 == 0 ? "SELECT * FROM t" : "SELECT * FROM t WHERE id = 1");
                rows.next();
                if (i % 3 == 0) {
                    rows.close();
                }
            }
        }
        for (int i = 0; i < 60; i++) {
            try (Connection other = cluster.connect()) {
                Statement statement = other.createStatement();
                statement.setFetchSize(3);
                statement.executeQuery("SELECT * FROM t ORDER BY id").next();
            }
        }
        assertThat(one("SELECT count(*) FROM t")).isEqualTo("30");
    }

    @Test
    void givesTheResultsOfSeveralStatementsInOrder() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            assertThat(
                            statement.execute(
                                    "SELECT id FROM t WHERE id < 3 ORDER BY id; UPDATE t SET v = 'm' WHERE id IN (1, 2);"
                                            + " INSERT INTO r VALUES ('x', 1) ON CONFLICT DO NOTHING; SELECT count(*) FROM t; DELETE FROM r"))
                    .isTrue();
            assertThat(count(statement.getResultSet())).isEqualTo(2);
            assertThat(statement.getMoreResults()).isFalse();
            assertThat(statement.getUpdateCount()).isEqualTo(2);
            assertThat(statement.getMoreResults()).isFalse();
            assertThat(statement.getUpdateCount()).isEqualTo(1);
            assertThat(statement.getMoreResults()).isTrue();
            ResultSet rows = statement.getResultSet();
            rows.next();
            assertThat(rows.getLong(1)).isEqualTo(30);
            assertThat(statement.getMoreResults()).isFalse();
            assertThat(statement.getUpdateCount()).isEqualTo(1);
            assertThat(statement.getMoreResults()).isFalse();
            assertThat(statement.getUpdateCount()).isEqualTo(-1);
        }
        try (PreparedStatement two =
                connection.prepareStatement("UPDATE t SET v = ? WHERE id = ?; SELECT v FROM t WHERE id = ?")) {
            two.setString(1, "two");
            two.setLong(2, 9);
            two.setLong(3, 9);
            assertThat(two.execute()).isFalse();
            assertThat(two.getMoreResults()).isTrue();
            ResultSet rows = two.getResultSet();
            rows.next();
            assertThat(rows.getString(1)).isEqualTo("two");
        }
    }

    @Test
    void carriesLargeValues() throws SQLException {
        execute("DELETE FROM typed");
        byte[] bytes = new byte[20 << 20];
        new java.util.Random(1).nextBytes(bytes);
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO typed (id, b, big) VALUES (?, ?, ?)")) {
            insert.setInt(1, 1);
            insert.setBytes(2, bytes);
            insert.setString(3, "x".repeat(1 << 20));
            insert.executeUpdate();
            insert.setInt(1, 2);
            insert.setBinaryStream(2, new java.io.ByteArrayInputStream(bytes, 0, 1 << 20));
            insert.setCharacterStream(3, new java.io.StringReader("ğ".repeat(1000)));
            insert.executeUpdate();
        }
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id, b, big FROM typed ORDER BY id")) {
            assertThat(rows.next()).isTrue();
            assertThat(Arrays.equals(rows.getBytes(2), bytes)).isTrue();
            assertThat(rows.getString(3)).hasSize(1 << 20);
            assertThat(rows.next()).isTrue();
            assertThat(rows.getBytes(2)).hasSize(1 << 20);
            assertThat(rows.getString(3)).isEqualTo("ğ".repeat(1000));
        }
        execute("DELETE FROM typed");
    }

    @Test
    void callsFunctions() throws SQLException {
        try (CallableStatement call = connection.prepareCall("{call outs(?, ?, ?)}")) {
            call.setInt(1, 21);
            call.registerOutParameter(2, Types.INTEGER);
            call.registerOutParameter(3, Types.VARCHAR);
            call.execute();
            assertThat(call.getInt(2)).isEqualTo(42);
            assertThat(call.getString(3)).isEqualTo("x21");
        }
    }

    @Test
    void describesDatabaseParametersAndColumns() throws SQLException {
        DatabaseMetaData metaData = connection.getMetaData();
        assertThat(count(metaData.getTables(null, "public", "t", new String[] {"TABLE"})))
                .isEqualTo(1);
        assertThat(count(metaData.getColumns(null, "public", "t", null))).isEqualTo(3);
        assertThat(count(metaData.getPrimaryKeys(null, "public", "t"))).isEqualTo(1);
        assertThat(count(metaData.getIndexInfo(null, "public", "t", true, false)))
                .isEqualTo(1);
        assertThat(metaData.getURL()).startsWith("jdbc:pgplex:");
        for (String sql : List.of(
                "SELECT id, v, n + ? AS m FROM t WHERE id = ? ORDER BY id",
                "SELECT count(*) AS id, max(v) AS v, 1 AS m, ?::int, ?::bigint FROM t",
                "INSERT INTO t (n, id) VALUES (?, ?), (1, 2) RETURNING id, v, n AS m")) {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                ResultSetMetaData columns = statement.getMetaData();
                assertThat(columns.getColumnLabel(1)).as(sql).isEqualTo("id");
                assertThat(columns.getColumnTypeName(1)).isEqualTo("int8");
                assertThat(columns.getColumnLabel(3)).isEqualTo("m");
                ParameterMetaData parameters = statement.getParameterMetaData();
                assertThat(parameters.getParameterCount()).isEqualTo(2);
                assertThat(parameters.getParameterTypeName(1)).isEqualTo("int4");
                assertThat(parameters.getParameterTypeName(2)).isEqualTo("int8");
            }
        }
        try (PreparedStatement update = connection.prepareStatement("UPDATE t SET v = ?")) {
            assertThat(update.getMetaData()).isNull();
        }
    }

    @Test
    void translatesEscapesAndQuestionMarks() throws SQLException {
        assertThat(one("SELECT {fn ucase('abc')}")).isEqualTo("ABC");
        assertThat(one("SELECT count(*) FROM t WHERE v = {fn concat('v', '7')}"))
                .isEqualTo("1");
        assertThat(one("SELECT {d '2024-01-02'}")).isEqualTo("2024-01-02");
        assertThat(one("SELECT v FROM t WHERE id = 3 AND {ts '2024-01-02 03:04:05'} > {d '2024-01-01'}"))
                .isEqualTo("v3");
        assertThat(one("SELECT count(*) FROM {oj t LEFT OUTER JOIN r ON t.v = r.code}"))
                .isEqualTo("30");
        assertThat(one("SELECT j ? 'a' FROM l")).isEqualTo("t");
        try (PreparedStatement select = connection.prepareStatement("SELECT j ?? 'a', ? FROM l WHERE id = ?")) {
            select.setString(1, "p");
            select.setInt(2, 1);
            try (ResultSet rows = select.executeQuery()) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getBoolean(1)).isTrue();
                assertThat(rows.getString(2)).isEqualTo("p");
            }
        }
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT count(*) FROM typed WHERE j ??| array['a'] AND id > ? AND {fn abs(id)} > 0")) {
            select.setInt(1, 0);
            assertThat(count(select.executeQuery())).isEqualTo(1);
        }
    }

    @Test
    void passesWarningsOn() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("/*!pgplex shard=s2 */ DO $$BEGIN RAISE WARNING 'careful'; END$$");
            assertThat(statement.getWarnings().getMessage()).contains("careful");
        }
    }

    @Test
    void unwrapsToPgjdbc() throws SQLException {
        assertThat(connection.isWrapperFor(PGConnection.class)).isTrue();
        assertThat(connection.unwrap(PGConnection.class).escapeLiteral("it's")).isEqualTo("it''s");
        Array array = connection.createArrayOf("int8", new Object[] {1, 2, 3});
        try (PreparedStatement select =
                connection.prepareStatement("SELECT id FROM t WHERE id = ANY (?) ORDER BY id")) {
            select.setArray(1, array);
            assertThat(count(select.executeQuery())).isEqualTo(3);
            select.setObject(1, new Long[] {4L, 5L});
            assertThat(count(select.executeQuery())).isEqualTo(2);
            select.setObject(1, new long[] {4L, 5L, 6L, 7L});
            assertThat(count(select.executeQuery())).isEqualTo(4);
        }
    }

    @Test
    void worksBehindAnApplicationsOwnPool() throws SQLException {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(cluster.jdbcUrl());
        config.setMaximumPoolSize(3);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            for (int i = 0; i < 20; i++) {
                try (Connection pooled = pool.getConnection()) {
                    pooled.setAutoCommit(i % 2 == 0);
                    assertThat(one(pooled, "SELECT count(*) FROM t")).isEqualTo("30");
                    if (i == 7) {
                        execute(pooled, "SET search_path TO pg_catalog");
                    }
                }
            }
        }
        io.pgplex.jdbc.PgplexConnectionPoolDataSource source = new io.pgplex.jdbc.PgplexConnectionPoolDataSource();
        source.setUrl(cluster.jdbcUrl());
        var pooled = source.getPooledConnection();
        try (Connection handle = pooled.getConnection()) {
            assertThat(one(handle, "SELECT count(*) FROM t")).isEqualTo("30");
        }
        pooled.close();
        io.pgplex.jdbc.PgplexDataSource plain = new io.pgplex.jdbc.PgplexDataSource();
        plain.setUrl(cluster.jdbcUrl());
        try (Connection direct = plain.getConnection()) {
            assertThat(one(direct, "SELECT count(*) FROM t WHERE id = 1")).isEqualTo("1");
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
