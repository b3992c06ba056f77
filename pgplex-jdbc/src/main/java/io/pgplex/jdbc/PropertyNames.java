package io.pgplex.jdbc;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;
import org.postgresql.PGProperty;

/** Which names of properties are known, to pgplex or to pgjdbc, and which known one a wrong name may mean. */
final class PropertyNames {

    /** Those of pgjdbc that say where to connect to, which is the cluster's business. */
    private static final Set<String> SERVERS = Set.of("PGHOST", "PGPORT", "PGDBNAME", "service");

    private static final int MOST_SUGGESTIONS = 3;
    private static final int MOST_EDITS = 4;

    private PropertyNames() {}

    /** Whether pgjdbc's property says where to connect to. */
    static boolean namesServer(String name) {
        return SERVERS.contains(name);
    }

    /** Throws 22023 for a name or value that is not valid. */
    static void check(Properties properties) throws SQLException {
        for (String name : properties.stringPropertyNames()) {
            PgplexProperty property = PgplexProperty.find(name);
            if (property != null) {
                property.check(properties);
            } else if (SERVERS.contains(name)) {
                throw PgplexErrors.error(
                        SqlState.INVALID_PARAMETER,
                        "property \"" + name + "\" has no place here",
                        "The servers are those of the cluster that the URL names.");
            } else if (PGProperty.forName(name) == null) {
                throw unknown(name);
            }
        }
    }

    private static SQLException unknown(String name) {
        List<String> near = near(name);
        String hint = near.isEmpty()
                ? "Neither pgplex nor pgjdbc has a property of that name."
                : "Perhaps you mean " + String.join(" or ", near) + ".";
        return PgplexErrors.error(SqlState.INVALID_PARAMETER, "unknown property \"" + name + "\"", hint);
    }

    private static List<String> near(String name) {
        return known().filter(known -> edits(name, known) <= Math.min(MOST_EDITS, 1 + name.length() / 3))
                .sorted(Comparator.comparing((String known) -> edits(name, known))
                        .thenComparing(known -> known))
                .limit(MOST_SUGGESTIONS)
                .toList();
    }

    private static Stream<String> known() {
        return Stream.concat(
                        Arrays.stream(PgplexProperty.values()).map(PgplexProperty::key),
                        Arrays.stream(PGProperty.values()).map(PGProperty::getName))
                .filter(name -> !SERVERS.contains(name))
                .distinct();
    }

    /** Levenshtein's distance, blind to case. */
    private static int edits(String left, String right) {
        String a = left.toLowerCase(Locale.ROOT);
        String b = right.toLowerCase(Locale.ROOT);
        int[] row = new int[b.length() + 1];
        Arrays.setAll(row, i -> i);
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
