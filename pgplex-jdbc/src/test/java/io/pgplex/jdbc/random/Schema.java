package io.pgplex.jdbc.random;

import static io.pgplex.jdbc.random.SqlType.BIGINT;
import static io.pgplex.jdbc.random.SqlType.BOOL;
import static io.pgplex.jdbc.random.SqlType.BYTEA;
import static io.pgplex.jdbc.random.SqlType.DATE;
import static io.pgplex.jdbc.random.SqlType.FLOAT;
import static io.pgplex.jdbc.random.SqlType.INT;
import static io.pgplex.jdbc.random.SqlType.INTERVAL;
import static io.pgplex.jdbc.random.SqlType.INTS;
import static io.pgplex.jdbc.random.SqlType.JSONB;
import static io.pgplex.jdbc.random.SqlType.MOOD;
import static io.pgplex.jdbc.random.SqlType.NUMERIC;
import static io.pgplex.jdbc.random.SqlType.TEXT;
import static io.pgplex.jdbc.random.SqlType.TEXTS;
import static io.pgplex.jdbc.random.SqlType.TIMESTAMP;
import static io.pgplex.jdbc.random.SqlType.TIMESTAMPTZ;
import static io.pgplex.jdbc.random.SqlType.UUID;

import io.pgplex.jdbc.random.Table.Column;
import io.pgplex.jdbc.random.Table.Content;
import io.pgplex.jdbc.random.Table.Definition;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The tables that the statements are about, and their rows. Keys of several types, of which the integers are colocated; tables
 * without a primary key, with duplicates; the same words under several collations; few different values, so that joins meet.
 */
final class Schema {

    private static final int ACCOUNTS = 25;

    /** All tables and views, those that others need first. */
    static final List<Table> TABLES = List.of(
            new Table(
                    "accounts",
                    Definition.distributed("id"),
                    List.of(
                            new Column("id", BIGINT, Content.SERIAL),
                            new Column("name", TEXT),
                            new Column("code", TEXT, Collation.C),
                            new Column("city", TEXT, Collation.ROOT),
                            new Column("balance", NUMERIC),
                            new Column("opened", TIMESTAMPTZ),
                            new Column("active", BOOL),
                            new Column("ref", UUID),
                            new Column("level", INT),
                            new Column("mood", MOOD),
                            new Column("tags", TEXTS)),
                    List.of("id"),
                    ACCOUNTS),
            new Table(
                    "entries",
                    Definition.distributed("account"),
                    List.of(
                            new Column("account", BIGINT, Content.ACCOUNT),
                            new Column("no", INT, Content.WITHIN_ACCOUNT),
                            new Column("amount", NUMERIC, "numeric(12,4)"),
                            new Column("rate", FLOAT),
                            new Column("at", TIMESTAMP),
                            new Column("day", DATE),
                            new Column("note", TEXT),
                            new Column("kind", TEXT, "varchar(12)", Collation.ENGLISH, Content.SAMPLES),
                            new Column("data", JSONB)),
                    List.of("account", "no"),
                    60),
            new Table(
                    "logs",
                    Definition.distributed("account"),
                    List.of(
                            new Column("account", INT, Content.ACCOUNT),
                            new Column("level", INT, "smallint"),
                            new Column("message", TEXT),
                            new Column("\"Größe\"", NUMERIC, "numeric(10,2)"),
                            new Column("at", TIMESTAMPTZ)),
                    List.of(),
                    40),
            new Table(
                    "parts",
                    Definition.distributed("sku"),
                    List.of(
                            new Column("sku", TEXT, Collation.DEFAULT),
                            new Column("owner", BIGINT, Content.ACCOUNT),
                            new Column("weight", NUMERIC),
                            new Column("made", DATE),
                            new Column("span", INTERVAL),
                            new Column("blob", BYTEA),
                            new Column("label", TEXT, Collation.C)),
                    List.of(),
                    30),
            new Table(
                    "devices",
                    Definition.distributed("id"),
                    List.of(
                            new Column("id", UUID, Content.SERIAL),
                            new Column("account", BIGINT, Content.ACCOUNT),
                            new Column("name", TEXT, Collation.C),
                            new Column("\"Seen\"", TIMESTAMPTZ),
                            new Column("ok", BOOL),
                            new Column("nums", INTS)),
                    List.of("id"),
                    20),
            new Table(
                    "prices",
                    Definition.distributed("price"),
                    List.of(
                            new Column("price", NUMERIC, "numeric", Collation.DEFAULT, Content.SKEWED),
                            new Column("sku", TEXT, Collation.C),
                            new Column("note", TEXT, Collation.ROOT),
                            new Column("n", INT)),
                    List.of(),
                    30),
            new Table(
                    "days",
                    Definition.distributed("day"),
                    List.of(
                            new Column("day", DATE),
                            new Column("mood", MOOD),
                            new Column("note", TEXT),
                            new Column("rate", FLOAT)),
                    List.of(),
                    20),
            new Table(
                    "regions",
                    Definition.replicated(),
                    List.of(
                            new Column("id", INT, Content.SERIAL),
                            new Column("city", TEXT, Collation.ROOT),
                            new Column("name", TEXT),
                            new Column("area", FLOAT)),
                    List.of("id"),
                    12),
            new Table(
                    "levels",
                    Definition.replicated(),
                    List.of(
                            new Column("level", INT),
                            new Column("label", TEXT, Collation.C),
                            new Column("low", NUMERIC)),
                    List.of(),
                    8),
            new Table(
                    "settings",
                    Definition.local(),
                    List.of(
                            new Column("id", INT, Content.SERIAL),
                            new Column("name", TEXT),
                            new Column("value", TEXT, Collation.ENGLISH),
                            new Column("number", NUMERIC),
                            new Column("flags", INTS)),
                    List.of("id"),
                    10),
            new Table(
                    "active_accounts",
                    Definition.view(" AS SELECT id, name, city, balance FROM accounts WHERE active"),
                    List.of(
                            new Column("id", BIGINT),
                            new Column("name", TEXT),
                            new Column("city", TEXT, Collation.ROOT),
                            new Column("balance", NUMERIC)),
                    List.of(),
                    10),
            new Table(
                    "entry_totals",
                    Definition.view(" AS SELECT account, count(*) AS entries, sum(amount) AS total, max(note) AS last"
                            + " FROM entries GROUP BY account"),
                    List.of(
                            new Column("account", BIGINT),
                            new Column("entries", BIGINT),
                            new Column("total", NUMERIC),
                            new Column("last", TEXT)),
                    List.of(),
                    20),
            new Table(
                    "region_names",
                    Definition.view(
                            " AS SELECT a.id, r.name, r.area FROM accounts a LEFT JOIN regions r ON r.city = a.city"),
                    List.of(new Column("id", BIGINT), new Column("name", TEXT), new Column("area", FLOAT)),
                    List.of(),
                    40));

