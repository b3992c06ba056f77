package io.pgplex.jdbc.consistency;

import io.pgplex.jdbc.consistency.ListTransaction.Isolation;
import io.pgplex.jdbc.consistency.ListTransaction.Outcome;
import io.pgplex.jdbc.consistency.Operation.Append;
import io.pgplex.jdbc.consistency.Operation.Read;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A random history as a sound database would give it, one transaction after the other, with snapshots that are some transactions
 * old, aborted and unknown outcomes; and ways to spoil it. Confined to one thread.
 */
final class GeneratedHistory {

    /** How many transactions back a snapshot may be. */
    private static final int OLDEST_SNAPSHOT = 6;

    /** Each is planted among the transactions so far and those to come. */
    enum Fault {
        G0(Anomaly.Kind.G0) {
            @Override
            void plant(GeneratedHistory history) {
                long first = history.newKey();
                long second = history.newKey();
                Append a1 = history.append(first);
                Append b1 = history.append(first);
                Append b2 = history.append(second);
                Append a2 = history.append(second);
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(a1, a2));
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(b1, b2));
            }
        },
        G1A(Anomaly.Kind.G1A) {
            @Override
            void plant(GeneratedHistory history) {
                long key = history.anyKey();
                List<Long> seen = new ArrayList<>(history.list(key));
                Append undone = new Append(key, history.nextValue++);
                seen.add(undone.value());
                history.add(history.anyIsolation(), Outcome.ABORTED, List.of(undone));
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(new Read(key, seen)));
            }
        },
        G1B(Anomaly.Kind.G1B) {
            @Override
            void plant(GeneratedHistory history) {
                long key = history.anyKey();
                Append first = history.append(key);
                Read between = history.read(key);
                Append second = history.append(key);
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(between));
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(first, second));
            }
        },
        G1C(Anomaly.Kind.G1C) {
            @Override
            void plant(GeneratedHistory history) {
                Append first = history.append(history.newKey());
                Append second = history.append(history.newKey());
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(first, history.read(second.key())));
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(second, history.read(first.key())));
            }
        },
        INCOMPATIBLE_ORDER(Anomaly.Kind.INCOMPATIBLE_ORDER) {
            @Override
            void plant(GeneratedHistory history) {
                long key = history.anyKey();
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(history.append(key)));
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(history.append(key)));
                List<Long> swapped = new ArrayList<>(history.list(key));
                swapped.add(swapped.remove(swapped.size() - 2));
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(new Read(key, swapped)));
            }
        },
        LOST(Anomaly.Kind.LOST_APPEND) {
            @Override
            void plant(GeneratedHistory history) {
                Append lost = new Append(history.anyKey(), history.nextValue++);
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(lost));
            }
        },
        HALF_OF_AN_UNKNOWN_ONE(Anomaly.Kind.LOST_APPEND) {
            @Override
            void plant(GeneratedHistory history) {
                Append kept = history.append(history.anyKey());
                Append lost = new Append(history.anyKey(), history.nextValue++);
                history.add(history.anyIsolation(), Outcome.UNKNOWN, List.of(kept, lost));
            }
        },
        DUPLICATED(Anomaly.Kind.DUPLICATED_APPEND) {
            @Override
            void plant(GeneratedHistory history) {
                Append append = history.append(history.anyKey());
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(append));
                history.extend(append.key(), append.value());
            }
        },
        FOREIGN_VALUE(Anomaly.Kind.FOREIGN_VALUE) {
            @Override
            void plant(GeneratedHistory history) {
                history.append(history.anyKey());
            }
        },
        OWN_APPEND_UNSEEN(Anomaly.Kind.INTERNAL) {
            @Override
            void plant(GeneratedHistory history) {
                long key = history.anyKey();
                Read before = history.read(key);
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(history.append(key), before));
            }
        },
        UNREPEATABLE_READ(Anomaly.Kind.INTERNAL) {
            @Override
            void plant(GeneratedHistory history) {
                long key = history.anyKey();
                Read before = history.read(key);
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(history.append(key)));
                history.add(Isolation.REPEATABLE_READ, Outcome.COMMITTED, List.of(before, history.read(key)));
            }
        },
        FRACTURED_READ(Anomaly.Kind.FRACTURED_READ) {
            @Override
            void plant(GeneratedHistory history) {
                long first = history.newKey();
                long second = history.newKey();
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(history.append(first)));
                Read early = history.read(first);
                history.add(
                        history.anyIsolation(),
                        Outcome.COMMITTED,
                        List.of(history.append(first), history.append(second)));
                history.add(Isolation.REPEATABLE_READ, Outcome.COMMITTED, List.of(history.read(second), early));
            }
        },
        LATER_BESIDE_EARLIER(Anomaly.Kind.G_SINGLE) {
            @Override
            void plant(GeneratedHistory history) {
                long first = history.newKey();
                long second = history.newKey();
                Read early = history.read(first);
                history.add(history.anyIsolation(), Outcome.COMMITTED, List.of(history.append(first)));
                history.add(
                        history.anyIsolation(),
                        Outcome.COMMITTED,
                        List.of(history.read(first), history.append(second)));
                history.add(Isolation.REPEATABLE_READ, Outcome.COMMITTED, List.of(early, history.read(second)));
            }
        };

        private final Anomaly.Kind kind;

        Fault(Anomaly.Kind kind) {
            this.kind = kind;
        }

        /** What it must be found as. */
        Anomaly.Kind kind() {
            return kind;
        }

        abstract void plant(GeneratedHistory history);
    }

    private final SplittableRandom random;
    private final int keys;
    private final Map<Long, List<Long>> lists = new HashMap<>();
    private final Deque<Map<Long, List<Long>>> snapshots = new ArrayDeque<>();
    private final List<ListTransaction> transactions = new ArrayList<>();
    private long nextValue = 1;
    private long nextKey;

    GeneratedHistory(long seed, int keys) {
        this.random = new SplittableRandom(seed);
        this.keys = keys;
        this.nextKey = keys;
    }

    History history() {
        return new History(transactions, lists);
    }

    /** Adds sound transactions. */
    void grow(int count) {
        for (int i = 0; i < count; i++) {
            snapshots.addLast(new HashMap<>(lists));
            if (snapshots.size() > OLDEST_SNAPSHOT) {
                snapshots.removeFirst();
            }
            grow();
        }
    }

    private void grow() {
        int dice = random.nextInt(10);
        if (dice < 4) {
            add(Isolation.READ_COMMITTED, Outcome.COMMITTED, operations(lists, true));
        } else if (dice < 8) {
            Map<Long, List<Long>> snapshot = List.copyOf(snapshots).get(random.nextInt(snapshots.size()));
            add(Isolation.REPEATABLE_READ, Outcome.COMMITTED, operations(snapshot, true));
        } else if (dice < 9) {
            add(anyIsolation(), Outcome.ABORTED, operations(lists, false));
        } else {
            add(anyIsolation(), Outcome.UNKNOWN, operations(lists, random.nextBoolean()));
        }
    }

    /** Reads from the snapshot; appends to the lists, where nobody has done so since the snapshot. */
    private List<Operation> operations(Map<Long, List<Long>> snapshot, boolean takesPlace) {
        List<Operation> operations = new ArrayList<>();
        Set<Long> own = new HashSet<>();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            long key = random.nextInt(keys);
            boolean fresh =
                    own.contains(key) || snapshot.getOrDefault(key, List.of()).equals(list(key));
            if (random.nextBoolean() && fresh && takesPlace) {
                operations.add(append(key));
                own.add(key);
            } else if (random.nextBoolean() && !takesPlace) {
                operations.add(new Append(key, nextValue++));
            } else {
                operations.add(own.contains(key) ? read(key) : new Read(key, snapshot.getOrDefault(key, List.of())));
            }
        }
        return operations;
    }

    private List<Long> list(long key) {
        return lists.getOrDefault(key, List.of());
    }

    private void extend(long key, long value) {
        List<Long> longer = new ArrayList<>(list(key));
        longer.add(value);
        lists.put(key, List.copyOf(longer));
    }

    private Append append(long key) {
        extend(key, nextValue);
        return new Append(key, nextValue++);
    }

    private Read read(long key) {
        return new Read(key, list(key));
    }

    private void add(Isolation isolation, Outcome outcome, List<Operation> operations) {
        transactions.add(new ListTransaction(transactions.size(), isolation, outcome, operations));
    }

    private Isolation anyIsolation() {
        return random.nextBoolean() ? Isolation.READ_COMMITTED : Isolation.REPEATABLE_READ;
    }

    private long anyKey() {
        return random.nextInt(keys);
    }

    /** One that no sound transaction uses. */
    private long newKey() {
        return nextKey++;
    }
}
