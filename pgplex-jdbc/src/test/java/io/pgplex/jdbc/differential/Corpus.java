package io.pgplex.jdbc.differential;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Files of statements: one a line group, ended by a semicolon at a line's end. */
final class Corpus {

    private Corpus() {}

    static List<String> statements(String file) {
        List<String> statements = new ArrayList<>();
        for (String statement : text(file).split(";\\s*\n")) {
            if (!statement.isBlank()) {
                statements.add(statement.strip());
            }
        }
        return statements;
    }

    private static String text(String file) {
        try (InputStream in = Objects.requireNonNull(Corpus.class.getResourceAsStream("/differential/" + file), file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What one PostgreSQL knows of a definition that pgplex knows more of. */
    static String plain(String sql) {
        return sql.replaceFirst("^CREATE (DISTRIBUTED|REPLICATED) TABLE", "CREATE TABLE")
                .replaceFirst("\\s+BY HASH \\([a-z_]+\\)\\s*$", "");
    }

    /** Whether the statement says in which order its rows come. */
    static boolean isOrdered(String sql) {
        String outside = sql;
        String before;
        do {
            before = outside;
            outside = outside.replaceAll("\\([^()]*\\)", "");
        } while (!outside.equals(before));
        return outside.toUpperCase(java.util.Locale.ROOT).contains("ORDER BY");
    }
}
