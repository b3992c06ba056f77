package io.pgplex.jdbc.consistency;

import static io.pgplex.jdbc.consistency.ListTransaction.Isolation.READ_COMMITTED;
import static io.pgplex.jdbc.consistency.ListTransaction.Isolation.REPEATABLE_READ;
import static io.pgplex.jdbc.consistency.ListTransaction.Outcome.ABORTED;
import static io.pgplex.jdbc.consistency.ListTransaction.Outcome.COMMITTED;
import static io.pgplex.jdbc.consistency.ListTransaction.Outcome.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.consistency.Anomaly.Kind;
import io.pgplex.jdbc.consistency.ListTransaction.Isolation;
import io.pgplex.jdbc.consistency.ListTransaction.Outcome;
import io.pgplex.jdbc.consistency.Operation.Append;
import io.pgplex.jdbc.consistency.Operation.Read;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Histories with one anomaly each, which is found under its name, and their neighbours without one. */
class ListAppendCheckerTest {

    private static Operation append(long key, long value) {
        return new Append(key, value);
    }

    private static Operation read(long key, long... values) {
        return new Read(key, list(values));
    }

    private static List<Long> list(long... values) {
        return LongStream.of(values).boxed().toList();
    }

    private static ListTransaction transaction(int id, Isolation isolation, Outcome outcome, Operation... operations) {
        return new ListTransaction(id, isolation, outcome, List.of(operations));
    }

    private static ListTransaction committed(int id, Operation... operations) {
        return transaction(id, READ_COMMITTED, COMMITTED, operations);
    }

    private static ListTransaction repeatable(int id, Operation... operations) {
        return transaction(id, REPEATABLE_READ, COMMITTED, operations);
    }

    private static ListTransaction aborted(int id, Operation... operations) {
        return transaction(id, READ_COMMITTED, ABORTED, operations);
    }

    private static ListTransaction unknown(int id, Operation... operations) {
        return transaction(id, READ_COMMITTED, UNKNOWN, operations);
    }

    private static List<Anomaly> check(ListTransaction... transactions) {
        return check(Map.of(), transactions);
    }

    private static List<Anomaly> check(Map<Long, List<Long>> finalLists, ListTransaction... transactions) {
        return ListAppendChecker.check(new History(List.of(transactions), finalLists));
    }

    private static List<Kind> kinds(ListTransaction... transactions) {
        return check(transactions).stream().map(Anomaly::kind).toList();
    }

    private static List<Kind> kinds(Map<Long, List<Long>> finalLists, ListTransaction... transactions) {
        return check(finalLists, transactions).stream().map(Anomaly::kind).toList();
    }

    @Test
    void findsNothingInNothing() {
        assertThat(check()).isEmpty();
    }

    @Test
    void findsNothingInASerialHistory() {
        assertThat(check(
                        Map.of(1L, list(10, 11), 2L, list(20)),
                        committed(1, append(1, 10), read(1, 10), append(2, 20)),
                        repeatable(2, read(1, 10), append(1, 11), read(1, 10, 11), read(2, 20)),
                        committed(3, read(1, 10, 11), read(2, 20), read(3))))
                .isEmpty();
    }

    @Test
    void findsTransactionsThatOverwroteEachOther() {
        List<Anomaly> found = check(
                Map.of(1L, list(10, 11), 2L, list(21, 20)),
                committed(1, append(1, 10), append(2, 20)),
                committed(2, append(1, 11), append(2, 21)));
        assertThat(found).extracting(Anomaly::kind).containsExactly(Kind.G0);
        assertThat(found.get(0).text())
                .contains("T1 appended 10 to key 1 before T2 appended 11")
                .contains("T2 appended 21 to key 2 before T1 appended 20");
    }

    @Test
    void givesTheShortestOfManyCycles() {
        Map<Long, List<Long>> ends =
                Map.of(1L, list(10, 11), 2L, list(21, 22), 3L, list(32, 30), 4L, list(41, 40), 5L, list(52, 51));
        List<Anomaly> found = check(
                ends,
                committed(1, append(1, 10), append(3, 30), append(4, 40)),
                committed(2, append(1, 11), append(2, 21), append(4, 41), append(5, 51)),
                committed(3, append(2, 22), append(3, 32), append(5, 52)));
        assertThat(found).extracting(Anomaly::kind).containsExactly(Kind.G0);
        assertThat(found.get(0).text()).startsWith("one of 3 transactions").containsPattern("(?s)before.*before");
        assertThat(found.get(0).text().lines().filter(line -> line.contains(" before ")))
                .hasSize(2);
    }

