package io.pgplex.jdbc.consistency;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random histories, with and without a fault. */
class GeneratedHistoryTest {

    private static final int SEEDS = 30;

    private static GeneratedHistory grown(long seed, int transactions) {
        GeneratedHistory history = new GeneratedHistory(seed, 2 + (int) (seed % 7));
        history.grow(transactions);
        return history;
    }

    @Test
    void findsNothingInSoundHistories() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            assertThat(ListAppendChecker.check(grown(seed, 200).history()))
                    .as("seed " + seed)
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(GeneratedHistory.Fault.class)
    void findsEachFault(GeneratedHistory.Fault fault) {
        for (long seed = 1; seed <= SEEDS; seed++) {
            GeneratedHistory history = grown(seed, (int) seed);
            fault.plant(history);
            history.grow(60);
            Set<Anomaly.Kind> found = new TreeSet<>();
            ListAppendChecker.check(history.history()).forEach(anomaly -> found.add(anomaly.kind()));
            assertThat(found).as("seed " + seed).contains(fault.kind());
        }
    }

    @Test
    void checksTensOfThousandsOfTransactions() {
        GeneratedHistory history = new GeneratedHistory(1, 400);
        history.grow(20_000);
        GeneratedHistory.Fault.LATER_BESIDE_EARLIER.plant(history);
        assertThat(ListAppendChecker.check(history.history()))
                .singleElement()
                .extracting(Anomaly::kind)
                .isEqualTo(Anomaly.Kind.G_SINGLE);
    }
}
