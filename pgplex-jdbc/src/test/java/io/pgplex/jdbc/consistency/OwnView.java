package io.pgplex.jdbc.consistency;

import io.pgplex.jdbc.consistency.Operation.Append;
import io.pgplex.jdbc.consistency.Operation.Read;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one transaction must see of its own, and what it saw of others. Confined to one thread.
 *
 * <p>PostgreSQL keeps a row locked from the first append on, so that nobody else's appends can come between. Under READ
 * COMMITTED others may append between two reads before that; under REPEATABLE READ they may not.
 */
final class OwnView {

    private final ListTransaction transaction;
    private final List<Read> foreign = new ArrayList<>();
    private final List<String> contradictions = new ArrayList<>();

    /** What is known about a list from this transaction alone. */
    private static final class Known {
        private final List<Long> own = new ArrayList<>();
        /** What the last read saw, and what was appended to it since; null before the first read. */
        private @Nullable List<Long> list;
        /** Whether a next read must see exactly that list. */
        private boolean exact;
    }

    OwnView(ListTransaction transaction) {
        this.transaction = transaction;
        Map<Long, Known> lists = new HashMap<>();
        for (Operation operation : transaction.operations()) {
            Known known = lists.computeIfAbsent(operation.key(), key -> new Known());
            if (operation instanceof Append append) {
                append(known, append);
            } else if (operation instanceof Read read) {
                read(known, read);
            }
        }
    }

    /** The reads without this transaction's own appends at their end; those that contradict its own are left out. */
    List<Read> foreign() {
        return foreign;
    }

    /** What is wrong, in words. */
    List<String> contradictions() {
        return contradictions;
    }

    private static void append(Known known, Append append) {
        known.own.add(append.value());
        if (known.list != null && known.exact) {
            known.list = with(known.list, append.value());
        }
    }

    private static List<Long> with(List<Long> list, long value) {
        List<Long> longer = new ArrayList<>(list);
        longer.add(value);
        return longer;
    }

    private void read(Known known, Read read) {
        int others = read.values().size() - known.own.size();
        boolean endsWithOwn = others >= 0
                && read.values().subList(others, read.values().size()).equals(known.own);
        if (!endsWithOwn) {
            contradict("must end with its own " + known.own, read);
            return;
        }
        if (hasOwn(read, others)) {
            contradict("has own appends in a wrong place", read);
            return;
        }
        if (known.list != null && known.exact && !known.list.equals(read.values())) {
            contradict("must be " + known.list, read);
        } else if (known.list != null && !VersionOrders.isBeginning(known.list, read.values())) {
            contradict("must begin with " + known.list, read);
        }
        known.list = read.values();
        known.exact = transaction.repeatable() || !known.own.isEmpty();
        foreign.add(new Read(read.key(), read.values().subList(0, others)));
    }

    private boolean hasOwn(Read read, int end) {
        List<Long> values = read.values().subList(0, end);
        return transaction.appends().stream()
                .anyMatch(append -> append.key() == read.key() && values.contains(append.value()));
    }

    private void contradict(String rule, Read read) {
        contradictions.add(transaction.name() + " " + read + ", which " + rule + "\n  " + transaction);
    }
}
