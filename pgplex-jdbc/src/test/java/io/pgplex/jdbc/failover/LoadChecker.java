package io.pgplex.jdbc.failover;

import io.pgplex.jdbc.failover.LoadRecord.Attempt;
import io.pgplex.jdbc.failover.LoadRecord.OldPrimary;
import io.pgplex.jdbc.failover.LoadRecord.Outcome;
import io.pgplex.jdbc.failover.LoadRecord.StoredRow;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Holds what applications were told beside what the shards store in the end. Pure.
 *
 * <p>What was acknowledged is there exactly once, what was not committed is not there, what is unknown is there whole or not at
 * all. Errors are 40001 or 08007, and none where no shard of the transaction had a fault. A fenced primary's rows stay as they
 * were.
 */
final class LoadChecker {

    /** The backend was lost and the transaction rolled back; commit sent, outcome unknown. */
    private static final Set<String> EXPECTED = Set.of("40001", "08007");

    private LoadChecker() {}

    /** Everything that is wrong, in words; nothing where all is well. */
    static List<String> violations(
            Collection<Attempt> attempts, Collection<StoredRow> stored, Collection<OldPrimary> oldPrimaries) {
        List<String> violations = new ArrayList<>();
        Map<Long, List<StoredRow>> byId = new HashMap<>();
        stored.forEach(
                row -> byId.computeIfAbsent(row.id(), id -> new ArrayList<>()).add(row));
        Set<Long> known = new HashSet<>();
        for (Attempt attempt : attempts) {
            if (!known.add(attempt.id())) {
                violations.add("id " + attempt.id() + " was used twice");
            }
            rows(attempt, byId.getOrDefault(attempt.id(), List.of()), violations);
            errors(attempt, violations);
        }
        for (Long id : byId.keySet()) {
            if (!known.contains(id)) {
                violations.add("id " + id + " is stored but nobody wrote it");
            }
        }
        oldPrimaries.forEach(old -> fence(old, violations));
        return violations;
    }

    private static void rows(Attempt attempt, List<StoredRow> found, List<String> violations) {
        List<StoredRow> whole = new ArrayList<>();
        for (int part = 0; part < attempt.shards().size(); part++) {
            whole.add(new StoredRow(attempt.shards().get(part), attempt.id(), part));
        }
        Set<StoredRow> once = new HashSet<>(found);
        boolean isWhole = found.size() == whole.size() && once.containsAll(whole);
        boolean right =
                switch (attempt.outcome()) {
                    case ACKNOWLEDGED -> isWhole;
                    case NOT_COMMITTED -> found.isEmpty();
                    case UNKNOWN -> isWhole || found.isEmpty();
                };
        if (!right) {
            violations.add("id " + attempt.id() + " is " + attempt.outcome() + " for shards " + attempt.shards()
                    + " but stored are " + found + because(attempt));
        }
    }

    private static void errors(Attempt attempt, List<String> violations) {
        if (attempt.outcome() == Outcome.ACKNOWLEDGED) {
            return;
        }
        if (attempt.sqlState() == null || !EXPECTED.contains(attempt.sqlState())) {
            violations.add("id " + attempt.id() + " failed with a state that says nothing" + because(attempt));
        }
        if (Collections.disjoint(attempt.shards(), attempt.faulty())) {
            violations.add("id " + attempt.id() + " failed on " + attempt.shards() + " while only " + attempt.faulty()
                    + " had a fault" + because(attempt));
        }
    }

    private static String because(Attempt attempt) {
        return attempt.error() == null ? "" : ": " + attempt.sqlState() + " " + attempt.error();
    }

    private static void fence(OldPrimary old, List<String> violations) {
        Map<StoredRow, Integer> more = new HashMap<>();
        old.atLast().forEach(row -> more.merge(row, 1, Integer::sum));
        old.whenFenced().forEach(row -> more.merge(row, -1, Integer::sum));
        more.values().removeIf(count -> count == 0);
        if (!more.isEmpty()) {
            violations.add("node " + old.node() + " was fenced and has changed since: " + more);
        }
    }
}
