package io.pgplex.jdbc.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.failover.LoadRecord.Attempt;
import io.pgplex.jdbc.failover.LoadRecord.OldPrimary;
import io.pgplex.jdbc.failover.LoadRecord.Outcome;
import io.pgplex.jdbc.failover.LoadRecord.StoredRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The checker finds each kind of violation that is planted in a record which is right otherwise. */
class LoadCheckerTest {

    private final List<Attempt> attempts = new ArrayList<>(List.of(
            attempt(1, Outcome.ACKNOWLEDGED, null, "s1"),
            attempt(2, Outcome.ACKNOWLEDGED, null, "s1", "s2"),
            attempt(3, Outcome.NOT_COMMITTED, "40001", "s1", "s2"),
            attempt(4, Outcome.UNKNOWN, "08007", "s1", "s2"),
            attempt(5, Outcome.UNKNOWN, "08007", "s1"),
            attempt(6, Outcome.ACKNOWLEDGED, null, "s2")));
    private final List<StoredRow> stored = new ArrayList<>(List.of(
            new StoredRow("s1", 1, 0),
            new StoredRow("s1", 2, 0),
            new StoredRow("s2", 2, 1),
            new StoredRow("s1", 4, 0),
            new StoredRow("s2", 4, 1),
            new StoredRow("s2", 6, 0)));
    private final List<OldPrimary> old = new ArrayList<>(
            List.of(new OldPrimary("pg1", List.of(new StoredRow("s1", 1, 0)), List.of(new StoredRow("s1", 1, 0)))));

    /** A transaction that ran while shard s1 had a fault. */
    private static Attempt attempt(long id, Outcome outcome, @Nullable String state, String... shards) {
        return new Attempt(id, List.of(shards), outcome, state, state == null ? null : "lost", Set.of("s1"));
    }

    private void finds(String... words) {
        List<String> violations = LoadChecker.violations(attempts, stored, old);
        assertThat(violations).hasSize(1);
        assertThat(violations.get(0)).contains(words);
    }

    @Test
    void findsNothingWhereAllIsWell() {
        assertThat(LoadChecker.violations(attempts, stored, old)).isEmpty();
    }

    @Test
    void findsALostCommit() {
        stored.remove(new StoredRow("s1", 1, 0));
        finds("id 1 ", "ACKNOWLEDGED");
    }

    @Test
    void findsALostHalf() {
        stored.remove(new StoredRow("s2", 2, 1));
        finds("id 2 ", "ACKNOWLEDGED");
    }

    @Test
    void findsWhatWasAppliedTwice() {
        stored.add(new StoredRow("s1", 1, 0));
        finds("id 1 ");
    }

    @Test
    void findsWhatIsOnTheWrongShard() {
        stored.remove(new StoredRow("s2", 6, 0));
        stored.add(new StoredRow("s1", 6, 0));
        finds("id 6 ");
    }

    @Test
    void findsWhatWasRolledBackAndIsThere() {
        stored.add(new StoredRow("s1", 3, 0));
        finds("id 3 ", "NOT_COMMITTED", "40001");
    }

    @Test
    void findsAnUnknownOneThatIsThereInHalf() {
        stored.remove(new StoredRow("s1", 4, 0));
        finds("id 4 ", "UNKNOWN");
    }

    @Test
    void findsAnUnknownOneThatIsThereTwice() {
        stored.add(new StoredRow("s1", 5, 0));
        stored.add(new StoredRow("s1", 5, 0));
        finds("id 5 ", "UNKNOWN");
    }

    @Test
    void findsARowThatNobodyWrote() {
        stored.add(new StoredRow("s2", 99, 0));
        finds("id 99 ", "nobody");
    }

    @Test
    void findsAnIdUsedTwice() {
        attempts.add(attempt(1, Outcome.ACKNOWLEDGED, null, "s1"));
        finds("id 1 ", "twice");
    }

    @Test
    void findsAnErrorWithoutAMeaning() {
        attempts.add(attempt(7, Outcome.NOT_COMMITTED, "08006", "s1"));
        finds("id 7 ", "08006");
    }

    @Test
    void findsAnErrorOnAShardWithoutAFault() {
        attempts.add(attempt(7, Outcome.NOT_COMMITTED, "40001", "s2"));
        finds("id 7 ", "[s2]", "only [s1] had a fault");
    }

    @Test
    void findsARowWrittenOnAFencedPrimary() {
        old.add(new OldPrimary(
                "pg2",
                List.of(new StoredRow("s1", 1, 0)),
                List.of(new StoredRow("s1", 1, 0), new StoredRow("s1", 8, 0))));
        finds("pg2", "id=8");
    }

    @Test
    void findsARowWrittenAgainOnAFencedPrimary() {
        old.add(new OldPrimary(
                "pg2",
                List.of(new StoredRow("s1", 1, 0)),
                List.of(new StoredRow("s1", 1, 0), new StoredRow("s1", 1, 0))));
        finds("pg2", "id=1");
    }
}
