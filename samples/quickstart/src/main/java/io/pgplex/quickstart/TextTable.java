package io.pgplex.quickstart;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An answer's first rows as lines of plain text. Stateless. */
final class TextTable {
    private static final int WIDEST_COLUMN = 40;
    private static final List<String> NUMBERS = List.of("int2", "int4", "int8", "numeric", "float4", "float8");

    private TextTable() {}

    /** A heading, a rule, and at most so many rows. */
    static List<String> lines(Answer answer, int mostRows) {
        List<List<String>> cells = new ArrayList<>();
        cells.add(answer.columns());
        answer.rows().stream()
                .limit(mostRows)
                .forEach(row -> cells.add(row.stream().map(TextTable::cell).toList()));
        int[] widths = new int[answer.columns().size()];
        for (List<String> row : cells) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        List<String> lines =
                cells.stream().map(row -> line(row, widths, answer.types())).collect(Collectors.toList());
        lines.add(1, rule(widths));
        return lines;
    }

    private static String cell(@Nullable String value) {
        if (value == null) {
            return "";
        }
        return value.length() <= WIDEST_COLUMN ? value : value.substring(0, WIDEST_COLUMN - 3) + "...";
    }

    private static String line(List<String> row, int[] widths, List<String> types) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String blanks = " ".repeat(widths[i] - row.get(i).length());
            boolean number = NUMBERS.contains(types.get(i));
            line.append(i == 0 ? "" : " | ").append(number ? blanks : "").append(row.get(i));
            line.append(number ? "" : blanks);
        }
        return line.toString().stripTrailing();
    }

    private static String rule(int[] widths) {
        StringBuilder rule = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            rule.append(i == 0 ? "" : "-+-").append("-".repeat(widths[i]));
        }
        return rule.toString();
    }
}
