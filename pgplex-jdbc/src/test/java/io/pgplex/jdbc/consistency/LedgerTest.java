package io.pgplex.jdbc.consistency;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.consistency.Ledger.Transfer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Two accounts with 100 each, and a transfer of 7 from the first to the second. */
class LedgerTest {

    private static final Transfer TRANSFER = new Transfer(5, 1, 2, 7);
    private static final Map<Long, Long> BEFORE = Map.of(1L, 100L, 2L, 100L);
    private static final Map<Long, Long> AFTER = Map.of(1L, 93L, 2L, 107L);

    private final Ledger ledger = new Ledger(2, 100);

    private void said(String... lines) {
        for (String line : lines) {
            ledger.accept(0, line);
        }
    }

    private List<String> audit(Map<Long, Long> balances, Transfer... transfers) {
        ledger.audit(List.of(transfers), balances);
        return ledger.violations();
    }

    @Test
    void findsNothingWhereAllIsWell() {
        said("begin 5 1 2 7", "COMMITTED 5 ", "sum 2 200 200", "moment 307 7", "begin 6 1 2 1", "ABORTED 6 40001");
        assertThat(audit(AFTER, TRANSFER)).isEmpty();
        assertThat(ledger.commits(0)).isEqualTo(1);
        assertThat(ledger.sums(0)).isEqualTo(1);
        assertThat(ledger.counts()).containsEntry("ABORTED 40001", 1).containsEntry("COMMITTED", 1);
    }

    @Test
    void anUnknownOrUnreportedTransferMayBeThereOrNot() {
        said("begin 5 1 2 7", "UNKNOWN 5 commit 08007", "begin 6 2 1 1");
        assertThat(audit(AFTER, TRANSFER)).isEmpty();
        assertThat(audit(BEFORE)).isEmpty();
    }

    @Test
    void findsWrongSums() {
        said("sum 2 193 193", "sum 2 200 207", "sum 1 200 200", "single 2 200", "single 2 201");
        assertThat(ledger.wrongSums()).isEqualTo(4);
        assertThat(ledger.violations()).hasSize(4);
    }

    @Test
    void findsBalancesThatDoNotAgreeWithTransfers() {
        said("moment 300 7", "moment 307 0");
        assertThat(ledger.wrongSums()).isEqualTo(2);
    }

    @Test
    void findsAnAcknowledgedTransferThatIsLost() {
        said("begin 5 1 2 7", "COMMITTED 5 ");
        assertThat(audit(BEFORE)).singleElement().asString().contains("committed, but is not there");
    }

    @Test
    void findsARolledBackTransferThatIsThere() {
        said("begin 5 1 2 7", "ABORTED 5 40001");
        assertThat(audit(AFTER, TRANSFER)).singleElement().asString().contains("rolled back");
    }

    @Test
    void findsATransferThatIsThereTwice() {
        said("begin 5 1 2 7", "COMMITTED 5 ");
        assertThat(audit(Map.of(1L, 86L, 2L, 114L), TRANSFER, TRANSFER))
                .singleElement()
                .asString()
                .contains("twice");
    }

    @Test
    void findsATransferThatNobodyBegan() {
        assertThat(audit(AFTER, TRANSFER)).singleElement().asString().contains("never begun");
        assertThat(audit(AFTER, new Transfer(5, 1, 2, 7))).isNotEmpty();
    }

    @Test
    void findsHalfOfATransfer() {
        said("begin 5 1 2 7", "COMMITTED 5 ");
        assertThat(audit(Map.of(1L, 93L, 2L, 100L), TRANSFER))
                .anyMatch(violation -> violation.contains("account 2 has 100"))
                .anyMatch(violation -> violation.contains("have 193"));
    }

    @Test
    void reportsWhatItDoesNotUnderstand() {
        said("Exception in thread");
        assertThat(ledger.violations()).hasSize(1);
    }
}