    private Schema() {}

    /** The tables that may be written. */
    static List<Table> tables() {
        return TABLES.stream().filter(table -> !table.isView()).toList();
    }

    /** Defines the tables and fills them: the same rows for the same seed. */
    static void load(Connection connection, boolean plain, boolean backwards, long seed) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')");
            for (Table table : TABLES) {
                statement.execute(plain ? table.plainDefinition() : table.pgplexDefinition());
            }
        }
        Dice dice = new Dice(seed);
        for (Table table : tables()) {
            List<List<@Nullable String>> rows = rows(table, dice);
            if (backwards) {
                Collections.reverse(rows);
            }
            insert(connection, table, rows);
        }
    }

    private static void insert(Connection connection, Table table, List<List<@Nullable String>> rows)
            throws SQLException {
        String values = table.columns().stream()
                .map(column -> "?::" + column.declared())
                .collect(Collectors.joining(", "));
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO " + table.name() + " VALUES (" + values + ")")) {
            for (List<@Nullable String> row : rows) {
                for (int i = 0; i < row.size(); i++) {
                    insert.setString(i + 1, row.get(i));
                }
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private static List<List<@Nullable String>> rows(Table table, Dice dice) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        int[] ofAccount = new int[ACCOUNTS + 2];
        for (int number = 1; number <= table.rows(); number++) {
            int account = dice.chance(0.3) ? dice.between(2, 3) : dice.between(1, ACCOUNTS + 1);
            ofAccount[account]++;
            List<@Nullable String> row = new ArrayList<>();
            for (Column column : table.columns()) {
                row.add(value(column, number, account, ofAccount[account], dice));
            }
            rows.add(row);
            if (table.key().isEmpty() && dice.chance(0.15)) {
                rows.add(row);
            }
        }
        return rows;
    }

    private static @Nullable String value(Column column, int number, int account, int within, Dice dice) {
        List<String> samples = column.type().samples;
        return switch (column.content()) {
            case SERIAL -> column.type() == UUID ? new java.util.UUID(number % 3 - 1, number).toString() : "" + number;
            case WITHIN_ACCOUNT -> "" + within;
            case ACCOUNT -> "" + account;
            case SAMPLES -> dice.chance(0.15) ? null : dice.one(samples);
            case SKEWED -> dice.chance(0.4) ? samples.get(1) : dice.one(samples);
        };
    }
}
