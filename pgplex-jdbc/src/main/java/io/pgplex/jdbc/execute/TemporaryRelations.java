package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.pool.Backend;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;

/**
 * The names of a session's temporary relations on the home shard, which come before every table. Rollbacks, DROP and ON
 * COMMIT DROP take some away, so the server is asked after each of them. Confined to its session.
 */
final class TemporaryRelations {

    /** How the names of tables begin that hold rows on their way, which are no relations of the session's own. */
    static final String MOVED = "pgplex_moved_";

    private static final String NAMES = "SELECT relname FROM pg_catalog.pg_class"
            + " WHERE relnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()"
            + " AND relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'v', 'S', 'p']::\"char\"[])"
            + " AND NOT pg_catalog.starts_with(relname::pg_catalog.text, '" + MOVED + "')";

    private final Set<String> names = new HashSet<>();

    Set<String> names() {
        return names;
    }

    void add(String name) {
        names.add(name);
    }

    void clear() {
        names.clear();
    }

    /** Reads the names that are left; whether they changed. Asks nobody while there are none. */
    boolean refresh(Backend home) {
        if (names.isEmpty() || home.isBroken()) {
            return false;
        }
        Set<String> left = new HashSet<>();
        try (Statement statement = home.connection().createStatement();
                ResultSet rows = statement.executeQuery(NAMES)) {
            while (rows.next()) {
                left.add(rows.getString(1));
            }
        } catch (SQLException e) {
            // the next statement finds the connection lost, and with it all temporary relations
            home.taint();
            return false;
        }
        boolean changed = !left.equals(names);
        names.clear();
        names.addAll(left);
        return changed;
    }
}
