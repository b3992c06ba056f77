package io.pgplex.jdbc.differential;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Files of statements: one a line group, ended by a semicolon at a line's end. */
public final class Corpus {

    private Corpus() {}

    static List<String> statements(String file) {
        return split(text("/differential/" + file));
    }

    /** The statements of such a text, without the semicolons at their ends. */
    public static List<String> split(String text) {
        List<String> statements = new ArrayList<>();
        for (String statement : text.split(";\\s*\n")) {
            if (!statement.isBlank()) {
                statements.add(statement.strip());
            }
        }
        return statements;
    }

    /** The text of a file below the test resources' root. */
    public static String text(String file) {
        try (InputStream in = Objects.requireNonNull(Corpus.class.getResourceAsStream(file), file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The statement without the comments that it begins with. */
    public static String withoutHead(String sql) {
        return sql.replaceFirst("^(?:--.*\\R)+", "");
    }

    /** What one PostgreSQL knows of a definition that pgplex knows more of. */
    public static String plain(String sql) {
        return sql.replaceFirst("^CREATE (DISTRIBUTED|REPLICATED) TABLE", "CREATE TABLE")
                .replaceFirst("\\s+BY HASH \\([a-z_]+\\)(\\s+COLOCATE WITH [a-z_]+)?\\s*$", "");
    }

    /** Whether the statement says in which order its rows come. */
    public static boolean isOrdered(String sql) {
        String outside = sql;
        String before;
        do {
            before = outside;
            outside = outside.replaceAll("\\([^()]*\\)", "");
        } while (!outside.equals(before));
        return outside.toUpperCase(java.util.Locale.ROOT).contains("ORDER BY");
    }
}
