package io.pgplex.jdbc.consistency;

import io.pgplex.jdbc.consistency.Operation.Append;
import io.pgplex.jdbc.consistency.Operation.Read;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A transaction on lists, as its client saw it. Immutable.
 *
 * @param id unique in its history
 * @param operations in the order in which they ran; those that failed are not among them
 */
record ListTransaction(int id, Isolation isolation, Outcome outcome, List<Operation> operations) {

    enum Isolation {
        READ_COMMITTED,
        REPEATABLE_READ
    }

    /** What the client was told. */
    enum Outcome {
        COMMITTED,
        /** Rolled back, so that nothing of it may ever be seen. */
        ABORTED,
        /** The client was not told, or died before. */
        UNKNOWN
    }

    ListTransaction {
        operations = List.copyOf(operations);
    }

    boolean committed() {
        return outcome == Outcome.COMMITTED;
    }

    boolean repeatable() {
        return isolation == Isolation.REPEATABLE_READ;
    }

    List<Append> appends() {
        List<Append> appends = new ArrayList<>();
        for (Operation operation : operations) {
            if (operation instanceof Append append) {
                appends.add(append);
            }
        }
        return appends;
    }

    List<Read> reads() {
        List<Read> reads = new ArrayList<>();
        for (Operation operation : operations) {
            if (operation instanceof Read read) {
                reads.add(read);
            }
        }
        return reads;
    }

    String name() {
        return "T" + id;
    }

    /** The identifier's alone: transactions are looked up more often than a hash over all operations allows. */
    @Override
    public int hashCode() {
        return id;
    }

    @Override
    public String toString() {
        return name() + " (" + isolation + ", " + outcome + "): "
                + operations.stream().map(Operation::toString).collect(Collectors.joining("; "));
    }
}
