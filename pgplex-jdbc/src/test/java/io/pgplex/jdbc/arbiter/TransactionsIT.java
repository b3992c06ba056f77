package io.pgplex.jdbc.arbiter;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** {@code pgplex.transactions} under any SELECT, compared with one server that has all its rows in a table. */
@PgplexCluster(shards = 3, etcd = false, parameters = "arbiter=false")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TransactionsIT {

    private static final List<String> QUERIES = List.of(
            "SELECT gtxid, shard, anchor, state, owner, client, action, arbiter FROM pgplex.transactions",
            "SELECT count(*), count(DISTINCT gtxid), min(since), max(since) FROM pgplex.transactions",
            "SELECT state, count(*) FROM pgplex.transactions GROUP BY state HAVING count(*) > 1 ORDER BY 2 DESC, 1",
            "SELECT DISTINCT shard FROM pgplex.transactions ORDER BY shard DESC LIMIT 2",
            "SELECT gtxid FROM pgplex.transactions WHERE state = 'prepared' AND shard <> anchor ORDER BY gtxid OFFSET 1",
            "SELECT p.gtxid, r.state FROM pgplex.transactions p LEFT JOIN pgplex.transactions r ON r.gtxid = p.gtxid"
                    + " AND r.shard = p.anchor AND r.state IN ('committed', 'aborted') WHERE p.state = 'prepared'"
                    + " ORDER BY 1",
            "SELECT n.v FROM notes n WHERE n.k IN (SELECT gtxid FROM pgplex.transactions WHERE state = 'committed')"
                    + " ORDER BY 1",
            "SELECT (SELECT count(*) FROM pgplex.transactions), v FROM notes ORDER BY v",
            "SELECT n.v, t.shard FROM notes n JOIN pgplex.transactions t ON t.gtxid = n.k ORDER BY 1, 2",
            "WITH t AS (SELECT client, count(*) AS n FROM pgplex.transactions GROUP BY 1) SELECT * FROM t ORDER BY 1",
            "SELECT gtxid, row_number() OVER (ORDER BY gtxid, shard, state) FROM pgplex.transactions ORDER BY 1, 2",
            "SELECT gtxid FROM pgplex.transactions EXCEPT SELECT k FROM notes ORDER BY 1",
            "SELECT string_agg(gtxid, ',' ORDER BY gtxid) FROM pgplex.transactions WHERE state = 'aborted'",
            "TABLE pgplex.transactions ORDER BY gtxid, shard, state, action");

    private LocalCluster cluster;

    @BeforeAll
    void plant(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        try (Connection connection = cluster.connect()) {
            run(connection, "CREATE DISTRIBUTED TABLE notes (k text PRIMARY KEY, v int) BY HASH (k)");
            run(connection, "INSERT INTO notes VALUES ('c-1', 1), ('c-2', 2), ('c-9', 3), ('other', 4)");
        }
        plantOn(0, "'c-1', 'committed'", "'c-3', 'aborted'");
        plantOn(1, "'c-2', 'committed'", "'c-4', 'aborted'");
        plantOn(2);
        prepare(1, "s1", "c-1");
        prepare(2, "s1", "c-1");
        prepare(2, "s2", "c-9");
        PostgresServer reference = cluster.reference();
        reference.execute(
                cluster.database(),
                "CREATE SCHEMA pgplex",
                "CREATE TABLE notes (k text PRIMARY KEY, v int)",
                "INSERT INTO notes VALUES ('c-1', 1), ('c-2', 2), ('c-9', 3), ('other', 4)",
                "CREATE TABLE pgplex.transactions (gtxid text, shard text, anchor text, state text, since timestamptz,"
                        + " owner text, client text, action text, arbiter text)");
        try (Connection to = reference.connect(cluster.database());
                PreparedStatement insert =
                        to.prepareStatement("INSERT INTO pgplex.transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            for (PostgresServer server : cluster.primaries()) {
                try (Connection from = server.connect(cluster.database());
                        ResultSet rows = from.createStatement().executeQuery("TABLE pgplex.transactions")) {
                    while (rows.next()) {
                        for (int i = 1; i <= 9; i++) {
                            insert.setObject(i, rows.getObject(i));
                        }
                        insert.executeUpdate();
                    }
                }
            }
        }
    }

    private void plantOn(int shard, String... records) {
        PostgresServer server = cluster.primaries().get(shard);
        for (String record : records) {
            server.execute(
                    cluster.database(), "INSERT INTO pgplex.commit_record (gtxid, state) VALUES (" + record + ")");
        }
        server.execute(
                cluster.database(),
                "INSERT INTO pgplex.settled (gtxid, action, arbiter) VALUES ('c-7', 'committed', 'x'),"
                        + " ('c-8', 'rolled back', 'x')");
    }

    private void prepare(int shard, String anchor, String gtxid) {
        PostgresServer server = cluster.primaries().get(shard);
        String name = cluster.servers().shards().get(shard).name();
        server.execute(
                cluster.database(),
                "BEGIN",
                "CREATE TABLE prepared_" + gtxid.replace('-', '_') + " ()",
                "PREPARE TRANSACTION 'pgplex:" + cluster.cluster() + ":" + anchor + ":" + gtxid + ":" + name + "'");
    }

    private static List<String> rows(ResultSet rows) throws SQLException {
        List<String> found = new ArrayList<>();
        while (rows.next()) {
            StringBuilder row = new StringBuilder();
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                row.append(rows.getMetaData().getColumnName(i))
                        .append('=')
                        .append(rows.getString(i))
                        .append(' ');
            }
            found.add(row.toString());
        }
        return found;
    }

    private static List<String> answer(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet rows = statement.executeQuery()) {
            List<String> found = rows(rows);
            if (!sql.contains("ORDER BY")) {
                found.sort(null);
            }
            return found;
        }
    }

    @Test
    void answersAsOneServerWithAllRowsDoes() throws SQLException {
        try (Connection connection = cluster.connect();
                Connection one = cluster.reference().connect(cluster.database())) {
            for (String sql : QUERIES) {
                assertThat(answer(connection, sql))
                        .as(sql)
                        .isEqualTo(answer(one, sql))
                        .isNotEmpty();
            }
            connection.setAutoCommit(false);
            for (String sql : QUERIES) {
                assertThat(answer(connection, sql)).as(sql).isEqualTo(answer(one, sql));
            }
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT state FROM pgplex.transactions WHERE gtxid = ? ORDER BY 1")) {
                statement.setString(1, "c-1");
                assertThat(rows(statement.executeQuery()))
                        .containsExactly("state=committed ", "state=prepared ", "state=prepared ");
            }
        }
    }

    @Test
    void viewsOverItReadAllShardsToo() throws SQLException {
        try (Connection connection = cluster.connect()) {
            run(
                    connection,
                    "CREATE VIEW in_doubt_now AS SELECT gtxid FROM pgplex.transactions WHERE state = 'prepared'");
            assertThat(ask(connection, "SELECT count(*) FROM in_doubt_now")).isEqualTo("3");
            run(connection, "DROP VIEW in_doubt_now");
            assertThatThrownBy(() -> run(connection, "CREATE TABLE copy AS SELECT * FROM pgplex.transactions"))
                    .hasFieldOrPropertyWithValue("SQLState", "0A000");
            assertThat(ask(connection, "SELECT count(*) FROM pg_distributed_tables WHERE schemaname = 'pgplex'"))
                    .isEqualTo("0");
        }
    }

    @Test
    void tellsAStatus() throws SQLException {
        try (Connection connection = cluster.connect()) {
            assertThat(ask(connection, "SELECT pgplex.transaction_status('c-1')"))
                    .isEqualTo("committed");
            assertThat(ask(connection, "select PGPLEX.transaction_status ('c-4') AS s;"))
                    .isEqualTo("aborted");
            assertThat(ask(connection, "SELECT pgplex.transaction_status('c-9')"))
                    .isEqualTo("in progress");
            assertThat(ask(connection, "SELECT pgplex.transaction_status('c-7')"))
                    .isEqualTo("committed");
            assertThat(ask(connection, "SELECT pgplex.transaction_status('c-8')"))
                    .isEqualTo("aborted");
            assertThat(ask(connection, "SELECT pgplex.transaction_status('it''s none')"))
                    .isEqualTo("null");
            assertThat(ask(connection, "SELECT pgplex.transaction_status(NULL)"))
                    .isEqualTo("null");
            connection.setAutoCommit(false);
            assertThat(ask(connection, "SELECT pgplex.transaction_status('c-1')"))
                    .isEqualTo("committed");
            assertThatThrownBy(() -> ask(connection, "SELECT pgplex.transaction_status('c-1') || 'x'"))
                    .hasFieldOrPropertyWithValue("SQLState", "42883");
        }
    }

    @Test
    void joiningAgainUpgradesTheFirstVersionOfTheSchemaAndKeepsItsRows() throws SQLException, IOException {
        try (LocalCluster old = cluster.fresh("t_old_schema");
                Connection connection = old.connect()) {
            PostgresServer server = old.primaries().get(1);
            try (InputStream stream =
                    Objects.requireNonNull(TransactionsIT.class.getResourceAsStream("/schema-1.sql"))) {
                String schema = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
                server.execute(
                        old.database(),
                        "DROP SCHEMA pgplex CASCADE",
                        schema,
                        "INSERT INTO pgplex.membership (cluster, shard) VALUES ('t_old_schema', 's2')",
                        "INSERT INTO pgplex.commit_record (gtxid, state) VALUES ('kept-1', 'committed')");
            }
            assertThat(server.query(old.database(), "SELECT max(version) FROM pgplex.schema_version"))
                    .isEqualTo("1");
            String join = "JOIN CLUSTER ON '" + server.conninfo(old.database()) + "' AS " + server.name() + " SHARD s2";
            run(connection, join);
            run(connection, join);
            assertThat(server.query(old.database(), "SELECT max(version) FROM pgplex.schema_version"))
                    .isEqualTo("3");
            assertThat(ask(connection, "SELECT shard || state FROM pgplex.transactions WHERE gtxid = 'kept-1'"))
                    .isEqualTo("s2committed");
            assertThatThrownBy(() -> run(connection, join.replace("SHARD s2", "SHARD s1")))
                    .hasFieldOrPropertyWithValue("SQLState", "42710");
        }
    }
}
