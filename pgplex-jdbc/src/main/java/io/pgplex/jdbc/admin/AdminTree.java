package io.pgplex.jdbc.admin;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.merge.DriverRows;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.Oid;

/**
 * The tree of named values that the management database is: {@code SHOW nodes} is a table of all nodes, {@code SHOW
 * nodes.pg1} its row of one, {@code SHOW nodes.pg1.weight} one value. Immutable, and as thread-safe as its listings.
 *
 * @param listings the branches of the root
 */
record AdminTree(List<Listing<?>> listings) {

    /** How deep a path goes: listing, thing, value. */
    private static final int DEPTH = 3;

    private static final List<DriverRows.Column> ALL = List.of(
            DriverRows.Column.text("name"),
            DriverRows.Column.text("setting"),
            new DriverRows.Column("changeable", Oid.BOOL),
            DriverRows.Column.text("description"));

    AdminTree {
        listings = List.copyOf(listings);
    }

    /**
     * What a path names, as rows; the whole tree where it is empty.
     *
     * @param connection whose conversions the rows are read with
     * @throws SQLException 42704 for a name that is not there
     */
    ResultSet show(List<String> path, Connection connection) throws SQLException {
        if (path.isEmpty()) {
            DriverRows rows = new DriverRows(connection, ALL);
            for (Listing<?> listing : listings) {
                addAll(listing, rows);
            }
            return rows.open();
        }
        return show(listing(path), path, connection);
    }

    private static <T> ResultSet show(Listing<T> listing, List<String> path, Connection connection)
            throws SQLException {
        if (path.size() == DEPTH) {
            T thing = listing.thing(path.get(1));
            Listing.Value<T> value = listing.value(path.get(2));
            List<DriverRows.Column> column = List.of(new DriverRows.Column(value.name(), value.type()));
            return new DriverRows(connection, column)
                    .add(value.reader().apply(thing))
                    .open();
        }
        Collection<T> shown = path.size() == 1 ? listing.things().get().values() : List.of(listing.thing(path.get(1)));
        List<DriverRows.Column> columns = listing.values().stream()
                .map(value -> new DriverRows.Column(value.name(), value.type()))
                .toList();
        DriverRows rows = new DriverRows(connection, columns);
        for (T thing : shown) {
            rows.add(values(listing, thing));
        }
        return rows.open();
    }

    private static <T> @Nullable String[] values(Listing<T> listing, T thing) {
        @Nullable String[] row = new String[listing.values().size()];
        for (int i = 0; i < row.length; i++) {
            row[i] = listing.values().get(i).reader().apply(thing);
        }
        return row;
    }

    private static <T> void addAll(Listing<T> listing, DriverRows rows) throws SQLException {
        for (Map.Entry<String, T> thing : listing.things().get().entrySet()) {
            for (Listing.Value<T> value : listing.values()) {
                rows.add(
                        listing.name() + "." + thing.getKey() + "." + value.name(),
                        value.reader().apply(thing.getValue()),
                        value.setter() == null ? "f" : "t",
                        value.description());
            }
        }
    }

    /**
     * Sets what a path names.
     *
     * @param value as it was written; null for its default
     * @throws SQLException 42704 for a name that is not there, 0A000 for what cannot be set, 22023 for a wrong value
     */
    void set(List<String> path, @Nullable String value) throws SQLException {
        Listing<?> listing = listing(path);
        if (path.size() < DEPTH) {
            throw PgplexErrors.error(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "\"" + String.join(".", path) + "\" is no single value",
                    "A value's name is like " + listing.name() + ".name."
                            + listing.values().get(0).name() + "; SHOW ALL lists what can be set.");
        }
        listing.set(path.get(1), path.get(2), value);
    }

    private Listing<?> listing(List<String> path) throws SQLException {
        for (Listing<?> listing : listings) {
            if (listing.name().equals(path.get(0)) && path.size() <= DEPTH) {
                return listing;
            }
        }
        throw Listing.unknown(
                String.join(".", path), listings.stream().map(Listing::name).toList());
    }
}
