CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DISTRIBUTED TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, country text, balance numeric, created timestamptz, active boolean, ref uuid, rank smallint) BY HASH (id);
CREATE REPLICATED TABLE countries (code text PRIMARY KEY, name text NOT NULL, area double precision);
CREATE REPLICATED TABLE products (id int PRIMARY KEY, name text NOT NULL, price numeric(10,2) NOT NULL, weight real);
CREATE DISTRIBUTED TABLE orders (customer_id bigint NOT NULL REFERENCES customers, id int NOT NULL, total numeric(12,2), status mood, placed timestamp, note text, tags text[], data jsonb, shipped date, PRIMARY KEY (customer_id, id)) BY HASH (customer_id);
CREATE DISTRIBUTED TABLE order_lines (customer_id bigint NOT NULL, order_id int NOT NULL, line int NOT NULL, product_id int REFERENCES products, qty int, price numeric, discount double precision, PRIMARY KEY (customer_id, order_id, line), FOREIGN KEY (customer_id, order_id) REFERENCES orders) BY HASH (customer_id);
CREATE DISTRIBUTED TABLE events (id uuid PRIMARY KEY, kind text, at timestamptz, payload bytea, span interval) BY HASH (id);
CREATE DISTRIBUTED TABLE notes (k text PRIMARY KEY, v text COLLATE "C", w text) BY HASH (k);
CREATE DISTRIBUTED TABLE sites (id bigint PRIMARY KEY, name text, place point, plan json) BY HASH (id);
CREATE TABLE settings (name text PRIMARY KEY, value text);
CREATE VIEW active_customers AS SELECT id, name, country FROM customers WHERE active;
CREATE VIEW order_totals AS SELECT customer_id, count(*) AS orders, sum(total) AS total FROM orders GROUP BY customer_id;
CREATE INDEX orders_status ON orders (status)
