package io.pgplex.jdbc.differential;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;

/**
 * The same rows for every database: NULLs, duplicates, non-ASCII and mixed-case text, numerics of many scales, special
 * floating point numbers and times, arrays, jsonb.
 */
final class SampleRows {

    private static final String[] NAMES = {
        "Anna",
        "anna",
        "Zoë",
        "Zoe",
        "Ångström",
        "Änne",
        "Bob",
        "bob",
        "Çelik",
        "émile",
        "Emile",
        "ß",
        "ss",
        "Øre",
        "zeta",
        "Zeta",
        "a b",
        "ab",
        "a-b",
        "_x"
    };
    private static final String[] COUNTRIES = {"DE", "FR", "de", "TR", null, "ÅL", "US", "us"};
    private static final String[] BALANCES = {
        "1", "1.0", "1.00", "10.50", "-3.25", "0", "0.000", "1e10", "123456789.987654321", null, "NaN", "2", "10.5"
    };
    private static final String[] TIMES = {
        "2024-01-01 00:00:00+00",
        "2024-06-01 12:30:00.123456+05:45",
        "infinity",
        "-infinity",
        "2024-12-31 23:59:59.9+00",
        null,
        "0044-03-15 12:00:00+00 BC",
        "2024-06-01 12:30:00+00"
    };
    private static final String[] MOODS = {"sad", "ok", "happy", null};
    private static final String[] NOTES = {"alpha", "Beta", "beta", "Äpfel", "", null, "a;b", "it's", "gamma ray"};
    private static final String[] DISCOUNTS = {
        "0", "-0", "NaN", "Infinity", "-Infinity", "0.1", "1e-7", "123456.789", null
    };

    private final Random random = new Random(20261121);

    void load(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "INSERT INTO countries VALUES ('DE', 'Deutschland', 357022), ('FR', 'France', 643801),"
                            + " ('TR', 'Türkiye', 783562), ('US', 'United States', 9833517), ('ÅL', 'Åland', 1580), ('XX', 'Nowhere', NULL)");
            statement.execute("INSERT INTO products VALUES (1, 'nail', 0.05, 0.01), (2, 'hammer', 12.00, 1.5),"
                    + " (3, 'Säge', 19.90, 0.8), (4, 'glue', 3.50, NULL), (5, 'never sold', 1.00, 2)");
            statement.execute(
                    "INSERT INTO sites VALUES (1, 'alpha', '(1,2)', '{\"x\": 1}'), (2, 'Beta', '(0.1,-3)', '[1, 2]'),"
                            + " (3, 'beta', NULL, '{\"x\":  [1.0]}'), (4, 'alpha', '(1,2)', NULL), (5, NULL, '(7,7)', '\"é\"')");
            statement.execute("INSERT INTO settings VALUES ('theme', 'dark'), ('size', NULL), ('Lang', 'tr')");
        }
        customers(connection);
        orders(connection);
        events(connection);
        notes(connection);
    }

    private <T> T one(T[] values) {
        return values[random.nextInt(values.length)];
    }

    private void customers(Connection connection) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO customers VALUES (?, ?, ?, ?::numeric, ?::timestamptz, ?, ?::uuid, ?)")) {
            for (int id = 1; id <= 40; id++) {
                insert.setLong(1, id);
                insert.setString(2, one(NAMES));
                insert.setString(3, one(COUNTRIES));
                insert.setString(4, one(BALANCES));
                insert.setString(5, one(TIMES));
                insert.setObject(6, id % 5 == 0 ? null : id % 3 == 0, java.sql.Types.BOOLEAN);
                insert.setString(7, id % 7 == 0 ? null : uuid(id % 2 == 0 ? id : -id));
                insert.setShort(8, (short) (id % 11 - 3));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private static String uuid(int number) {
        return new java.util.UUID(number < 0 ? -1L : 0L, number).toString();
    }

    private void orders(Connection connection) throws SQLException {
        try (PreparedStatement order = connection.prepareStatement(
                        "INSERT INTO orders VALUES (?, ?, ?::numeric, ?::mood, ?::timestamp, ?, ?::text[], ?::jsonb, ?::date)");
                PreparedStatement line = connection.prepareStatement(
                        "INSERT INTO order_lines VALUES (?, ?, ?, ?, ?, ?::numeric, ?::float8)")) {
            for (int customer = 1; customer <= 40; customer++) {
                int orders = customer % 6 == 0 ? 0 : random.nextInt(5);
                for (int id = 1; id <= orders; id++) {
                    order.setLong(1, customer);
                    order.setInt(2, id);
                    order.setString(3, random.nextInt(9) == 0 ? null : random.nextInt(10000) / 100.0 + "");
                    order.setString(4, one(MOODS));
                    order.setString(5, "202" + random.nextInt(5) + "-0" + (1 + random.nextInt(9)) + "-15 10:00:00");
                    order.setString(6, one(NOTES));
                    order.setString(7, random.nextInt(4) == 0 ? null : "{red,\"gr\\\"ün\",NULL,blue}");
                    order.setString(8, "{\"x\": " + random.nextInt(3) + ", \"y\": [1, null]}");
                    order.setString(
                            9,
                            random.nextInt(5) == 0
                                    ? null
                                    : "202" + random.nextInt(5) + "-03-0" + (1 + random.nextInt(9)));
                    order.addBatch();
                    for (int number = 1; number <= 1 + random.nextInt(3); number++) {
                        line.setLong(1, customer);
                        line.setInt(2, id);
                        line.setInt(3, number);
                        line.setInt(4, 1 + random.nextInt(4));
                        line.setInt(5, 1 + random.nextInt(9));
                        line.setString(6, random.nextInt(2000) / 100.0 + (random.nextBoolean() ? "0" : ""));
                        line.setString(7, one(DISCOUNTS));
                        line.addBatch();
                    }
                }
            }
            order.executeBatch();
            line.executeBatch();
        }
    }

    private void events(Connection connection) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO events VALUES (?::uuid, ?, ?::timestamptz, ?, ?::interval)")) {
            for (int i = 1; i <= 25; i++) {
                insert.setString(1, uuid(i));
                insert.setString(2, one(NOTES));
                insert.setString(3, one(TIMES));
                insert.setBytes(4, i % 6 == 0 ? null : new byte[] {(byte) (i * 37), (byte) -i});
                insert.setString(5, i % 4 + " days " + i % 7 + " hours");
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private void notes(Connection connection) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO notes VALUES (?, ?, ?)")) {
            for (String key :
                    new String[] {"alpha", "Alpha", "", "beta", "Öl", "öl", "zz", "Zz", "a b", "ab", "日本", "alpha   "
                    }) {
                insert.setString(1, key);
                insert.setString(2, one(NAMES));
                insert.setString(3, one(NAMES));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }
}
