package io.pgplex.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, UTF_8);

    @Test
    void printsALineForEachQuarterElsewhereThanOnATerminal() {
        try (ProgressBar bar = new ProgressBar(out, false, "orders", 1_000)) {
            for (int i = 0; i < 100; i++) {
                bar.advance(10);
            }
        }

        assertThat(bytes.toString(UTF_8).lines())
                .hasSize(4)
                .allMatch(line -> !line.contains("\r"))
                .last()
                .asString()
                .contains("[" + "#".repeat(40) + "]", "1,000 of 1,000 rows");
    }

    @Test
    void drawsOneLineOverAgainOnATerminal() {
        try (ProgressBar bar = new ProgressBar(out, true, "orders", 1_000)) {
            bar.advance(500);
            bar.advance(500);
        }

        assertThat(bytes.toString(UTF_8))
                .startsWith("\r")
                .containsOnlyOnce("\n")
                .contains("1,000 of 1,000 rows");
    }
}