    @Test
    void findsReadsOfWhatWasRolledBack() {
        assertThat(kinds(aborted(1, append(1, 10)), committed(2, read(1, 10)))).containsExactly(Kind.G1A);
        assertThat(kinds(aborted(1, append(1, 10)), committed(2, append(1, 11)), committed(3, read(1, 10, 11))))
                .containsExactly(Kind.G1A);
    }

    @Test
    void findsRolledBackAppendsInTheEnd() {
        assertThat(kinds(Map.of(1L, list(10)), aborted(1, append(1, 10)))).containsExactly(Kind.G1A);
    }

    @Test
    void leavesAloneWhatARolledBackTransactionRead() {
        assertThat(check(aborted(1, append(1, 10), read(1, 10)), aborted(2, read(1, 10)), committed(3, read(1))))
                .isEmpty();
    }

    @Test
    void findsIntermediateReads() {
        assertThat(kinds(
                        committed(1, append(1, 10), append(1, 11)),
                        committed(2, read(1, 10)),
                        committed(3, read(1, 10, 11))))
                .containsExactly(Kind.G1B);
    }

    @Test
    void aTransactionMayReadItsOwnIntermediateState() {
        assertThat(check(committed(1, append(1, 10), read(1, 10), append(1, 11)), committed(3, read(1, 10, 11))))
                .isEmpty();
    }

    @Test
    void findsInformationThatFlowsInACircle() {
        List<Anomaly> found = check(committed(1, append(1, 10), read(2, 20)), committed(2, append(2, 20), read(1, 10)));
        assertThat(found).extracting(Anomaly::kind).containsExactly(Kind.G1C);
        assertThat(found.get(0).text())
                .contains("T2 read key 1 with T1's 10 at its end")
                .contains("T1 read key 2 with T2's 20 at its end");
    }

    @Test
    void findsACircleOfAReadAndAnOverwriting() {
        assertThat(kinds(
                        committed(1, append(1, 10), append(2, 20)),
                        committed(2, append(1, 11), read(2, 20)),
                        committed(3, read(1, 10, 11))))
                .isEmpty();
        assertThat(kinds(
                        committed(1, append(1, 10), read(2, 20)),
                        committed(2, append(1, 11), append(2, 20)),
                        committed(3, read(1, 10, 11))))
                .containsExactly(Kind.G1C);
    }

    @Test
    void findsOrdersThatDoNotAgree() {
        assertThat(kinds(
                        committed(1, append(1, 10)),
                        committed(2, append(1, 11)),
                        committed(3, read(1, 10, 11)),
                        committed(4, read(1, 11))))
                .containsExactly(Kind.INCOMPATIBLE_ORDER);
    }

    @Test
    void findsLostAppends() {
        assertThat(kinds(Map.of(1L, list(11)), committed(1, append(1, 10)), committed(2, append(1, 11))))
                .containsExactly(Kind.LOST_APPEND);
        assertThat(kinds(Map.of(1L, list()), committed(1, append(1, 10)))).containsExactly(Kind.LOST_APPEND);
    }

    @Test
    void findsAppendsThatAreThereTwice() {
        assertThat(kinds(Map.of(1L, list(10, 11, 10)), committed(1, append(1, 10)), committed(2, append(1, 11))))
                .containsExactly(Kind.DUPLICATED_APPEND);
    }

    @Test
    void findsValuesFromNowhere() {
        assertThat(kinds(committed(1, append(1, 10)), committed(2, read(2, 10))))
                .containsExactly(Kind.FOREIGN_VALUE);
    }

    @Test
    void anUnknownOutcomeMayBeEither() {
        assertThat(check(Map.of(1L, list()), unknown(1, append(1, 10)), committed(2, read(1))))
                .isEmpty();
        assertThat(check(Map.of(1L, list(10)), unknown(1, append(1, 10)), committed(2, read(1, 10))))
                .isEmpty();
    }

    @Test
    void findsHalfOfATransactionOfUnknownOutcome() {
        assertThat(kinds(Map.of(1L, list(10), 2L, list()), unknown(1, append(1, 10), append(2, 20))))
                .containsExactly(Kind.LOST_APPEND);
    }

    @Test
    void findsWhatOneOfUnknownOutcomeSawNeverButWhatItOverwroteAlways() {
        assertThat(check(unknown(1, append(1, 10), read(2, 20)), committed(2, append(2, 20), read(1, 10))))
                .isEmpty();
        assertThat(kinds(
                        Map.of(1L, list(10, 11), 2L, list(21, 20)),
                        unknown(1, append(1, 10), append(2, 20)),
                        committed(2, append(1, 11), append(2, 21))))
                .containsExactly(Kind.G0);
    }

