package io.pgplex.jdbc.consistency;

import java.util.List;
import java.util.Map;

/**
 * What the clients of some lists have seen. Immutable.
 *
 * @param transactions best in the order in which they ended, which makes checking fast, but any order will do
 * @param finalLists what was in the lists after all transactions had ended; a key that is not there was not looked at
 */
record History(List<ListTransaction> transactions, Map<Long, List<Long>> finalLists) {
    History {
        transactions = List.copyOf(transactions);
        finalLists = Map.copyOf(finalLists);
    }
}
