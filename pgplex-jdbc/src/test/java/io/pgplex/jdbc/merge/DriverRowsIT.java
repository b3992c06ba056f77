package io.pgplex.jdbc.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.merge.DriverRows.Column;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.postgresql.core.Oid;

class DriverRowsIT {

    private static PostgresServer server;
    private static Connection connection;

    @BeforeAll
    static void start() throws SQLException {
        server = PostgresServer.start("rows");
        connection = server.connect("postgres");
    }

    @AfterAll
    static void stop() throws SQLException {
        connection.close();
        server.close();
    }

    @Test
    void areReadWithPgjdbcsConversions() throws SQLException {
        List<Column> columns = List.of(Column.text("name"), new Column("weight", Oid.INT4), new Column("up", Oid.BOOL));
        try (ResultSet rows = new DriverRows(connection, columns)
                .add("pgé😀", "7", "t")
                .add(null, null, null)
                .open()) {
            assertThat(rows.getMetaData().getColumnType(2)).isEqualTo(Types.INTEGER);
            assertThat(rows.next()).isTrue();
            assertThat(rows.getString("name")).isEqualTo("pgé😀");
            assertThat(rows.getObject(2)).isEqualTo(7);
            assertThat(rows.getBoolean(3)).isTrue();
            assertThat(rows.next()).isTrue();
            assertThat(rows.getString(1)).isNull();
            assertThat(rows.wasNull()).isTrue();
            assertThat(rows.next()).isFalse();
        }
    }

    @Test
    void describeTheirColumnsWithoutRows() throws SQLException {
        try (ResultSet rows = new DriverRows(connection, List.of(Column.text("name"))).open()) {
            assertThat(rows.next()).isFalse();
            assertThat(rows.getMetaData().getColumnTypeName(1)).isEqualTo("text");
        }
    }

    @Test
    void doNotTakeRowsOfAnotherWidth() throws SQLException {
        DriverRows rows = new DriverRows(connection, List.of(Column.text("name")));

        assertThatThrownBy(() -> rows.add("a", "b")).isInstanceOf(IllegalArgumentException.class);
    }
}
