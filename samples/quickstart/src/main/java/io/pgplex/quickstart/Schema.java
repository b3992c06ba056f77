package io.pgplex.quickstart;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The order-entry schema. A customer, its orders and their lines have the same distribution key, so that they lie on one
 * shard and join there; what all of them refer to is on every shard. Stateless.
 */
final class Schema {
    /** In the order in which foreign keys need them. */
    static final List<String> TABLES = List.of("countries", "products", "customers", "orders", "order_lines");

    /** Those whose rows are spread over the shards. */
    static final List<String> DISTRIBUTED = TABLES.subList(2, 5);

    static final List<String> STATEMENTS =
            List.of("""
            CREATE REPLICATED TABLE countries (
                country_code text PRIMARY KEY,
                name         text NOT NULL,
                region       text NOT NULL)""", """
            CREATE REPLICATED TABLE products (
                product_id integer PRIMARY KEY,
                name       text NOT NULL,
                category   text NOT NULL,
                price      numeric(10,2) NOT NULL)""", """
            CREATE DISTRIBUTED TABLE customers (
                customer_id  bigint PRIMARY KEY,
                name         text NOT NULL,
                country_code text NOT NULL REFERENCES countries,
                joined       date NOT NULL,
                credit       numeric(10,2) NOT NULL)
            BY HASH (customer_id)""", """
            CREATE DISTRIBUTED TABLE orders (
                customer_id bigint NOT NULL REFERENCES customers,
                order_id    bigint NOT NULL,
                placed_at   timestamp NOT NULL,
                status      text NOT NULL,
                PRIMARY KEY (customer_id, order_id))
            BY HASH (customer_id) COLOCATE WITH customers""", """
            CREATE DISTRIBUTED TABLE order_lines (
                customer_id bigint NOT NULL,
                order_id    bigint NOT NULL,
                line        integer NOT NULL,
                product_id  integer NOT NULL REFERENCES products,
                quantity    integer NOT NULL,
                price       numeric(10,2) NOT NULL,
                PRIMARY KEY (customer_id, order_id, line),
                FOREIGN KEY (customer_id, order_id) REFERENCES orders)
            BY HASH (customer_id) COLOCATE WITH customers""", "CREATE INDEX orders_placed_at ON orders (placed_at)");

    private static final Pattern KIND = Pattern.compile("CREATE (DISTRIBUTED|REPLICATED) TABLE");
    private static final Pattern BY_HASH = Pattern.compile("\\s+BY HASH \\(\\w+\\)( COLOCATE WITH \\w+)?$");

    private Schema() {}

    /** The same definition for a PostgreSQL that knows nothing of shards. */
    static String plain(String statement) {
        String plain = KIND.matcher(statement).replaceFirst("CREATE TABLE");
        return BY_HASH.matcher(plain).replaceFirst("");
    }

    /** Runs one definition on both databases. */
    static void create(String statement, Connection sharded, Connection plain) throws SQLException {
        execute(sharded, statement);
        execute(plain, plain(statement));
    }

    /** Runs ANALYZE for every table on both databases, so that servers plan with the sizes of the tables. */
    static void analyze(Connection sharded, Connection plain) throws SQLException {
        for (String table : TABLES) {
            execute(sharded, "ANALYZE " + table);
            execute(plain, "ANALYZE " + table);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
