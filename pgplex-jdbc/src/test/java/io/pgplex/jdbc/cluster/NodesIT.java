package io.pgplex.jdbc.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.sql.ServerSql;
import io.pgplex.testkit.DatabaseLocale;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a server is, and what pgplex installs there. */
class NodesIT {

    private static PostgresServer server;

    @BeforeAll
    static void start() {
        server = PostgresServer.start("probed");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void readsWhatAServerIs() throws SQLException {
        try (Connection connection = server.connect("postgres")) {
            NodeProbe probe = NodeProbe.of(connection);
            assertThat(probe.database()).isEqualTo("postgres");
            assertThat(probe.encoding()).isEqualTo("UTF8");
            assertThat(probe.majorVersion()).isGreaterThanOrEqualTo(14);
            assertThat(probe.bytewiseCollation()).isTrue();
            assertThat(probe.inRecovery()).isFalse();
            assertThat(probe.timeline()).isEqualTo(1);
            assertThat(probe.cluster()).isNull();
            assertThatCode(probe::checkFitness).doesNotThrowAnyException();
        }
    }

    @Test
    void knowsLinguisticCollationsAndOtherEncodings() throws SQLException {
        server.execute(
                "postgres",
                "CREATE DATABASE icu TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'",
                "CREATE DATABASE posix TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'POSIX'",
                "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'");
        try (Connection icu = server.connect("icu");
                Connection posix = server.connect("posix");
                Connection latin = server.connect("latin")) {
            NodeProbe probe = NodeProbe.of(icu);
            assertThat(probe.collation()).isEqualTo("icu:en-US");
            assertThat(probe.bytewiseCollation()).isFalse();
            assertThat(NodeProbe.of(posix).bytewiseCollation()).isTrue();
            assertThatThrownBy(() -> probe.checkSameOrder(NodeProbe.of(posix).collation()))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("default collation differs");
            assertThatThrownBy(() -> NodeProbe.of(latin).checkFitness()).hasMessageContaining("LATIN1");
        }
    }

    @Test
    void refusesAServerThatCannotPrepareTransactions() throws SQLException {
        try (PostgresServer without = PostgresServer.builder("unprepared")
                        .locale(DatabaseLocale.CODE_POINT)
                        .setting("max_prepared_transactions", "0")
                        .start();
                Connection connection = without.connect("postgres")) {
            assertThatThrownBy(() -> NodeProbe.of(connection).checkFitness())
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("max_prepared_transactions is 0")
                    .hasMessageContaining("Hint:");
        }
    }

    @Test
    void installsTheSchemaOnceAndAgain() throws SQLException {
        server.createDatabase("installed");
        try (Connection connection = server.connect("installed")) {
            assertThat(SchemaInstaller.installedVersion(connection)).isZero();
            SchemaInstaller.install(connection);
            assertThat(SchemaInstaller.installedVersion(connection)).isEqualTo(ServerSql.SCHEMA_VERSION);
            SchemaInstaller.install(connection);
            connection.createStatement().execute(ServerSql.schema());
            SchemaInstaller.writeMembership(connection, "default", "s1", 1);
            SchemaInstaller.writeMembership(connection, "default", "s2", 1);
            assertThat(NodeProbe.of(connection).shard()).isEqualTo("s2");
            SchemaInstaller.removeMembership(connection);
            assertThat(NodeProbe.of(connection).cluster()).isNull();
        }
    }

    @Test
    void letsAnyRoleKeepCommitRecordsAndSeeWhatIsInDoubt() throws SQLException {
        server.createDatabase("granted");
        server.createRole("app", "app");
        try (Connection connection = server.connect("granted")) {
            SchemaInstaller.install(connection);
        }
        String url = "jdbc:postgresql://" + server.host() + ":" + server.port() + "/granted?user=app&password=app";
        try (Connection app = DriverManager.getConnection(url);
                var statement = app.createStatement()) {
            // a role that may not install the schema need not: it is there
            SchemaInstaller.install(app);
            statement.execute("BEGIN");
            statement.execute("INSERT INTO pgplex.commit_record (gtxid, state, participants)"
                    + " VALUES ('g1', 'committed', '{s1,s2}') ON CONFLICT DO NOTHING");
            statement.execute("PREPARE TRANSACTION 'pgplex:default:s1:g1:s2'");
            try (var row = statement.executeQuery("SELECT cluster, anchor, gtxid, shard FROM pgplex.in_doubt")) {
                assertThat(row.next()).isTrue();
                assertThat(row.getString(1)).isEqualTo("default");
                assertThat(row.getString(2)).isEqualTo("s1");
                assertThat(row.getString(3)).isEqualTo("g1");
                assertThat(row.getString(4)).isEqualTo("s2");
                assertThat(row.next()).isFalse();
            }
            statement.execute("COMMIT PREPARED 'pgplex:default:s1:g1:s2'");
            assertThat(statement.executeUpdate("DELETE FROM pgplex.commit_record"))
                    .isEqualTo(1);
            assertThatThrownBy(() -> statement.execute("DELETE FROM pgplex.membership"))
                    .hasMessageContaining("permission denied");
        }
    }
}
