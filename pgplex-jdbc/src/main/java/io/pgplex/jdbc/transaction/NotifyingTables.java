package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.sql.ServerSql;
import io.pgplex.routing.scan.ScannedStatement;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;

/**
 * The names of tables whose triggers seem to do what forbids PREPARE TRANSACTION, as a trigger does that notifies. No
 * statement shows that; so it is read from the catalogs when a commit has failed of it, and from then on a shard where such
 * a table is written is taken for the anchor where that can be. A name too many costs nothing. Thread-safe.
 */
public final class NotifyingTables {

    private volatile Set<String> names = Set.of();

    /** Whether one of the tables may be meant by a name in a statement. */
    public boolean mayBeNamedIn(ScannedStatement statement) {
        Set<String> known = names;
        if (known.isEmpty()) {
            return false;
        }
        for (int i = 0; i < statement.tokenCount(); i++) {
            if (statement.isName(i) && known.contains(statement.identifier(i))) {
                return true;
            }
        }
        return false;
    }

    /** Reads the names from a server's catalogs; whether there are any that were not known before. */
    boolean learn(Connection connection) throws SQLException {
        Set<String> found = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(ServerSql.NOTIFYING_TABLES)) {
            while (row.next()) {
                found.add(row.getString(1));
            }
        }
        boolean more = !names.containsAll(found);
        names = Set.copyOf(found);
        return more;
    }
}
