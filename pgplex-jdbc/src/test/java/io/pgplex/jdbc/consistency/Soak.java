package io.pgplex.jdbc.consistency;

import io.pgplex.testkit.LocalCluster;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Runs lists and banks with faults for some minutes, each round with the next seed and new databases on the same servers. Ends with
 * exit code 1 after an anomaly or a violation. The seed decides what is done and broken, not what meets what.
 */
final class Soak {

    private static final String USAGE = """
            usage: make soak ARGUMENTS="--minutes=30 --seed=1"
              --minutes=N     how long; 10 if not given. A round that has begun is ended
              --seed=N        of the first round; the clock's if not given
              --shards=N      primaries; 3 if not given""";

    private static final int TRANSACTIONS = 8000;
    private static final int LIST_FAULTS = 12;
    private static final int BANK_FAULTS_OF_EACH_KIND = 5;
    private static final int MOST_SHOWN = 10;

    private Soak() {}

    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            if (parts.length != 2 || !List.of("--minutes", "--seed", "--shards").contains(parts[0])) {
                System.err.println(USAGE);
                System.exit(2);
            }
            options.put(parts[0], parts[1]);
        }
        long seed = options.containsKey("--seed") ? Long.parseLong(options.get("--seed")) : System.currentTimeMillis();
        double minutes = Double.parseDouble(options.getOrDefault("--minutes", "10"));
        long end = System.nanoTime() + (long) (minutes * 60e9);
        int wrong = 0;
        try (LocalCluster cluster = LocalCluster.builder()
                .shards(Integer.parseInt(options.getOrDefault("--shards", "3")))
                .links()
                .start()) {
            for (int round = 1; round == 1 || System.nanoTime() < end; round++, seed++) {
                System.out.println("seed " + seed);
                wrong += lists(cluster, "lists" + round, seed) + bank(cluster, "bank" + round, seed);
            }
        }
        System.out.println(wrong == 0 ? "nothing is wrong" : wrong + " anomalies and violations");
        System.exit(wrong == 0 ? 0 : 1);
    }

    private static int lists(LocalCluster cluster, String name, long seed) throws Exception {
        try (LocalCluster fresh = cluster.fresh(name)) {
            SplittableRandom random = new SplittableRandom(seed);
            Faults.Fault[] kinds = Faults.Fault.values();
            List<Faults.Fault> faults = new ArrayList<>();
            for (int i = 0; i < LIST_FAULTS; i++) {
                faults.add(kinds[random.nextInt(kinds.length)]);
            }
            ListAppendRun.Result result = new ListAppendRun(fresh, "", seed, TRANSACTIONS).run(faults);
            System.out.println(result);
            result.anomalies().stream().limit(MOST_SHOWN).forEach(System.out::println);
            return result.anomalies().size();
        }
    }

    private static int bank(LocalCluster cluster, String name, long seed) throws Exception {
        try (LocalCluster fresh = cluster.fresh(name)) {
            Ledger ledger = new BankRun(fresh, seed).run(BANK_FAULTS_OF_EACH_KIND);
            System.out.println(ledger);
            ledger.violations().forEach(System.out::println);
            return ledger.violations().size();
        }
    }
}
