package io.pgplex.jdbc.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes to replicated tables: whatever they call or read, every copy is the same afterwards. */
@PgplexCluster(shards = 3, etcd = false)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CopiesIT {

    private static final String EVERYTHING =
            "CREATE REPLICATED TABLE every (id int PRIMARY KEY, b boolean, i2 smallint,"
                    + " i8 bigint, f4 real, f8 double precision, n numeric, n2 numeric(8,3), t text, v varchar(7), c char(5),"
                    + " q \"char\", nm name, by bytea, d date, ti time, tt timetz, ts timestamp, tz timestamptz, iv interval, u uuid,"
                    + " j json, jb jsonb, x xml, bi bit(3), bv bit varying, ip inet, ci cidr, ma macaddr, m money, p point, bx box,"
                    + " m4 int4multirange, r floatrange, e mood, de positive, co pair, ai int[], at text[], af float8[], ae mood[],"
                    + " ac pair[], tv tsvector, g int GENERATED ALWAYS AS (i2 * 2) STORED)";

    private static final List<String> TABLES =
            List.of("r", "pairs", "only_key", "always", "keyless", "other", "child", "every");

    private LocalCluster cluster;
    private Connection connection;

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        try (Connection c = cluster.connect()) {
            run(c, "CREATE TYPE mood AS ENUM ('sad', 'it''s', 'so \"so\"')");
            run(c, "CREATE DOMAIN positive AS int CHECK (VALUE > 0)");
            run(c, "CREATE TYPE pair AS (a text, b float8)");
            run(c, "CREATE REPLICATED TABLE r (id int PRIMARY KEY, v float8, w text, u int UNIQUE)");
            run(c, "CREATE REPLICATED TABLE pairs (a int, b text, v int DEFAULT 0, PRIMARY KEY (b, a))");
            run(c, "CREATE REPLICATED TABLE only_key (k int PRIMARY KEY, s int UNIQUE)");
            run(
                    c,
                    "CREATE REPLICATED TABLE always (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v float8 DEFAULT random())");
            run(c, "CREATE REPLICATED TABLE keyless (a int, b float8)");
            run(c, "CREATE REPLICATED TABLE other (k int PRIMARY KEY, n int)");
            run(
                    c,
                    "CREATE REPLICATED TABLE child (id int PRIMARY KEY, r_id int REFERENCES r ON DELETE CASCADE ON UPDATE CASCADE)");
            run(c, "CREATE DISTRIBUTED TABLE d (k bigint PRIMARY KEY, n int) BY HASH (k)");
            run(c, "CREATE DISTRIBUTED TABLE refs (k bigint PRIMARY KEY, r_id int REFERENCES r) BY HASH (k)");
            run(c, "CREATE TABLE local (k int PRIMARY KEY, n int)");
            run(c, "CREATE SEQUENCE numbers");
            run(c, "CREATE FUNCTION lots(x int) RETURNS float8 VOLATILE LANGUAGE sql AS 'SELECT random() + x'");
            run(c, "CREATE TYPE floatrange AS RANGE (subtype = float8)");
            run(c, EVERYTHING);
        }
    }

    @BeforeEach
    void open() throws SQLException {
        connection = cluster.connect();
        for (String table :
                List.of("child", "refs", "r", "pairs", "only_key", "always", "keyless", "other", "d", "local")) {
            run(connection, "DELETE FROM " + table);
        }
        run(connection, "DELETE FROM every");
        run(connection, "INSERT INTO r SELECT i, i, 'w' || i, i FROM generate_series(1, 20) i");
        run(connection, "INSERT INTO pairs SELECT i, 'b' || i % 3, i FROM generate_series(1, 9) i");
        run(connection, "INSERT INTO other SELECT i, i * 10 FROM generate_series(1, 20) i");
        run(connection, "INSERT INTO d SELECT i, i * 100 FROM generate_series(1, 20) i");
        run(connection, "INSERT INTO local SELECT i, i * 1000 FROM generate_series(1, 20) i");
    }

    @AfterEach
    void nothingIsLeft() throws SQLException {
        connection.close();
        for (PostgresServer server : cluster.primaries()) {
            assertThat(on(server, "SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()"))
                    .containsExactly("0");
        }
    }

    // ---- every copy the same

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE r SET v = random()",
                "UPDATE r SET v = lots(id), w = clock_timestamp()::text WHERE id > 3",
                "UPDATE r SET w = gen_random_uuid()::text WHERE id = 7 -- the last word",
                "UPDATE r SET (v, w) = (SELECT random(), 'x') WHERE id % 2 = 0",
                "UPDATE r SET v = other.n + random() FROM other WHERE other.k = r.id",
                "UPDATE r AS t SET v = d.n FROM d WHERE d.k = t.id",
                "UPDATE r SET v = d.n + local.n FROM d JOIN local USING (k) WHERE d.k = r.id",
                "UPDATE r SET v = local.n FROM local WHERE local.k = r.id",
                "UPDATE r SET v = (SELECT sum(n) FROM d) + random()",
                "UPDATE r SET v = nextval('numbers') + 1000",
                "UPDATE r SET id = id + 1000 WHERE v > (SELECT avg(v) FROM r)",
                "UPDATE r SET id = -id, w = random()::text",
                "UPDATE pairs SET a = a + 100, b = b || random() FROM other WHERE other.k = pairs.a",
                "UPDATE r SET id = d.k + 500 FROM d WHERE d.k = r.id AND random() < 0.5",
                "DELETE FROM r WHERE random() < 0.5",
                "DELETE FROM pairs USING other WHERE other.k = pairs.a AND random() < 0.5",
                "DELETE FROM r USING d WHERE d.k = r.id AND d.n > 1000",
                "DELETE FROM r WHERE id IN (SELECT k FROM local WHERE k > 5)",
                "INSERT INTO r SELECT k + 100, random(), 'x', NULL FROM other",
                "INSERT INTO r SELECT k + 100, lots(n), 'x', k + 100 FROM local",
                "INSERT INTO r SELECT k + 100, n, 'x', NULL FROM d",
                "INSERT INTO r SELECT k, n + random(), 'x', NULL FROM d ON CONFLICT (id) DO UPDATE SET v = random(), w = excluded.w",
                "INSERT INTO r SELECT k + 15, n, 'x', NULL FROM other ORDER BY random() LIMIT 9 ON CONFLICT DO NOTHING",
                "INSERT INTO r VALUES (1, 2, 'y', 1), (500, 3, 'z', 500) ON CONFLICT (id) DO UPDATE SET v = random() + excluded.v",
                "INSERT INTO r VALUES (999, 2, 'y', 7) ON CONFLICT (u) DO UPDATE SET v = random(), w = (SELECT max(k)::text FROM d)",
                "INSERT INTO r VALUES (77, nextval('numbers'), (SELECT sum(n)::text FROM d), 77)",
                "WITH x AS (SELECT k FROM other) INSERT INTO r VALUES (77, random(), (SELECT max(k) FROM x)::text, 77)",
                "INSERT INTO only_key SELECT k, k FROM other ON CONFLICT (s) DO UPDATE SET s = excluded.s + (random() * 0)::int",
                "INSERT INTO always DEFAULT VALUES",
                "INSERT INTO always (v) SELECT random() FROM other",
                "INSERT INTO always OVERRIDING USER VALUE VALUES (1, 2)",
                "INSERT INTO keyless SELECT k, random() FROM other",
                "WITH gone AS (DELETE FROM r WHERE random() < 0.5 RETURNING *) INSERT INTO keyless SELECT id, v FROM gone",
                "MERGE INTO r USING d ON r.id = d.k WHEN MATCHED THEN UPDATE SET v = d.n WHEN NOT MATCHED THEN INSERT VALUES (d.k, d.n)",
                "EXPLAIN ANALYZE UPDATE r SET v = random()",
                "EXPLAIN ANALYZE UPDATE r SET v = d.n FROM d WHERE d.k = r.id AND random() < 2",
                "EXPLAIN ANALYZE DELETE FROM r WHERE id < 4",
            })
    void copiesStayEqual(String sql) throws SQLException {
        List<String> before = contents();
        run(connection, sql);
        List<String> after = contents();
        assertThat(after).as(sql).isNotEqualTo(before);
        connection.setAutoCommit(false);
        run(connection, "SAVEPOINT s");
        run(connection, "INSERT INTO other VALUES (-1, -1)");
        run(connection, "ROLLBACK TO SAVEPOINT s");
        run(connection, "UPDATE other SET n = (random() * 1000)::int");
        connection.commit();
        connection.setAutoCommit(true);
        contents();
    }

    /** What every shard has of every replicated table, which is the same. */
    private List<String> contents() throws SQLException {
        String sql = TABLES.stream()
                .map(table -> "SELECT '" + table + " ' || CAST(zz AS text) FROM " + table + " zz")
                .collect(Collectors.joining(
                        " UNION ALL ", "SELECT row FROM (", ") AS all_rows (row) ORDER BY row COLLATE \"C\""));
        List<String> first = on(cluster.primaries().get(0), sql);
        for (PostgresServer server : cluster.primaries()) {
            assertThat(on(server, sql)).isEqualTo(first);
        }
        for (String table : TABLES) {
            assertEqual(table, (int)
                    first.stream().filter(row -> row.startsWith(table + " ")).count());
        }
        return first;
    }

    private void assertEqual(String table, int rows) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("COMPARE REPLICATED TABLE " + table)) {
            int shards = 0;
            while (row.next()) {
                shards++;
                assertThat(row.getBoolean("equal")).isTrue();
                assertThat(row.getLong("rows")).isEqualTo(rows);
            }
            assertThat(shards).isEqualTo(3);
        }
    }

    @Test
    void valuesOfEveryTypeTravelExactly() throws SQLException {
        run(connection, "INSERT INTO every (id) VALUES (1), (2)");
        run(connection, "SET extra_float_digits = 0");
        run(connection, "SET intervalstyle = 'sql_standard'");
        run(connection, "SET bytea_output = 'escape'");
        run(
                connection,
                "UPDATE every SET b = random() < 2, i2 = 32767, i8 = -9223372036854775808, f4 = '1.1754944e-38', f8 = 0.1::float8 + 0.2::float8,"
                        + " n = '-0.00100', n2 = 12345.678, t = E'a\\\\b\\'\"{},\\n \\tç', v = 'x''y ', c = 'ab', q = '\\', nm = 'n m',"
                        + " by = '\\x00ff5c27', d = '4713-01-01 BC', ti = '24:00:00', tt = '12:00:00.000001+05:45', ts = 'infinity',"
                        + " tz = '0001-01-01 00:00:00.123456+00', iv = '-1 mons +3 days -04:05:06.789', u = gen_random_uuid(),"
                        + " j = '{\"a\" :  1}', jb = '{\"a\": [null, 1.0]}', x = '<a>b</a>', bi = '101', bv = '10101', ip = '10.1.2.3/8',"
                        + " ci = '10.0.0.0/8', ma = '08:00:2b:01:02:03', m = '1,234.56', p = point(0.1::float8 + 0.2::float8, 'nan'),"
                        + " bx = box(point(1,2), point(3, 0.1::float8 + 0.2::float8)), m4 = '{[1,3), [5,9)}', r = floatrange(0.1::float8 + 0.2::float8, NULL),"
                        + " e = 'so \"so\"', de = 7, co = ROW('a,\"b\\c', 0.1::float8 + 0.2::float8), ai = '{{1,NULL},{3,4}}', at = ARRAY['', NULL, 'null', 'a\"b\\', '{}'],"
                        + " af = ARRAY[0.1::float8 + 0.2::float8, '-0', 'infinity'], ae = '{sad,\"it''s\"}', ac = ARRAY[ROW(NULL, 0.1::float8 + 0.2::float8)::pair, NULL],"
                        + " tv = 'a:1A b:2' WHERE id = 1");
        run(connection, "INSERT INTO every SELECT id + 10, " + columns() + " FROM every WHERE random() < 2");
        for (String setting : List.of("extra_float_digits", "intervalstyle", "bytea_output")) {
            run(connection, "RESET " + setting);
        }
        List<String> rows = contents();
        assertThat(rows.stream().filter(row -> row.contains("0.30000000000000004")))
                .hasSize(2);
    }

    /** All but the key and the generated one, as they are inserted. */
    private String columns() throws SQLException {
        return String.join(
                ", ",
                on(
                        cluster.primaries().get(0),
                        "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = 'every'::regclass AND attnum > 1"
                                + " AND attname <> 'g' ORDER BY attnum"));
    }

    // ---- the application's answer

    @Test
    void answersAsOneServerDoes() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            assertThat(statement.executeUpdate("UPDATE r SET v = random() WHERE id <= 7"))
                    .isEqualTo(7);
            assertThat(statement.executeUpdate("DELETE FROM r WHERE random() < -1"))
                    .isZero();
            try (ResultSet rows = statement.executeQuery(
                    "UPDATE r SET v = random() * 0 + 5 WHERE id = 3 RETURNING r.*, v + 1 AS more -- end")) {
                assertThat(rows.getMetaData().getColumnCount()).isEqualTo(5);
                assertThat(rows.next()).isTrue();
                assertThat(rows.getInt("id")).isEqualTo(3);
                assertThat(rows.getDouble("more")).isEqualTo(6);
                assertThatThrownBy(() -> rows.getString(6)).isInstanceOf(SQLException.class);
                assertThat(rows.next()).isFalse();
            }
            try (ResultSet rows =
                    statement.executeQuery("UPDATE r SET id = 4000, v = random() WHERE id = 4 RETURNING *")) {
                assertThat(rows.getMetaData().getColumnCount()).isEqualTo(4);
                assertThat(rows.next()).isTrue();
                assertThat(rows.getInt(1)).isEqualTo(4000);
            }
            statement.setMaxRows(2);
            try (ResultSet rows = statement.executeQuery("UPDATE r SET v = random() RETURNING id")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.next()).isTrue();
                assertThat(rows.next()).isFalse();
            }
        }
        contents();
    }

    @Test
    void returnsGeneratedKeys() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "INSERT INTO always (v) SELECT n + random() * ? FROM other ORDER BY k LIMIT 3",
                Statement.RETURN_GENERATED_KEYS)) {
            statement.setInt(1, 1);
            assertThat(statement.executeUpdate()).isEqualTo(3);
            try (ResultSet keys = statement.getGeneratedKeys()) {
                assertThat(keys.getMetaData().getColumnCount()).isEqualTo(2);
                assertThat(keys.next()).isTrue();
                assertThat(keys.getLong("id")).isPositive();
                assertThat(keys.getDouble("v")).isBetween(10.0, 11.0);
            }
        }
        try (PreparedStatement statement =
                connection.prepareStatement("UPDATE r SET v = random() WHERE id = ?", new String[] {"w", "id"})) {
            for (int id = 1; id <= 2; id++) {
                statement.setInt(1, id);
                statement.addBatch();
            }
            assertThat(statement.executeBatch()).containsExactly(1, 1);
            try (ResultSet keys = statement.getGeneratedKeys()) {
                assertThat(keys.next()).isTrue();
                assertThat(keys.getString(1)).isEqualTo("w1");
                assertThat(keys.next()).isTrue();
                assertThat(keys.getInt(2)).isEqualTo(2);
            }
        }
        contents();
    }

    @Test
    void foreignKeysActOnEveryCopy() throws SQLException {
        run(connection, "INSERT INTO child SELECT id + 100, id FROM r");
        run(connection, "UPDATE r SET id = id + 1000, v = random() WHERE id < 5");
        run(connection, "DELETE FROM r WHERE v < (SELECT avg(v) FROM r)");
        contents();
        run(connection, "INSERT INTO refs SELECT 1, max(id) FROM r");
        List<String> before = contents();
        assertState("23503", () -> run(connection, "DELETE FROM r WHERE random() < 2"));
        assertThat(contents()).isEqualTo(before);
    }

    // ---- triggers

    @Test
    void triggersThatDependOnTheRowAloneRunOnEveryCopy() throws SQLException {
        run(
                connection,
                "CREATE FUNCTION lower_w() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $$BEGIN NEW.w := lower(NEW.w); RETURN NEW; END$$");
        run(connection, "CREATE TRIGGER lower_w BEFORE INSERT OR UPDATE ON r FOR EACH ROW EXECUTE FUNCTION lower_w()");
        try {
            run(connection, "UPDATE r SET w = 'ABC' WHERE id = 1");
            run(connection, "UPDATE r SET w = 'ABC' || random() WHERE id = 2");
            run(connection, "INSERT INTO r VALUES (50, 1, 'ABC', 50)");
            run(connection, "INSERT INTO r SELECT k + 60, 1, 'ABC', NULL FROM d");
            run(connection, "DELETE FROM r WHERE id = 3");
            assertThat(contents()).contains("r (1,1,abc,1)", "r (50,1,abc,50)", "r (61,1,abc,)");
        } finally {
            run(connection, "DROP TRIGGER lower_w ON r");
        }
    }

    @Test
    void triggersThatWouldMakeCopiesDifferAreFoundOut() throws SQLException {
        run(
                connection,
                "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $$BEGIN NEW.w := clock_timestamp()::text; RETURN NEW; END$$");
        run(connection, "CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON r FOR EACH ROW EXECUTE FUNCTION touch()");
        List<String> before = contents();
        for (String sql : List.of(
                "UPDATE r SET v = 3 WHERE id = 1",
                "INSERT INTO r (id) VALUES (60)",
                "INSERT INTO r (id) VALUES (6) ON CONFLICT (id) DO UPDATE SET v = 1",
                "INSERT INTO r (id) SELECT k + 100 FROM d",
                "UPDATE r SET v = random()")) {
            assertState("XX001", () -> run(connection, sql));
            assertThat(contents()).isEqualTo(before);
        }
        run(connection, "DROP TRIGGER touch ON r");
        run(
                connection,
                "CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON r FOR EACH ROW WHEN (pgplex.is_original())"
                        + " EXECUTE FUNCTION touch()");
        try {
            run(connection, "UPDATE r SET v = 3 WHERE id < 5");
            run(connection, "INSERT INTO r (id) VALUES (60)");
            run(connection, "INSERT INTO r (id) VALUES (6) ON CONFLICT (id) DO UPDATE SET v = 1");
            run(connection, "INSERT INTO r (id) SELECT k + 100 FROM d");
            run(connection, "UPDATE r SET v = random()");
            assertThat(contents()).isNotEqualTo(before);
        } finally {
            run(connection, "DROP TRIGGER touch ON r");
        }
    }

    // ---- rivals

    @Test
    void writersOfATableWaitForEachOtherOnEveryCopy() throws Exception {
        connection.setAutoCommit(false);
        run(connection, "INSERT INTO r VALUES (70, 1, 'x', 70)");
        try (Connection rival = cluster.connect()) {
            run(rival, "SET lock_timeout = '200ms'");
            assertState("55P03", () -> run(rival, "UPDATE r SET v = v + 1"));
            assertState("55P03", () -> run(rival, "COMPARE REPLICATED TABLE r"));
            run(rival, "UPDATE other SET n = n + 1");
            connection.commit();
            run(rival, "UPDATE r SET v = v + 1");
        }
        connection.setAutoCommit(true);
        assertThat(contents()).contains("r (70,2,x,70)");
    }

    @Test
    void whoHasLockedARowWritesItBeforeHisRivals() throws Exception {
        connection.setAutoCommit(false);
        run(connection, "SELECT v FROM r WHERE id = 1 FOR UPDATE");
        try (Connection rival = cluster.connect()) {
            ExecutorService thread = Executors.newSingleThreadExecutor();
            try {
                Future<?> waiting = thread.submit(() -> {
                    run(rival, "UPDATE r SET v = v + 1 WHERE id = 1");
                    return null;
                });
                await(() -> on(
                                cluster.primaries().get(0),
                                "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'")
                        .equals(List.of("1")));
                run(connection, "UPDATE r SET v = 10 WHERE id = 1");
                connection.commit();
                waiting.get(30, TimeUnit.SECONDS);
            } finally {
                thread.shutdownNow();
            }
        }
        connection.setAutoCommit(true);
        assertThat(contents()).contains("r (1,11,w1,1)");
    }

    @Test
    void locksEndWithTheSavepointThatTheyWereTakenIn() throws Exception {
        connection.setAutoCommit(false);
        run(connection, "SAVEPOINT s");
        run(connection, "UPDATE r SET v = 0");
        run(connection, "ROLLBACK TO SAVEPOINT s");
        try (Connection rival = cluster.connect()) {
            run(rival, "SET lock_timeout = '10s'");
            run(rival, "UPDATE r SET v = 1");
            run(connection, "UPDATE r SET v = v + 1");
            run(rival, "SET lock_timeout = '200ms'");
            assertState("55P03", () -> run(rival, "UPDATE r SET v = 1"));
        }
        connection.commit();
        connection.setAutoCommit(true);
        assertThat(contents()).contains("r (1,2,w1,1)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE r SET v = v * 2",
                "UPDATE r SET v = random()",
                "UPDATE r SET v = (SELECT count(*) FROM r)"
            })
    void oneSnapshotOfAllShardsIsToldToTryAgain(String sql) throws SQLException {
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        run(connection, "SELECT * FROM local");
        rival();
        assertState("40001", () -> run(connection, sql));
        connection.rollback();
        connection.setAutoCommit(true);
        contents();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "s1 | UPDATE r SET v = v * 2",
                "s1 | UPDATE r SET v = random()",
                "s1 | DELETE FROM r WHERE id = 500",
                "s3 | UPDATE r SET v = v * 2",
                "s3 | UPDATE r SET v = 0 WHERE id = 500",
                "s3 | UPDATE r SET v = random() WHERE id = 500",
                "s3 | UPDATE r SET v = (SELECT count(*) FROM r) WHERE id > 499",
                "s3 | DELETE FROM r WHERE id = 500"
            })
    void snapshotsOfDifferentTimesAreToldToTryAgain(String older, String sql) throws SQLException {
        try (Connection perShard = DriverManager.getConnection(cluster.jdbcUrl() + "&snapshot=shard")) {
            perShard.setAutoCommit(false);
            perShard.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            run(perShard, "/*!pgplex shard=" + older + " */ SELECT * FROM r");
            rival();
            assertState("40001", () -> run(perShard, sql));
            perShard.rollback();
        }
        contents();
    }

    private void rival() throws SQLException {
        try (Connection rival = cluster.connect()) {
            run(rival, "INSERT INTO r VALUES (500, 1, 'x', 500)");
            run(rival, "UPDATE r SET v = v + 1");
        }
    }

    // ---- the comparison

    @Test
    void comparisonSaysWhichCopyDiffers() throws SQLException {
        PostgresServer second = cluster.primaries().get(1);
        second.execute(cluster.database(), "UPDATE r SET v = -v WHERE id = 5");
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("COMPARE REPLICATED TABLE public.r")) {
            List<Boolean> equal = new ArrayList<>();
            while (row.next()) {
                equal.add(row.getBoolean(4));
            }
            assertThat(equal).containsExactly(true, false, true);
        } finally {
            second.execute(cluster.database(), "UPDATE r SET v = -v WHERE id = 5");
        }
    }

    @Test
    void comparisonIsForReplicatedTablesOutsideTransactions() throws SQLException {
        assertState("42P01", () -> run(connection, "COMPARE REPLICATED TABLE d"));
        assertState("42P01", () -> run(connection, "COMPARE REPLICATED TABLE nowhere.r"));
        assertState("42601", () -> run(connection, "COMPARE REPLICATED TABLE r s"));
        connection.setAutoCommit(false);
        assertState("25001", () -> run(connection, "COMPARE REPLICATED TABLE r"));
    }

    @Test
    void differingCopiesAreNotWritten() throws SQLException {
        PostgresServer second = cluster.primaries().get(1);
        second.execute(cluster.database(), "DELETE FROM r WHERE id = 5");
        try {
            assertState("XX001", () -> run(connection, "UPDATE r SET v = 7"));
            assertState("XX001", () -> run(connection, "UPDATE r SET v = random()"));
        } finally {
            second.execute(cluster.database(), "INSERT INTO r VALUES (5, 5, 'w5', 5)");
        }
        assertThat(contents()).contains("r (1,1,w1,1)");
    }

    // ---- helpers

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    private static void assertState(String state, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(SQLException.class).hasFieldOrPropertyWithValue("SQLState", state);
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private List<String> on(PostgresServer server, String sql) throws SQLException {
        try (Connection direct = server.connect(cluster.database());
                Statement statement = direct.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (row.next()) {
                values.add(row.getString(1));
            }
            return values;
        }
    }
}
