package io.pgplex.jdbc.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.PostgresServer;
import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLXML;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Calendar;
import java.util.List;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.PGConnection;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.util.PGobject;

/** The JDBC surface over one server answers as pgjdbc does on that server: values, counts, metadata, SQLStates. */
class PgjdbcParityIT {
    private static final String DATABASE = "postgres";

    private static PostgresServer server;

    /** Something that an application does. */
    interface Action {
        Object on(Connection connection) throws Exception;
    }

    @BeforeAll
    static void start() {
        server = PostgresServer.start("parity");
        server.execute(
                DATABASE,
                "CREATE SCHEMA d",
                "CREATE TYPE d.mood AS ENUM ('calm', 'cross')",
                "CREATE TABLE d.t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, m d.mood, n numeric(9, 2))",
                "INSERT INTO d.t (name) VALUES ('first')",
                "CREATE FUNCTION d.add(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT a + b'",
                "CREATE FUNCTION d.outs(a int, OUT b int, OUT c text) LANGUAGE sql AS $$SELECT a * 2, 'x' || a$$",
                "CREATE FUNCTION d.three() RETURNS SETOF int LANGUAGE sql AS 'SELECT generate_series(1, 3)'",
                "CREATE PROCEDURE d.next(INOUT a int) LANGUAGE plpgsql AS "
                        + "$$BEGIN a := a + 1; RAISE WARNING 'careful'; END$$");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"values", "calls", "results", "descriptions", "mistakes", "databaseMetaData"})
    void answersAsPgjdbcDoes(String what, Action action) throws Exception {
        String expected;
        try (Connection bare = server.connect(DATABASE)) {
            expected = outcome(action, bare);
        }
        PgConnection physical = server.connect(DATABASE).unwrap(PgConnection.class);
        try (Connection logical = FakeSession.connectionOver(new SingleServerSession(physical))) {
            assertThat(outcome(action, logical)).isEqualTo(expected);
        }
    }

    static Stream<Arguments> values() {
        return Stream.of(
                action("typed setters", c -> {
                    PreparedStatement s = c.prepareStatement("SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?");
                    s.setObject(1, LocalDate.of(2020, 1, 2));
                    s.setObject(2, OffsetDateTime.parse("2020-01-02T03:04:05Z"));
                    s.setBigDecimal(3, new BigDecimal("1.50"));
                    s.setObject(4, new UUID(1, 2));
                    s.setObject(5, 'c');
                    s.setTimestamp(6, new Timestamp(0), Calendar.getInstance(TimeZone.getTimeZone("UTC")));
                    s.setDate(7, Date.valueOf("2020-01-02"));
                    s.setTime(8, Time.valueOf("01:02:03"));
                    s.setObject(9, "5", Types.BIGINT);
                    s.setObject(10, 1.25, Types.NUMERIC, 1);
                    return s.executeQuery();
                }),
                action("streams", c -> {
                    PreparedStatement s = c.prepareStatement("SELECT ?, ?, ?, ?::text, ?::bytea");
                    s.setBinaryStream(1, new ByteArrayInputStream(new byte[] {1, 2}), 2);
                    s.setCharacterStream(2, new StringReader("şğ"), 2);
                    s.setAsciiStream(3, new ByteArrayInputStream("abc".getBytes(StandardCharsets.UTF_8)), 3);
                    s.setCharacterStream(4, new StringReader("long"));
                    s.setBinaryStream(5, new ByteArrayInputStream(new byte[] {7}));
                    return s.executeQuery();
                }),
                action("stream shorter than said", c -> {
                    PreparedStatement s = c.prepareStatement("SELECT ?");
                    s.setBinaryStream(1, new ByteArrayInputStream(new byte[] {1, 2}), 5);
                    return s.executeQuery();
                }),
                action("XML freed before execution", c -> {
                    PreparedStatement s = c.prepareStatement("SELECT ?::text");
                    SQLXML xml = c.createSQLXML();
                    xml.setString("<a/>");
                    s.setSQLXML(1, xml);
                    xml.free();
                    return s.executeQuery();
                }),
                action("PGobject changed before execution", c -> {
                    PGobject object = new PGobject();
                    object.setType("jsonb");
                    object.setValue("{}");
                    PreparedStatement s = c.prepareStatement("SELECT ?");
                    s.setObject(1, object);
                    object.setValue("[]");
                    return s.executeQuery();
                }),
                action("arrays as parameters", c -> {
                    PreparedStatement s = c.prepareStatement("SELECT ?::text, ?::text, ?::text, ?::text, ?::int[]");
                    s.setArray(1, c.createArrayOf("int4", new Integer[] {1, null, 3}));
                    s.setArray(2, c.createArrayOf("d.mood", new String[] {"calm", "cross"}));
                    s.setArray(3, c.createArrayOf("text", new String[][] {{"a", "b,c"}, {"\"", null}}));
                    s.setObject(4, new int[] {1, 2});
                    s.setArray(5, c.unwrap(PGConnection.class).createArrayOf("int4", (Object) null));
                    return s.executeQuery();
                }),
                action("an array read", c -> {
                    java.sql.Array a = c.createArrayOf("integer", new Object[] {1, 2, 3});
                    return List.of(
                            a.getBaseTypeName(),
                            a.getBaseType(),
                            shown(a.getArray()),
                            shown(a.getArray(2, 1)),
                            shown(a.getResultSet()),
                            a.toString());
                }),
                action("an array of a result as a parameter", c -> {
                    ResultSet rows = c.createStatement().executeQuery("SELECT array[1, 2]");
                    rows.next();
                    PreparedStatement s = c.prepareStatement("SELECT ?");
                    s.setArray(1, rows.getArray(1));
                    return s.executeQuery();
                }));
    }

    static Stream<Arguments> calls() {
        return Stream.of(
                action("a function's value", c -> {
                    CallableStatement s = add(c);
                    return List.of(s.execute(), s.getInt(1), s.getObject(1), s.wasNull(), s.getUpdateCount());
                }),
                action("executeUpdate of a function", c -> {
                    CallableStatement s = add(c);
                    return List.of(s.executeUpdate(), s.getInt(1));
                }),
                action("a getter of another type", c -> {
                    CallableStatement s = add(c);
                    s.execute();
                    return s.getString(1);
                }),
                action("out parameters", c -> {
                    CallableStatement s = c.prepareCall("{call d.outs(?, ?, ?)}");
                    s.setInt(1, 5);
                    s.registerOutParameter(2, Types.INTEGER);
                    s.registerOutParameter(3, Types.VARCHAR);
                    s.execute();
                    return List.of(s.getInt(2), s.getString(3));
                }),
                action("rows of a function", c -> c.prepareCall("{call d.three()}")
                        .executeQuery()),
                action("a procedure and its warning", c -> {
                    CallableStatement s = c.prepareCall("call d.next(?)");
                    s.setInt(1, 5);
                    s.execute();
                    return List.of(s.getWarnings().getMessage(), shown(s.getResultSet()));
                }),
                action("a parameter missing", c -> {
                    CallableStatement s = c.prepareCall("{? = call d.add(?, ?)}");
                    s.registerOutParameter(1, Types.INTEGER);
                    s.setInt(2, 3);
                    return s.execute();
                }),
                action("a getter before execution", c -> add(c).getInt(1)),
                action("wasNull before execution", c -> add(c).wasNull()));
    }

    private static CallableStatement add(Connection connection) throws SQLException {
        CallableStatement statement = connection.prepareCall("{? = call d.add(?, ?)}");
        statement.registerOutParameter(1, Types.INTEGER);
        statement.setInt(2, 3);
        statement.setInt(3, 4);
        return statement;
    }

    static Stream<Arguments> results() {
        return Stream.of(
                action("generated keys", c -> {
                    PreparedStatement s =
                            c.prepareStatement("INSERT INTO d.t (name) VALUES (?)", new String[] {"name"});
                    s.setString(1, "ada");
                    return List.of(s.executeUpdate(), shown(s.getGeneratedKeys()), s.getUpdateCount());
                }),
                action("no generated keys", c -> {
                    Statement s = c.createStatement();
                    s.execute("SELECT 1");
                    return s.getGeneratedKeys();
                }),
                action("several results", c -> {
                    Statement s = c.createStatement();
                    return List.of(
                            s.execute("SELECT 1; SELECT 2; UPDATE d.t SET name = 'q' WHERE false"),
                            shown(s.getResultSet()),
                            s.getMoreResults(),
                            shown(s.getResultSet()),
                            s.getMoreResults(),
                            s.getUpdateCount(),
                            s.getMoreResults(),
                            s.getUpdateCount());
                }),
                action("a scrollable result", c -> {
                    ResultSet rows = c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY)
                            .executeQuery("SELECT generate_series(1, 5)");
                    return List.of(rows.last(), rows.getRow(), rows.absolute(2), rows.getInt(1), rows.previous());
                }),
                action("an updatable result", c -> {
                    ResultSet rows = c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE)
                            .executeQuery("SELECT id, name FROM d.t WHERE id = 1");
                    rows.next();
                    rows.updateString(2, "updated");
                    rows.updateRow();
                    return rows.getString(2);
                }),
                action("closing on completion", c -> {
                    Statement s = c.createStatement();
                    s.closeOnCompletion();
                    s.executeQuery("SELECT 1").close();
                    return s.isClosed();
                }),
                action("the application's name", c -> {
                    c.setClientInfo("ApplicationName", "it's \\ me");
                    return c.getClientInfo("ApplicationName");
                }),
                action("native SQL", c -> c.nativeSQL("SELECT {d '2020-01-01'}, {fn ucase('x')}")),
                action("a literal escaped", c -> c.unwrap(PGConnection.class).escapeLiteral("a'b\\c")));
    }

    static Stream<Arguments> descriptions() {
        return Stream.of(
                action("columns before execution", c -> {
                    ResultSetMetaData columns = c.prepareStatement(
                                    "SELECT id, name, m, n AS price FROM d.t WHERE id = ?")
                            .getMetaData();
                    TreeMap<String, Object> answers = new TreeMap<>();
                    for (Method method : ResultSetMetaData.class.getMethods()) {
                        for (int i = 1; method.getParameterCount() == 1 && i <= columns.getColumnCount(); i++) {
                            if (method.getParameterTypes()[0] == int.class) {
                                answers.put(method.getName() + i, String.valueOf(method.invoke(columns, i)));
                            }
                        }
                    }
                    return answers;
                }),
                action("no columns", c -> c.prepareStatement("DELETE FROM d.t").getMetaData()),
                action(
                        "a column that is not there",
                        c -> c.prepareStatement("SELECT 1").getMetaData().getColumnName(2)),
                action("parameters", c -> {
                    ParameterMetaData parameters = c.prepareStatement("SELECT 1 FROM d.t WHERE id = ? AND m = ?")
                            .getParameterMetaData();
                    List<Object> answers = new ArrayList<>();
                    for (int i = 1; i <= parameters.getParameterCount(); i++) {
                        answers.add(parameters.getParameterTypeName(i)
                                + parameters.getParameterClassName(i)
                                + parameters.getParameterType(i)
                                + parameters.getParameterMode(i));
                    }
                    return answers;
                }));
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                action("an unknown table", c -> c.createStatement().executeQuery("SELECT * FROM nowhere")),
                action("an unknown array type", c -> c.createArrayOf("nothing", new Object[] {1})),
                action("a type that cannot be inferred", c -> {
                    PreparedStatement s = c.prepareStatement("SELECT ?");
                    s.setObject(1, List.of(1));
                    return s.executeQuery();
                }),
                action("a value of the wrong type", c -> {
                    PreparedStatement s = c.prepareStatement("SELECT ?");
                    s.setObject(1, "x", Types.INTEGER);
                    return s.executeQuery();
                }),
                action("no value", c -> c.prepareStatement("SELECT ?").executeQuery()),
                action("a query without rows", c -> c.createStatement().executeQuery("SET x.y = 1")),
                action("an update with rows", c -> c.createStatement().executeUpdate("SELECT 1")),
                action("rows of a closed statement", c -> {
                    Statement s = c.createStatement();
                    ResultSet rows = s.executeQuery("SELECT 1");
                    s.close();
                    return rows.next();
                }),
                action("the statement of closed rows", c -> {
                    ResultSet rows = c.createStatement().executeQuery("SELECT 1");
                    rows.close();
                    return rows.getStatement();
                }),
                action("keys by a flag that is none", c -> c.createStatement().execute("SELECT 1", 7)),
                action("a statement of a closed connection", c -> {
                    Statement s = c.createStatement();
                    c.close();
                    return s.executeQuery("SELECT 1");
                }));
    }

    static Stream<Arguments> databaseMetaData() {
        List<String> ownOrVarying = List.of("getConnection", "getURL", "getUserName", "getSchemas");
        Stream<Arguments> simple = Arrays.stream(DatabaseMetaData.class.getMethods())
                .filter(method -> method.getParameterCount() == 0)
                .filter(method -> !ownOrVarying.contains(method.getName()))
                .filter(method -> !method.getName().startsWith("getDriver"))
                .map(method -> action(method.getName(), c -> method.invoke(c.getMetaData())));
        return Stream.concat(
                simple,
                Stream.of(
                        action("tables", c -> c.getMetaData().getTables(null, "d", "%", null)),
                        action("columns", c -> c.getMetaData().getColumns(null, "d", "t", "%")),
                        action("primary keys", c -> c.getMetaData().getPrimaryKeys(null, "d", "t")),
                        action("procedures", c -> c.getMetaData().getProcedures(null, "d", "%"))));
    }

    private static Arguments action(String what, Action action) {
        return Arguments.of(what, action);
    }

    /** The answer as text; for an error its SQLState and type, since pgjdbc translates its messages. */
    private static String outcome(Action action, Connection connection) throws Exception {
        try {
            return shown(action.on(connection));
        } catch (SQLException failure) {
            return failure.getSQLState() + " " + failure.getClass().getName();
        } catch (InvocationTargetException failure) {
            return failure.getCause().getClass().getName();
        }
    }

    private static String shown(Object answer) throws SQLException {
        if (answer instanceof ResultSet rows) {
            return rowsShown(rows);
        } else if (answer instanceof Object[] array) {
            return Arrays.deepToString(array);
        }
        return String.valueOf(answer);
    }

    private static String rowsShown(ResultSet rows) throws SQLException {
        StringBuilder text = new StringBuilder();
        ResultSetMetaData columns = rows.getMetaData();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            text.append(columns.getColumnName(i))
                    .append(' ')
                    .append(columns.getColumnTypeName(i))
                    .append('|');
        }
        while (rows.next()) {
            text.append('\n');
            for (int i = 1; i <= columns.getColumnCount(); i++) {
                text.append(rows.getString(i)).append('|');
            }
        }
        return text.toString();
    }
}
