package io.pgplex.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import javax.sql.ConnectionEvent;
import javax.sql.ConnectionEventListener;
import javax.sql.DataSource;
import javax.sql.PooledConnection;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** Data sources over an opener that opens plain connections, so that only their own behaviour is seen. */
class PgplexDataSourceIT {

    private static PostgresServer server;

    private final List<Properties> opened = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private final ConnectionOpener opener = (url, properties) -> {
        opened.add(properties);
        return server.connect(url.database());
    };

    @BeforeAll
    static void start() {
        server = PostgresServer.start("datasource");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void opensWithItsBeanProperties() throws SQLException {
        PgplexDataSource source = new PgplexDataSource(opener);
        source.setUrl("jdbc:pgplex:mem:x/postgres?maximumPoolSize=3");
        source.setUser("ada");
        source.setPassword("secret");
        source.setLoginTimeout(4);
        source.setProperty("ApplicationName", "shop");

        source.getConnection().close();
        source.getConnection("bob", "other").close();

        assertThat(opened.get(0))
                .containsEntry("user", "ada")
                .containsEntry("password", "secret")
                .containsEntry("loginTimeout", "4")
                .containsEntry("maximumPoolSize", "3")
                .containsEntry("ApplicationName", "shop");
        assertThat(opened.get(1)).containsEntry("user", "bob").containsEntry("password", "other");
        assertThat(source.toString()).contains("mem:x", "ada").doesNotContain("secret");
    }

    @Test
    void refusesWhatIsNotValid() {
        PgplexDataSource source = new PgplexDataSource(opener);
        assertThatThrownBy(source::getConnection).hasFieldOrPropertyWithValue("SQLState", "22023");
        assertThatThrownBy(() -> source.setLoginTimeout(-1)).hasFieldOrPropertyWithValue("SQLState", "22023");
        source.setUrl("jdbc:pgplex:mem:x/postgres");
        source.setProperty("nonsense", "1");
        assertThatThrownBy(source::getConnection).hasFieldOrPropertyWithValue("SQLState", "22023");
        assertThat(opened).isEmpty();
    }

    @Test
    void unwrapsToItselfOnly() throws SQLException {
        PgplexDataSource source = new PgplexDataSource(opener);
        assertThat(source.unwrap(DataSource.class)).isSameAs(source);
        assertThat(source.isWrapperFor(String.class)).isFalse();
        assertThatThrownBy(() -> source.unwrap(String.class)).isInstanceOf(SQLException.class);
    }

    @Test
    void givesAClosedHandleBackClean() throws SQLException {
        PooledConnection pooled = pooled();
        Connection handle = pooled.getConnection();
        handle.setAutoCommit(false);
        try (Statement statement = handle.createStatement()) {
            statement.execute("CREATE TABLE left_over (i int)");
        }
        handle.close();
        handle.close();

        assertThat(events).containsExactly("closed");
        assertThat(handle.isClosed()).isTrue();
        assertThatThrownBy(handle::createStatement).hasFieldOrPropertyWithValue("SQLState", "08003");
        try (Connection next = pooled.getConnection();
                Statement statement = next.createStatement();
                ResultSet rows = statement.executeQuery("SELECT to_regclass('left_over') IS NULL")) {
            assertThat(next.getAutoCommit()).isTrue();
            rows.next();
            assertThat(rows.getBoolean(1)).isTrue();
        }
        pooled.close();
    }

    @Test
    void endsAHandleWhenTheNextIsTaken() throws SQLException {
        PooledConnection pooled = pooled();
        Connection first = pooled.getConnection();
        Statement statement = first.createStatement();
        Connection second = pooled.getConnection();

        assertThat(first.isClosed()).isTrue();
        assertThat(statement.isClosed()).isTrue();
        assertThatThrownBy(() -> statement.execute("SELECT 1")).hasFieldOrPropertyWithValue("SQLState", "08003");
        first.close();
        assertThat(events).isEmpty();
        assertThat(second.isValid(1)).isTrue();
        pooled.close();
        assertThat(second.isClosed()).isTrue();
        assertThatThrownBy(pooled::getConnection).hasFieldOrPropertyWithValue("SQLState", "08003");
    }

    @Test
    void tellsFatalErrorsOnly() throws SQLException {
        PooledConnection pooled = pooled();
        Connection handle = pooled.getConnection();
        try (PreparedStatement wrong = handle.prepareStatement("SELECT 1 / ?::int")) {
            wrong.setInt(1, 0);
            assertThatThrownBy(wrong::executeQuery).hasFieldOrPropertyWithValue("SQLState", "22012");
            assertThat(events).isEmpty();
        }
        Statement statement = handle.createStatement();
        assertThatThrownBy(() -> statement.execute("SELECT pg_terminate_backend(pg_backend_pid())"))
                .isInstanceOf(SQLException.class);
        assertThat(events).containsExactly("error 57P01");
        pooled.close();
    }

    @Test
    void hidesTheConnectionBehindTheHandle() throws SQLException {
        PooledConnection pooled = pooled();
        Connection handle = pooled.getConnection();
        try (Statement statement = handle.createStatement()) {
            assertThat(statement.getConnection()).isSameAs(handle);
        }
        assertThat(handle.unwrap(Connection.class)).isSameAs(handle);
        assertThat(handle.isWrapperFor(PGConnection.class)).isTrue();
        assertThat(handle.unwrap(PGConnection.class).getBackendPID()).isPositive();
        assertThat(handle).isEqualTo(handle).isNotEqualTo(pooled);
        pooled.close();
    }

    private PooledConnection pooled() throws SQLException {
        PgplexConnectionPoolDataSource source = new PgplexConnectionPoolDataSource(opener);
        source.setUrl("jdbc:pgplex:mem:x/postgres");
        PooledConnection pooled = source.getPooledConnection();
        pooled.addConnectionEventListener(new ConnectionEventListener() {
            @Override
            public void connectionClosed(ConnectionEvent event) {
                events.add("closed");
            }

            @Override
            public void connectionErrorOccurred(ConnectionEvent event) {
                events.add("error " + event.getSQLException().getSQLState());
            }
        });
        return pooled;
    }
}
