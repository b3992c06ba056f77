package io.pgplex.jdbc.consistency;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the clients of a bank have said, and what must follow from it. Thread-safe. */
final class Ledger {

    private static final long TRANSFERS_OF_A_CLIENT = 1_000_000_000;
    private static final int MOST_VIOLATIONS = 50;
    /** Of wrong sums, the first ones are enough. */
    private static final int MOST_SUMS_SHOWN = 5;

    /** A transfer, as its client began it or as a row says. */
    record Transfer(long id, long source, long target, long amount) {}

    private final int accounts;
    private final long balance;
    private final Map<Long, Transfer> begun = new HashMap<>();
    private final Map<Long, ListTransaction.Outcome> outcomes = new HashMap<>();
    private final Map<String, Integer> counts = new TreeMap<>();
    private final Map<Integer, Integer> commits = new HashMap<>();
    private final Map<Integer, Integer> sums = new HashMap<>();
    private final List<String> violations = new ArrayList<>();
    private int wrongSums;

    /** Of accounts 1 to {@code accounts}, each of which holds {@code balance} at first. */
    Ledger(int accounts, long balance) {
        this.accounts = accounts;
        this.balance = balance;
    }

    /** Above which the numbers of a client's transfers begin. */
    static long firstTransfer(int client) {
        return client * TRANSFERS_OF_A_CLIENT;
    }

    private long total() {
        return accounts * balance;
    }

    private long momentAtFirst() {
        return balance * accounts * (accounts + 1) / 2;
    }

    /** Takes a line of a {@link BankClient}. */
    synchronized void accept(int client, String line) {
        String[] words = line.split(" ", -1);
        switch (words[0]) {
            case "begin" -> {
                long id = Long.parseLong(words[1]);
                begun.put(
                        id,
                        new Transfer(id, Long.parseLong(words[2]), Long.parseLong(words[3]), Long.parseLong(words[4])));
            }
            case "COMMITTED", "ABORTED", "UNKNOWN" -> {
                outcomes.put(Long.parseLong(words[1]), ListTransaction.Outcome.valueOf(words[0]));
                count(line.replaceFirst(" \\d+", "").strip());
                if (words[0].equals("COMMITTED")) {
                    commits.merge(client, 1, Integer::sum);
                }
            }
            case "sum" -> {
                sums.merge(client, 1, Integer::sum);
                count("sums read");
                checkSum(words, words[3]);
            }
            case "single" -> {
                count("sums read by one statement");
                checkSum(words, words[2]);
            }
            case "moment" -> checkMoment(words);
            case "unread" -> count(line);
            default -> violate("client " + client + " said: " + line);
        }
    }

    private void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    private void checkSum(String[] words, String again) {
        boolean right =
                Long.parseLong(words[1]) == accounts && Long.parseLong(words[2]) == total() && again.equals(words[2]);
        if (!right) {
            violateBySum("one snapshot of all shards had " + words[1] + " accounts with " + words[2] + " and then "
                    + again + " in place of " + accounts + " with " + total());
        }
    }

    /** Each transfer moves the sum of number times balance by amount times the distance between its accounts. */
    private void checkMoment(String[] words) {
        long seen = Long.parseLong(words[1]) - momentAtFirst();
        if (seen != Long.parseLong(words[2])) {
            violateBySum("a REPEATABLE READ transaction saw balances and transfers that do not agree: moments " + seen
                    + " and " + words[2]);
        }
    }

    private void violateBySum(String violation) {
        if (wrongSums++ < MOST_SUMS_SHOWN) {
            violate(violation);
        }
    }

    synchronized void violate(String violation) {
        if (violations.size() < MOST_VIOLATIONS) {
            violations.add(violation);
        }
    }

    /** How many transfers of a client were acknowledged. */
    synchronized int commits(int client) {
        return commits.getOrDefault(client, 0);
    }

    /** How many sums a client has read. */
    synchronized int sums(int client) {
        return sums.getOrDefault(client, 0);
    }

    synchronized int commits() {
        return commits.values().stream().mapToInt(Integer::intValue).sum();
    }

    synchronized int sums() {
        return sums.values().stream().mapToInt(Integer::intValue).sum();
    }

    synchronized int wrongSums() {
        return wrongSums;
    }

    synchronized List<String> violations() {
        return List.copyOf(violations);
    }

    /** How often what was said. */
    synchronized Map<String, Integer> counts() {
        return new TreeMap<>(counts);
    }

    /**
     * Compares what the clients were told with what is there after all have ended.
     *
     * @param balances by account
     */
    synchronized void audit(List<Transfer> transfers, Map<Long, Long> balances) {
        Map<Long, Long> expected = new HashMap<>();
        for (long account = 1; account <= accounts; account++) {
            expected.put(account, balance);
        }
        Map<Long, Transfer> there = new HashMap<>();
        for (Transfer transfer : transfers) {
            if (there.put(transfer.id(), transfer) != null) {
                violate("is there twice: " + transfer);
            }
            if (!transfer.equals(begun.get(transfer.id()))) {
                violate("is there, but was never begun: " + transfer);
            }
            if (outcomes.get(transfer.id()) == ListTransaction.Outcome.ABORTED) {
                violate("is there, but was reported as rolled back: " + transfer);
            }
            expected.merge(transfer.source(), -transfer.amount(), Long::sum);
            expected.merge(transfer.target(), transfer.amount(), Long::sum);
        }
        outcomes.forEach((id, outcome) -> {
            if (outcome == ListTransaction.Outcome.COMMITTED && !there.containsKey(id)) {
                violate("was reported as committed, but is not there: " + begun.get(id));
            }
        });
        if (!expected.equals(balances)) {
            expected.forEach((account, amount) -> {
                if (!amount.equals(balances.get(account))) {
                    violate("account " + account + " has " + balances.get(account) + ", but by its transfers "
                            + amount);
                }
            });
        }
        long sum = balances.values().stream().mapToLong(Long::longValue).sum();
        if (sum != total() || balances.size() != accounts) {
            violate("in the end " + balances.size() + " accounts have " + sum + " in place of " + total());
        }
    }

    @Override
    public synchronized String toString() {
        return "bank: " + counts + ", " + wrongSums + " wrong sums, " + violations.size() + " violations";
    }
}
