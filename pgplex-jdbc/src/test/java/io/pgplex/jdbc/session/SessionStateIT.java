package io.pgplex.jdbc.session;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.transaction.ShardedTable;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One physical connection a node: whatever a session sets, the next one must not see. */
@PgplexCluster(shards = 3, etcd = false)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SessionStateIT {

    private static final List<String> SETTINGS = List.of(
            "search_path",
            "role",
            "TimeZone",
            "application_name",
            "statement_timeout",
            "default_transaction_isolation",
            "default_transaction_read_only",
            "transaction_isolation",
            "transaction_read_only",
            "work_mem");

    private LocalCluster cluster;
    private ShardedTable table;
    private Connection one;
    private Connection two;

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        table = new ShardedTable(cluster);
        try (Connection c = cluster.connect()) {
            run(
                    c,
                    "CREATE OR REPLACE FUNCTION sneak(v text) RETURNS text LANGUAGE sql AS"
                            + " $$SELECT set_config('work_mem', v, false)$$");
        }
        table.onServers("SELECT 'created' FROM pg_roles LIMIT 1");
        cluster.primaries().forEach(server -> {
            if (server.query("postgres", "SELECT 1 FROM pg_roles WHERE rolname = 'guest'") == null) {
                server.execute("postgres", "CREATE ROLE guest");
            }
        });
    }

    @BeforeEach
    void open() throws SQLException {
        table.reset();
        one = connect();
        two = connect();
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(cluster.jdbcUrl() + "&maximumPoolSize=1&connectionTimeout=5000");
    }

    @AfterEach
    void close() throws SQLException {
        one.close();
        two.close();
    }

    private String settings(Connection connection) throws SQLException {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 3; i++) {
            for (String name : SETTINGS) {
                all.append(ask(connection, "SELECT current_setting('" + name + "') FROM t WHERE k = " + table.key(i)))
                        .append(' ');
            }
        }
        return all.toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET search_path TO pg_catalog",
                "SET search_path TO public, pg_temp",
                "SET ROLE NONE",
                "SET TIME ZONE 'Asia/Tokyo'",
                "SET application_name TO 'leak'",
                "SET statement_timeout TO 12345",
                "SET default_transaction_read_only TO on",
                "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
                "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                "SET work_mem TO '7MB'",
                "SELECT set_config('work_mem', '7MB', false)",
                "SELECT pg_catalog.set_config('search_path', 'pg_catalog', false) AS x",
                "SELECT set_config('work_mem', '6' || 'MB', false)",
                "SELECT sneak('6MB')",
                "DO $$BEGIN PERFORM set_config('work_mem', '6MB', false); END$$"
            })
    void doesNotLeak(String sql) throws SQLException {
        String before = settings(two);
        run(one, sql);
        assertThat(settings(two)).isEqualTo(before);
        run(one, "RESET ALL");
        assertThat(settings(one)).isEqualTo(before);
        run(one, sql);
        run(one, "DISCARD ALL");
        assertThat(settings(one)).isEqualTo(before);
        one.setAutoCommit(false);
        run(one, sql);
        one.rollback();
        assertThat(settings(two)).isEqualTo(before);
        one.setAutoCommit(true);
        run(one, sql);
        one.close();
        assertThat(settings(two)).isEqualTo(before);
    }

    @Test
    void whatIsSetHoldsOnEveryShard() throws SQLException {
        run(one, "SET work_mem TO '7MB'");
        ask(two, "SELECT count(*) FROM t");
        for (int i = 0; i < 3; i++) {
            assertThat(ask(one, "SELECT current_setting('work_mem') FROM t WHERE k = " + table.key(i)))
                    .isEqualTo("7MB");
        }
        assertThat(ask(one, "SHOW work_mem")).isEqualTo("7MB");
        assertThat(ask(two, "SHOW work_mem")).isNotEqualTo("7MB");
    }

    @Test
    void setConfigIsCarriedLikeSet() throws SQLException {
        try (PreparedStatement statement = one.prepareStatement("SELECT set_config(?, ?, ?)")) {
            statement.setString(1, "shop.tenant");
            statement.setString(2, "it's");
            statement.setBoolean(3, false);
            try (ResultSet row = statement.executeQuery()) {
                assertThat(row.next()).isTrue();
                assertThat(row.getString("set_config")).isEqualTo("it's");
            }
        }
        ask(two, "SELECT count(*) FROM t");
        for (int i = 0; i < 3; i++) {
            assertThat(ask(one, "SELECT current_setting('shop.tenant', true) FROM t WHERE k = " + table.key(i)))
                    .isEqualTo("it's");
            assertThat(ask(
                            two,
                            "SELECT coalesce(nullif(current_setting('shop.tenant', true), ''), 'none') FROM t WHERE k = "
                                    + table.key(i)))
                    .isEqualTo("none");
        }
        one.setAutoCommit(false);
        ask(one, "SELECT set_config('shop.tenant', 'local', true)");
        for (int i = 0; i < 3; i++) {
            assertThat(ask(one, "SELECT current_setting('shop.tenant', true) FROM t WHERE k = " + table.key(i)))
                    .isEqualTo("local");
        }
        one.commit();
        assertThat(ask(one, "SHOW shop.tenant")).isEqualTo("it's");
        one.rollback();
        run(one, "SELECT set_config('search_path', 'nowhere, public', false)");
        assertThat(ask(one, "SELECT count(*) FROM t")).isEqualTo("3");
        one.rollback();
    }

    @Test
    void aRoleDoesNotLeak() throws SQLException {
        run(one, "SET ROLE guest");
        assertThat(ask(one, "SELECT current_user")).isEqualTo("guest");
        assertThat(ask(two, "SELECT current_user")).isNotEqualTo("guest");
        assertThatThrownBy(() -> ask(one, "SELECT count(*) FROM t")).hasFieldOrPropertyWithValue("SQLState", "42501");
        assertThat(ask(two, "SELECT count(*) FROM t")).isEqualTo("3");
        run(one, "RESET ROLE");
        assertThat(ask(one, "SELECT count(*) FROM t")).isEqualTo("3");
    }

    @Test
    void readOnlyAndAutocommitDoNotLeak() throws SQLException {
        one.setAutoCommit(false);
        one.setReadOnly(true);
        one.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        ask(one, "SELECT sum(v) FROM t");
        one.close();
        run(two, "UPDATE t SET v = 1");
        assertThat(two.getAutoCommit()).isTrue();
        assertThat(two.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
    }

    @Test
    void sessionLocksStayUntilTheSessionEnds() throws SQLException {
        try (Connection many = DriverManager.getConnection(cluster.jdbcUrl() + "&maximumPoolSize=3")) {
            run(one, "SELECT pg_advisory_lock(77)");
            assertThat(ask(many, "SELECT pg_try_advisory_lock(77)")).isEqualTo("f");
            ask(one, "SELECT count(*) FROM t");
            assertThat(ask(one, "SELECT pg_advisory_unlock(77)")).isEqualTo("t");
            run(one, "SELECT pg_advisory_lock(78)");
            one.close();
            run(many, "SET lock_timeout TO '10s'");
            run(many, "SELECT pg_advisory_lock(78)");
        }
        assertThatThrownBy(() -> run(two, "SELECT pg_advisory_lock(5) FROM t WHERE k = " + table.key(2)))
                .hasFieldOrPropertyWithValue("SQLState", "0A000");
    }

    @Test
    void temporaryTablesGoWithTheirSession() throws SQLException {
        run(one, "CREATE TEMP TABLE mine (x int)");
        run(one, "INSERT INTO mine VALUES (1)");
        assertThat(ask(one, "SELECT count(*) FROM mine")).isEqualTo("1");
        one.close();
        assertThatThrownBy(() -> ask(two, "SELECT count(*) FROM mine"))
                .hasFieldOrPropertyWithValue("SQLState", "42P01");
    }

    @Test
    void aSessionThatLosesItsPinnedConnectionLosesWhatLivedOnIt() throws SQLException {
        run(one, "SET application_name TO 'victim'");
        run(one, "CREATE TEMP TABLE t (k int)");
        assertThat(ask(one, "SELECT count(*) FROM t")).isEqualTo("0");
        cluster.primaries()
                .get(0)
                .execute(
                        cluster.database(),
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                + " WHERE datname = current_database() AND application_name = 'victim'");
        assertThatThrownBy(() -> ask(one, "SELECT count(*) FROM t")).isInstanceOf(SQLException.class);
        assertThat(ask(one, "SELECT count(*) FROM t")).isEqualTo("3");
    }

    @Test
    void resetsGiveTheApplicationsNameBack() throws SQLException {
        for (String reset : List.of("RESET ALL", "RESET application_name", "SET application_name TO DEFAULT")) {
            for (boolean autoCommit : new boolean[] {true, false}) {
                one.setAutoCommit(true);
                String name = ask(one, "SHOW application_name");
                assertThat(name).isNotEmpty();
                run(one, "SET application_name TO 'other'");
                one.setAutoCommit(autoCommit);
                run(one, reset);
                assertThat(ask(one, "SHOW application_name")).as(reset).isEqualTo(name);
                if (!autoCommit) {
                    one.commit();
                }
                assertThat(ask(two, "SHOW application_name")).as(reset).isEqualTo(name);
            }
        }
    }
}
