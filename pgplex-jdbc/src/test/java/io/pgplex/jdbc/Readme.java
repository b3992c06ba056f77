package io.pgplex.jdbc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The repository's README.md, as tests see it. */
final class Readme {

    private static final Pattern SQL_BLOCK = Pattern.compile("```sql\\n(.*?)```", Pattern.DOTALL);

    private Readme() {}

    static String text() throws IOException {
        return Files.readString(Path.of("..", "README.md"));
    }

    /** The statements of all blocks of SQL, in order, without their semicolons. */
    static List<String> statements() throws IOException {
        List<String> statements = new ArrayList<>();
        Matcher blocks = SQL_BLOCK.matcher(text());
        while (blocks.find()) {
            for (String statement : blocks.group(1).split(";\\n")) {
                if (!statement.isBlank()) {
                    statements.add(statement.strip());
                }
            }
        }
        return statements;
    }
}
