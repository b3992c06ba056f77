package io.pgplex.quickstart;

import static io.pgplex.quickstart.Step.Question.ordered;
import static io.pgplex.quickstart.Step.Question.unordered;

import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.util.List;
import java.util.stream.Stream;

/** What the two databases are asked, in the order of the story. Stateless. */
final class Questions {
    private static final LocalDateTime MID_2025 = LocalDateTime.of(2025, 7, 1, 0, 0);
    private static final LocalDateTime SPRING_2024 = LocalDateTime.of(2024, 4, 1, 0, 0);

    private Questions() {}

    /** The whole story. */
    static List<Step> all() {
        return Stream.of(ofOneShard(), ofSeveralShards(), writes(), afterwards())
                .flatMap(List::stream)
                .toList();
    }

    /** Questions that one shard answers alone: the statement travels byte for byte. */
    static List<Step> ofOneShard() {
        return List.of(
                ordered(
                        "One customer by its key",
                        "SELECT customer_id, name, country_code, joined, credit FROM customers WHERE customer_id = ?",
                        17L),
                ordered("One customer's orders with their lines", """
                        SELECT o.order_id, o.placed_at, o.status, l.line, p.name AS product, l.quantity, l.price
                        FROM orders o
                        JOIN order_lines l ON l.customer_id = o.customer_id AND l.order_id = o.order_id
                        JOIN products p ON p.product_id = l.product_id
                        WHERE o.customer_id = ?
                        ORDER BY o.order_id, l.line""", 42L),
                ordered("Running total of one customer", """
                        SELECT order_id, line, quantity * price AS amount,
                               sum(quantity * price) OVER (ORDER BY order_id, line) AS running_total
                        FROM order_lines
                        WHERE customer_id = ?
                        ORDER BY order_id, line""", 42L),
                ordered(
                        "A replicated table alone: any shard will do",
                        "SELECT region, count(*), string_agg(name, ', ' ORDER BY name) AS countries"
                                + " FROM countries GROUP BY region ORDER BY region"));
    }

    /** Questions that several shards answer together. */
    static List<Step> ofSeveralShards() {
        return List.of(
                ordered(
                        "A list of keys: only the shards that hold them are asked",
                        "SELECT customer_id, name, credit FROM customers WHERE customer_id IN (?, ?, ?, ?, ?)"
                                + " ORDER BY customer_id",
                        3L,
                        17L,
                        29L,
                        42L,
                        71L),
                unordered(
                        "Keys in an OR with other conditions",
                        "SELECT customer_id, order_id, status FROM orders"
                                + " WHERE customer_id = ? AND status <> ? OR customer_id = ?",
                        5L,
                        "open",
                        8L),
                ordered(
                        "Aggregates over everything",
                        "SELECT count(*), sum(quantity), avg(price), min(price), max(quantity * price),"
                                + " count(*) FILTER (WHERE quantity > 5) AS bulk FROM order_lines"),
                ordered("Countries by turnover: GROUP BY, HAVING, ORDER BY, LIMIT", """
                        SELECT n.name AS country, count(*) AS lines, sum(l.quantity * l.price) AS turnover
                        FROM customers c
                        JOIN countries n ON n.country_code = c.country_code
                        JOIN order_lines l ON l.customer_id = c.customer_id
                        GROUP BY n.name
                        HAVING sum(l.quantity * l.price) > ?
                        ORDER BY turnover DESC, n.name
                        LIMIT 5""", new BigDecimal("1000.00")),
                ordered("Best-selling products, through a join with a replicated table", """
                        SELECT p.product_id, p.name, p.category, sum(l.quantity) AS sold, avg(l.price) AS average_price
                        FROM order_lines l
                        JOIN products p ON p.product_id = l.product_id
                        GROUP BY p.product_id, p.name, p.category
                        ORDER BY sold DESC, p.product_id
                        LIMIT 10"""),
                ordered("Best customers: the key is in GROUP BY, so each shard's groups are final", """
                        SELECT c.customer_id, c.name, sum(l.quantity * l.price) AS spent
                        FROM customers c
                        JOIN order_lines l ON l.customer_id = c.customer_id
                        GROUP BY c.customer_id, c.name
                        ORDER BY spent DESC, c.customer_id
                        LIMIT 5"""),
                ordered(
                        "Names without duplicates, in the server's order",
                        "SELECT DISTINCT name FROM customers WHERE country_code IN ('CH', 'NP') ORDER BY name LIMIT 12"),
                ordered("Each customer's largest order: a window per customer", """
                        SELECT customer_id, order_id, amount
                        FROM (SELECT customer_id, order_id, sum(quantity * price) AS amount,
                                     rank() OVER (PARTITION BY customer_id
                                                  ORDER BY sum(quantity * price) DESC, order_id) AS place
                              FROM order_lines
                              GROUP BY customer_id, order_id) AS ranked
                        WHERE place = 1
                        ORDER BY amount DESC, customer_id
                        LIMIT 8"""),
                ordered("Customers with a returned order (EXISTS)", """
                        SELECT c.customer_id, c.name
                        FROM customers c
                        WHERE EXISTS (SELECT FROM orders o
                                      WHERE o.customer_id = c.customer_id AND o.status = 'returned' AND o.placed_at >= ?)
                        ORDER BY c.customer_id
                        LIMIT 5""", MID_2025),
                ordered("Customers without any order (NOT EXISTS)", """
                        SELECT c.country_code, count(*) AS idle
                        FROM customers c
                        WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.customer_id)
                        GROUP BY c.country_code
                        ORDER BY idle DESC, c.country_code
                        LIMIT 5"""),
                ordered("Customers without any order (LEFT JOIN)", """
                        SELECT count(*), max(c.credit) AS highest_credit
                        FROM customers c
                        LEFT JOIN orders o ON o.customer_id = c.customer_id
                        WHERE o.order_id IS NULL"""),
                ordered("Turnover by quarter", """
                        SELECT date_trunc('quarter', o.placed_at) AS quarter, count(DISTINCT o.status) AS statuses,
                               sum(l.quantity * l.price) AS turnover, avg(l.quantity) AS average_quantity
                        FROM orders o
                        JOIN order_lines l ON l.customer_id = o.customer_id AND l.order_id = o.order_id
                        GROUP BY 1
                        ORDER BY 1"""),
                ordered("Customers by credit", """
                        SELECT CASE WHEN credit < 100 THEN 'low' WHEN credit < 700 THEN 'middle' ELSE 'high' END AS band,
                               count(*), min(joined) AS first_joined, bool_or(country_code = 'NP') AS any_in_nepal
                        FROM customers
                        GROUP BY band
                        ORDER BY band"""),
                ordered("Orders by size, through a common table expression", """
                        WITH totals AS (
                            SELECT customer_id, order_id, sum(quantity * price) AS total
                            FROM order_lines
                            GROUP BY customer_id, order_id)
                        SELECT width_bucket(total, 0, 5000, 5) AS bucket, count(*), avg(total) AS average
                        FROM totals
                        GROUP BY bucket
                        ORDER BY bucket"""),
                ordered(
                        "The third page of a list",
                        "SELECT joined, customer_id, name FROM customers ORDER BY joined DESC, customer_id LIMIT ? OFFSET ?",
                        5,
                        10),
                unordered(
                        "A search by text",
                        "SELECT customer_id, name FROM customers WHERE name ILIKE ? AND joined >= DATE '2023-06-01'",
                        "%zoë%ødeg%"));
    }

