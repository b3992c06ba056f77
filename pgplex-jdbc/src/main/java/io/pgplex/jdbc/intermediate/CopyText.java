package io.pgplex.jdbc.intermediate;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows as COPY's text format: tabs between values, a line a row, backslashes before what would be mistaken for either
 * (PostgreSQL manual, COPY, "Text Format"). Stateless.
 */
public final class CopyText {

    private CopyText() {}

    /** The rows in UTF-8, which is what pgjdbc's connections speak. */
    public static byte[] of(HeapRows rows) {
        StringBuilder text = new StringBuilder((int) Math.min(rows.bytes() + rows.rowCount() + 16, 1 << 28));
        List<List<@Nullable String>> columns = rows.columns();
        for (int row = 0; row < rows.rowCount(); row++) {
            for (int column = 0; column < columns.size(); column++) {
                if (column > 0) {
                    text.append('\t');
                }
                String value = columns.get(column).get(row);
                if (value == null) {
                    text.append("\\N");
                } else {
                    append(text, value);
                }
            }
            text.append('\n');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void append(StringBuilder text, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\' -> text.append("\\\\");
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                default -> text.append(c);
            }
        }
    }
}
