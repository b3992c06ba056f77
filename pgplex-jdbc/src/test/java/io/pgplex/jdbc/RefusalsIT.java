package io.pgplex.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.routing.plan.Unsupported;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * {@code refusals.sql} has a statement for every refusal: each is refused in just these words on a real cluster, outside a
 * transaction and in one, and leaves session and data as they were.
 *
 * <p>A line {@code -- CODE: name | name} says which refusal the next statement gets and the names in its message;
 * {@code (?)} that its question mark is a parameter. What stands before the first such line makes the tables.
 */
@PgplexCluster(shards = 2)
class RefusalsIT {

    private static final Pattern HEAD = Pattern.compile("-- ([A-Z_]+)( \\(\\?\\))?(?:: (.*))?\n");

    /** PostgreSQL's own refusal of VACUUM and its kin, which comes first. */
    private static final String NOT_IN_A_TRANSACTION = "25001";

    private record Example(Unsupported refusal, boolean parameter, String[] names, String sql) {}

    private final List<String> schema = new ArrayList<>();
    private final List<Example> examples = new ArrayList<>();

    @Test
    void everythingOnTheListIsRefusedAsItSays(LocalCluster cluster) throws SQLException, IOException {
        read();
        Set<Unsupported> missing = EnumSet.allOf(Unsupported.class);
        examples.forEach(example -> missing.remove(example.refusal));
        assertThat(missing).as("refusals without a statement").isEmpty();
        List<String> differences = new ArrayList<>();
        try (Connection connection = cluster.connect();
                Connection creating = cluster.connect();
                Statement statement = connection.createStatement()) {
            for (String sql : schema) {
                statement.execute(sql);
            }
            creating.setAutoCommit(false);
            creating.createStatement().execute("CREATE DISTRIBUTED TABLE coming (id bigint) BY HASH (id)");
            List<String> before = contents(statement);
            for (Example example : examples) {
                for (boolean autoCommit : List.of(true, false)) {
                    connection.setAutoCommit(autoCommit);
                    String difference = refused(connection, example);
                    if (!autoCommit) {
                        connection.rollback();
                    }
                    connection.setAutoCommit(true);
                    if (!difference.isEmpty()) {
                        differences.add(example.refusal + (autoCommit ? ": " : " in a transaction: ") + difference);
                    }
                }
                List<String> after = contents(statement);
                if (!after.equals(before)) {
                    differences.add(example.refusal + ": left " + after + " instead of " + before);
                }
            }
            creating.rollback();
        }
        assertThat(differences).as(String.join("\n", differences)).isEmpty();
    }

    private static String refused(Connection connection, Example example) throws SQLException {
        try (Statement plain = connection.createStatement();
                PreparedStatement prepared = example.parameter ? connection.prepareStatement(example.sql) : null) {
            if (prepared != null) {
                prepared.setInt(1, 1);
                prepared.execute();
            } else {
                plain.execute(example.sql);
            }
            return "was not refused";
        } catch (SQLException e) {
            var expected = example.refusal.at(0, example.names);
            String words = "ERROR: " + expected.message() + "\n  Hint: " + expected.hint();
            String message = Objects.requireNonNull(e.getMessage()).replaceFirst("\n  Position: [0-9]+$", "");
            boolean noTransaction = !connection.getAutoCommit() && NOT_IN_A_TRANSACTION.equals(e.getSQLState());
            return noTransaction
                            || (message.equals(words) && expected.sqlState().equals(e.getSQLState()))
                    ? ""
                    : e.getSQLState() + " " + message;
        }
    }

    /** All rows, all tables, the session's settings and prepared statements. */
    private static List<String> contents(Statement statement) throws SQLException {
        List<String> contents = new ArrayList<>();
        for (String sql : List.of(
                "SELECT id, name, country, credit FROM customers",
                "SELECT customer_id, id, placed, total, status FROM orders",
                "SELECT id, v FROM counted",
                "SELECT id, n, at FROM moments",
                "SELECT title FROM titles",
                "SELECT code, name, customer_id FROM countries",
                "SELECT id, name, price, tags, added FROM products",
                "SELECT id, name FROM settings",
                "SELECT c.relname, a.attname, a.atttypid FROM pg_catalog.pg_class c"
                        + " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
                        + " WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> 'coming'",
                "SELECT rulename FROM pg_catalog.pg_rewrite WHERE rulename <> '_RETURN' AND ev_class >= 16384",
                "SELECT name FROM pg_catalog.pg_prepared_statements WHERE from_sql",
                "SELECT objid FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND objid < 100",
                "SELECT * FROM pg_distributed_tables",
                "SHOW search_path")) {
            try (ResultSet rows = statement.executeQuery(sql)) {
                List<String> answer = new ArrayList<>();
                while (rows.next()) {
                    StringBuilder row = new StringBuilder();
                    for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                        row.append(rows.getString(i)).append('|');
                    }
                    answer.add(row.toString());
                }
                answer.sort(null);
                contents.addAll(answer);
            }
        }
        return contents;
    }

    private void read() throws IOException {
        String text;
        try (InputStream in = Objects.requireNonNull(RefusalsIT.class.getResourceAsStream("/refusals.sql"))) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        for (String part : text.split(";\n")) {
            String sql = part.strip();
            Matcher head = HEAD.matcher(sql);
            if (head.lookingAt()) {
                String[] names =
                        head.group(3) == null ? new String[0] : head.group(3).split(" \\| ");
                examples.add(new Example(
                        Unsupported.valueOf(head.group(1)), head.group(2) != null, names, sql.substring(head.end())));
            } else if (!sql.isEmpty()) {
                schema.add(sql);
            }
        }
    }
}
