package io.pgplex.jdbc.deadlock;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;

class WaitGraphTest {

    /**
     * Transactions as {@code name[!]=age: pid@shard pid@shard}, {@code !} for one that may not be cancelled; waits as {@code
     * pid@shard>pid,pid,prepared}; victims by name.
     */
    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "deadlocks.csv", useHeadersInDisplayName = false, numLinesToSkip = 1, delimiter = '|')
    void findsTheVictims(String scenario, String transactions, String waits, String victims) {
        List<Deadlock> found = new WaitGraph(transactions(transactions), waits(waits)).deadlocks();
        List<String> expected = victims == null ? List.of() : Arrays.asList(victims.split(" "));
        assertThat(found)
                .as(scenario)
                .extracting(deadlock -> deadlock.victim().gtxid())
                .containsExactlyInAnyOrderElementsOf(expected);
    }

    static List<WaitingTransaction> transactions(String text) {
        List<WaitingTransaction> transactions = new ArrayList<>();
        for (String each : text.split(";")) {
            String[] parts = each.trim().split("[=:]");
            Map<String, Integer> backends = new HashMap<>();
            for (String backend : parts[2].trim().split(" ")) {
                String[] place = backend.split("@");
                backends.put(place[1], Integer.valueOf(place[0]));
            }
            String name = parts[0].replace("!", "");
            long age = Long.parseLong(parts[1]);
            transactions.add(new WaitingTransaction(name, age, 1, !parts[0].endsWith("!"), 0, backends));
        }
        return transactions;
    }

    static List<LockWait> waits(String text) {
        List<LockWait> waits = new ArrayList<>();
        for (String each : text == null ? new String[0] : text.trim().split(" ")) {
            String[] sides = each.split("[@>]");
            Set<Integer> blockers = new HashSet<>();
            Set<String> prepared = new HashSet<>();
            for (String blocker : sides[2].split(",")) {
                if (Character.isDigit(blocker.charAt(0))) {
                    blockers.add(Integer.valueOf(blocker));
                } else {
                    prepared.add(blocker);
                }
            }
            waits.add(new LockWait(sides[1], Integer.parseInt(sides[0]), 1, blockers, prepared));
        }
        return waits;
    }

    @Test
    void saysWhoWaitsWhereForWhom() {
        List<Deadlock> found = new WaitGraph(
                        transactions("a=1: 11@s1 12@s2; b=2: 21@s1 22@s2"), waits("11@s1>31 31@s1>21 22@s2>12"))
                .deadlocks();
        assertThat(found)
                .singleElement()
                .extracting(Deadlock::detail)
                .isEqualTo("Transaction b waits on shard \"s2\" for transaction a;"
                        + " transaction a waits on shard \"s1\" for process 31;"
                        + " process 31 waits on shard \"s1\" for transaction b.");
    }

    @Test
    void findsTheEndOfALongQueueWithoutDeepRecursion() {
        List<LockWait> queue = new ArrayList<>();
        for (int pid = 1000; pid < 21_000; pid++) {
            queue.add(new LockWait("s1", pid, 1, Set.of(pid + 1), Set.of()));
        }
        queue.add(new LockWait("s2", 2, 1, Set.of(1), Set.of()));
        List<WaitingTransaction> transactions = transactions("a=1: 1000@s1 1@s2; b=2: 21000@s1 2@s2");
        assertThat(new WaitGraph(transactions, queue).deadlocks())
                .extracting(deadlock -> deadlock.victim().gtxid())
                .containsExactly("b");
    }

    /** Two looks: what a and b say of themselves in the second one, and which wait it finds on shard s2. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(textBlock = """
            everything lasts,                                1, 101, 101, 1, 12, true
            a is in another statement,                       2, 101, 101, 1, 12, false
            a was not seen again after the first look,       1, 100, 101, 1, 12, false
            b was not seen again after the first look,       1, 101,  99, 1, 12, false
            b waits anew with the same process,              1, 101, 101, 2, 12, false
            b waits for somebody else,                       1, 101, 101, 1, 13, false
            """)
    void believesOnlyWhatLasts(
            String scenario, long statementOfA, long seenA, long seenB, long since, int blocker, boolean deadlock) {
        List<WaitingTransaction> before = transactions("a=1: 11@s1 12@s2; b=2: 21@s1 22@s2");
        Observation first = new Observation(before, waits("11@s1>21 22@s2>12"), 100);
        Observation second = new Observation(
                List.of(
                        again(before.get(0), statementOfA, seenA),
                        again(before.get(1), before.get(1).statement(), seenB)),
                List.of(waits("11@s1>21").get(0), new LockWait("s2", 22, since, Set.of(blocker), Set.of())),
                200);
        assertThat(first.confirmedBy(second).deadlocks()).as(scenario).hasSize(deadlock ? 1 : 0);
    }

    private static WaitingTransaction again(WaitingTransaction before, long statement, long seen) {
        return new WaitingTransaction(before.gtxid(), before.began(), statement, true, seen, before.backends());
    }

    @Test
    void aTransactionThatHasEndedOwnsNothing() {
        Observation first =
                new Observation(transactions("a=1: 11@s1 12@s2; b=2: 21@s1 22@s2"), waits("11@s1>21 22@s2>12"), 100);
        WaitingTransaction onlyB = again(first.transactions().iterator().next(), 1, 101);
        Observation second = new Observation(List.of(onlyB), first.waits(), 200);
        assertThat(first.confirmedBy(second).deadlocks()).isEmpty();
    }
}