    @Test
    void findsTransactionsThatDoNotSeeTheirOwnAppends() {
        assertThat(kinds(committed(1, append(1, 10), read(1)))).containsExactly(Kind.INTERNAL);
        assertThat(kinds(committed(1, append(1, 10), append(1, 11), read(1, 11, 10))))
                .containsExactly(Kind.INTERNAL);
        assertThat(kinds(committed(1, read(1, 10), append(1, 10)))).contains(Kind.INTERNAL);
    }

    @Test
    void findsAppendsThatCameIntoALockedList() {
        assertThat(kinds(
                        committed(2, append(1, 9)),
                        committed(1, append(1, 10), read(1, 10), append(1, 11), read(1, 9, 10, 11))))
                .contains(Kind.INTERNAL);
    }

    @Test
    void onlyRepeatableReadRepeatsReads() {
        assertThat(check(
                        committed(1, append(1, 10)),
                        committed(2, read(1), read(1, 10), append(1, 11), read(1, 10, 11))))
                .isEmpty();
        assertThat(kinds(committed(1, append(1, 10)), repeatable(2, read(1), read(1, 10))))
                .contains(Kind.INTERNAL);
        assertThat(kinds(committed(1, append(1, 10)), committed(2, read(1, 10), read(1))))
                .containsExactly(Kind.INTERNAL);
    }

    @Test
    void findsFracturedReads() {
        List<Anomaly> found = check(
                committed(1, append(1, 10), append(2, 20)),
                repeatable(2, read(1, 10), read(2)),
                committed(3, read(2, 20)));
        assertThat(found).extracting(Anomaly::kind).containsExactly(Kind.FRACTURED_READ);
        assertThat(found.get(0).text()).startsWith("T2 read key 2 without T1's 20, but key 1 with its 10");
    }

    @Test
    void findsFracturedReadsBelowOtherAppends() {
        assertThat(kinds(
                        Map.of(1L, list(10, 13), 2L, list(24, 20)),
                        committed(1, append(1, 10), append(2, 20)),
                        committed(3, append(1, 13)),
                        committed(4, append(2, 24)),
                        repeatable(2, read(1, 10, 13), read(2))))
                .containsExactly(Kind.FRACTURED_READ);
    }

    @Test
    void readCommittedMayTakeAnotherSnapshotForEachRead() {
        assertThat(check(
                        committed(1, append(1, 10), append(2, 20)),
                        committed(2, read(2), read(1, 10)),
                        committed(3, read(2, 20))))
                .isEmpty();
    }

    @Test
    void findsLaterStatesBesideEarlierOnes() {
        ListTransaction[] history = {
            committed(1, append(1, 10)), committed(3, read(1, 10), append(2, 20)), repeatable(2, read(1), read(2, 20))
        };
        List<Anomaly> found = check(history);
        assertThat(found).extracting(Anomaly::kind).containsExactly(Kind.G_SINGLE);
        assertThat(found.get(0).text())
                .contains("T2 read key 1 without T1's 10")
                .contains("T3 read key 1 with T1's 10 at its end")
                .contains("T2 read key 2 with T3's 20 at its end");
    }

    @Test
    void findsLostUpdates() {
        assertThat(kinds(
                        committed(1, append(1, 10)),
                        repeatable(2, read(1), append(1, 11)),
                        committed(3, read(1, 10, 11))))
                .containsExactly(Kind.G_SINGLE);
    }

    @Test
    void aLaterStateOfAnotherShardIsAllowedUnlessItBelongsToSeveral() {
        ListTransaction missed = committed(1, append(1, 10));
        ListTransaction reader = repeatable(2, read(1), read(2, 20));
        ListTransaction onOneShard = committed(3, read(1, 10), append(2, 20));
        ListTransaction onTwoShards = committed(3, read(1, 10), append(2, 20), append(3, 30));
        assertThat(ListAppendChecker.check(
                        new History(List.of(missed, onOneShard, reader), Map.of()), key -> Math.toIntExact(key)))
                .isEmpty();
        assertThat(ListAppendChecker.check(
                        new History(List.of(missed, onTwoShards, reader), Map.of()), key -> Math.toIntExact(key)))
                .extracting(Anomaly::kind)
                .containsExactly(Kind.G_SINGLE);
        assertThat(ListAppendChecker.check(new History(List.of(missed, onOneShard, reader), Map.of()), key -> 0))
                .extracting(Anomaly::kind)
                .containsExactly(Kind.G_SINGLE);
    }

    @Test
    void writeSkewIsNoAnomalyOfSnapshots() {
        assertThat(check(
                        Map.of(1L, list(10), 2L, list(20)),
                        repeatable(1, read(1), read(2), append(1, 10)),
                        repeatable(2, read(1), read(2), append(2, 20))))
                .isEmpty();
    }

    @Test
    void refusesHistoriesThatAppendAValueTwice() {
        assertThatThrownBy(() -> check(committed(1, append(1, 10)), committed(2, append(1, 10))))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
