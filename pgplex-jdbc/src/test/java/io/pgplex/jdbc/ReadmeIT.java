package io.pgplex.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.PostgresServer;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every statement that the README prints runs, one after the other, on two servers as it describes them. */
class ReadmeIT {

    private final List<String> answers = new ArrayList<>();

    @Test
    void itsStatementsRun() throws SQLException, IOException {
        try (PostgresServer first = PostgresServer.start("readme1");
                PostgresServer second = PostgresServer.start("readme2")) {
            first.createDatabase("shop");
            second.createDatabase("shop");
            String url = "jdbc:pgplex:mem:readme/shop@demo?user=postgres&createCluster=true";
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement()) {
                for (String sql : Readme.statements()) {
                    run(statement, at(at(sql, "pg1", first), "pg2", second));
                }
            }
        }
        assertThat(answers)
                .contains("Ada|10.00", "NP|1|10.00", "TR|2|32.75")
                .contains("public|customers|hash|id|bigint|integer|4096")
                .anyMatch(line -> line.startsWith("pg2|") && line.endsWith("|primary"));
        assertThat(answers).anyMatch(line -> line.startsWith("Scatter"));
    }

    private static String at(String sql, String name, PostgresServer server) {
        return sql.replace("'host=" + name + " port=5432 dbname=shop'", "'" + server.conninfo("shop") + "'");
    }

    private void run(Statement statement, String sql) throws SQLException {
        if (!statement.execute(sql)) {
            return;
        }
        try (ResultSet rows = statement.getResultSet()) {
            int columns = rows.getMetaData().getColumnCount();
            while (rows.next()) {
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= columns; i++) {
                    values.add(rows.getString(i));
                }
                answers.add(String.join("|", values));
            }
        }
    }
}
