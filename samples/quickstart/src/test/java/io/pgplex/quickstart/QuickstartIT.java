package io.pgplex.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuickstartIT {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Test
    void endsWellWhenEveryAnswerIsEqual() {
        int status = run(Options.parse("--rows=6000"), Questions.all());

        assertThat(status).as(output()).isZero();
        assertThat(output()).contains("-> Scatter to s1, s2, s3", "order_lines", "== Result ==");
    }

    @Test
    void keepsMetadataInMemoryWhenAsked() {
        int status = run(Options.parse("--rows=1000", "--memory"), Questions.ofOneShard());

        assertThat(status).as(output()).isZero();
        assertThat(output()).contains("metadata in this program's memory");
    }

    @Test
    void failsWhenAnAnswerDiffers() {
        // no server of the cluster listens where the other one does
        Step port = Step.Question.ordered("A server's own port", "SELECT current_setting('port')");

        int status = run(Options.parse("--rows=1000", "--memory"), List.of(port));

        assertThat(status).as(output()).isEqualTo(1);
        assertThat(output()).contains("DIFFERENT: row 1 is", "3 of 4 answers equal");
    }

    @Test
    void failsWhenAServerHoldsOtherRows() {
        // the one PostgreSQL has no schema of pgplex's and keeps its rows
        Step write = Step.Question.unordered(
                "Rows go only where pgplex's schema is",
                "DELETE FROM order_lines WHERE customer_id = ? AND to_regnamespace('pgplex') IS NOT NULL",
                42L);

        int status = run(Options.parse("--rows=1000", "--memory"), List.of(write));

        assertThat(status).as(output()).isEqualTo(1);
        assertThat(output()).contains("DIFFERENT: update count", "order_lines: ");
    }

    @Test
    void failsWhenAStatementFails() {
        Step unknown =
                Step.Question.ordered("No such column", "SELECT no_such FROM customers WHERE customer_id = ?", 1L);
        Step after = Step.Question.ordered("Another one", "SELECT name FROM customers WHERE customer_id = ?", 1L);

        int status = run(Options.parse("--rows=1000", "--memory"), List.of(unknown, after));

        assertThat(status).as(output()).isEqualTo(1);
        assertThat(output()).contains("FAILED: 42703", "4 of 5 answers equal");
    }

    private int run(Options options, List<Step> questions) {
        Report report = new Report(new Terminal(new PrintStream(bytes, true, UTF_8), false));
        return new Quickstart(options, questions, report).run();
    }

    private String output() {
        return bytes.toString(UTF_8);
    }
}
