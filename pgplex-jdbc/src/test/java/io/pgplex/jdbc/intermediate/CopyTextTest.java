package io.pgplex.jdbc.intermediate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class CopyTextTest {

    @Test
    void separatesValuesByTabsAndRowsByLines() {
        HeapRows rows = new HeapRows(2);
        rows.add(new String[] {"a", "b"});
        rows.add(new String[] {"", null});

        assertThat(text(rows)).isEqualTo("a\tb\n\t\\N\n");
    }

    @Test
    void escapesWhatWouldBeReadOtherwise() {
        HeapRows rows = new HeapRows(1);
        rows.add(new String[] {"\\N \\. tab\t line\n return\r"});

        assertThat(text(rows)).isEqualTo("\\\\N \\\\. tab\\t line\\n return\\r\n");
    }

    @Test
    void writesUtf8() {
        HeapRows rows = new HeapRows(1);
        rows.add(new String[] {"é😀\u0001"});

        assertThat(text(rows)).isEqualTo("é😀\u0001\n");
    }

    @Test
    void hasALineForEachRowWithoutColumns() {
        HeapRows rows = new HeapRows(0);
        rows.add(new String[0]);
        rows.add(new String[0]);

        assertThat(text(rows)).isEqualTo("\n\n");
    }

    private static String text(HeapRows rows) {
        return new String(CopyText.of(rows), StandardCharsets.UTF_8);
    }
}