    /** Writes on one shard and on several. */
    static List<Step> writes() {
        return List.of(
                new Step.Transaction(
                        "A new order with its lines: one shard, a plain COMMIT",
                        List.of(
                                ordered(
                                        "",
                                        "INSERT INTO orders (customer_id, order_id, placed_at, status)"
                                                + " VALUES (17, 1790, TIMESTAMP '2026-01-02 10:00', 'open') RETURNING *"),
                                ordered("", """
                                        INSERT INTO order_lines (customer_id, order_id, line, product_id, quantity, price)
                                        VALUES (17, 1790, 1, 7, 2, 12.50), (17, 1790, 2, 11, 1, 99.00)
                                        RETURNING line, quantity * price AS amount""")),
                        Step.End.COMMIT),
                new Step.Transaction(
                        "Orders of several customers in one INSERT", List.of(ordered("", """
                                INSERT INTO orders (customer_id, order_id, placed_at, status)
                                VALUES (1, 190, TIMESTAMP '2026-01-02 11:00', 'open'),
                                       (2, 290, TIMESTAMP '2026-01-02 11:05', 'open'),
                                       (3, 390, TIMESTAMP '2026-01-02 11:10', 'paid'),
                                       (4, 490, TIMESTAMP '2026-01-02 11:15', 'open'),
                                       (42, 4290, TIMESTAMP '2026-01-02 11:20', 'paid')
                                RETURNING order_id, customer_id, status""")), Step.End.COMMIT),
                unordered(
                        "An UPDATE of every shard, all or nothing",
                        "UPDATE orders SET status = 'archived' WHERE status = 'closed' AND placed_at < ?",
                        SPRING_2024),
                unordered(
                        "An UPDATE of a replicated table: every copy gets the same value",
                        "UPDATE products SET price = round(price * 1.05, 2) WHERE category = ?",
                        "garden"),
                new Step.Transaction("Credit goes from one shard to another", transfer(), Step.End.COMMIT),
                new Step.Transaction("The same again, but rolled back", transfer(), Step.End.ROLLBACK),
                ordered(
                        "What the two transactions left",
                        "SELECT customer_id, credit FROM customers WHERE customer_id IN (?, ?) ORDER BY customer_id",
                        17L,
                        42L),
                unordered("An upsert", """
                        INSERT INTO customers (customer_id, name, country_code, joined, credit)
                        VALUES (71, 'New Name', 'NP', DATE '2026-01-02', 0)
                        ON CONFLICT (customer_id) DO UPDATE SET name = excluded.name
                        RETURNING customer_id, name, country_code"""));
    }

    private static List<Step.Question> transfer() {
        return List.of(
                ordered(
                        "",
                        "UPDATE customers SET credit = credit - ? WHERE customer_id = ? RETURNING customer_id, credit",
                        new BigDecimal("5.00"),
                        17L),
                ordered(
                        "",
                        "UPDATE customers SET credit = credit + ? WHERE customer_id = ? RETURNING customer_id, credit",
                        new BigDecimal("5.00"),
                        42L));
    }

    /** A sum over every table, which shows whether the writes above left the same rows. */
    static List<Step> afterwards() {
        return List.of(
                ordered("All customers", "SELECT count(*), sum(credit), min(name), max(name) FROM customers"),
                ordered(
                        "All orders",
                        "SELECT status, count(*), max(placed_at) AS latest FROM orders GROUP BY status ORDER BY status"),
                ordered("All lines", "SELECT count(*), sum(quantity), sum(price) FROM order_lines"),
                ordered(
                        "All products",
                        "SELECT category, sum(price) FROM products GROUP BY category ORDER BY category"));
    }
}
