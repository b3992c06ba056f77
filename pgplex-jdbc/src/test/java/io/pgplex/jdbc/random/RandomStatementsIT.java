package io.pgplex.jdbc.random;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The first statements of one seed; {@code make fuzz} runs others, and more. */
@PgplexCluster(shards = 3, etcd = false, locale = "icu:en-US")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RandomStatementsIT {

    private static final long SEED = 20261121;

    private Sides sides;

    @BeforeAll
    void open(LocalCluster cluster) throws SQLException {
        sides = Sides.open(cluster, SEED);
    }

    @AfterAll
    void close() throws SQLException {
        sides.close();
    }

    @Test
    void answersAsOnePostgresDoes() throws SQLException {
        RandomRun run = run(false, 1500);

        assertThat(run.differences()).isEmpty();
        assertThat(run.unexpectedRefusals()).isEmpty();
        assertThat(run.answered()).isGreaterThan(1300);
    }

    @Test
    void asksOnlyWhatPostgresDefines() throws SQLException {
        RandomRun run = run(true, 800);

        assertThat(run.differences()).isEmpty();
        assertThat(run.answered()).isGreaterThan(750);
    }

    private RandomRun run(boolean referencesOnly, int statements) throws SQLException {
        RandomRun run = new RandomRun(sides, AllowedRefusals.read(), referencesOnly, System.out);
        run.run(SEED, 0, () -> run.count() < statements);
        run.print();
        return run;
    }
}
