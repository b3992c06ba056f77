package io.pgplex.jdbc.random;

import io.pgplex.testkit.DatabaseLocale;
import io.pgplex.testkit.LocalCluster;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares pgplex with one PostgreSQL on random statements for some minutes, or says again what came of one statement. Ends with
 * exit code 1 after a difference or a refusal that is not allowed.
 */
final class RandomStatements {

    private static final String USAGE = """
            usage: make fuzz ARGUMENTS="--minutes=10 --seed=1"
              --minutes=N     how long; 10 if not given
              --seed=N        where to begin; each database of 3000 statements has the next seed. The clock's if not given
              --index=N       this statement of the seed alone
              --shards=N      primaries; 3 if not given
              --locale=NAME   collation of the databases, such as icu:en-US; code point order if not given
              --references    pgplex is left out: two PostgreSQL servers, to see whether the statements have one answer""";

    private static final int STATEMENTS_OF_A_SEED = 3000;

    private RandomStatements() {}

    public static void main(String[] arguments) throws SQLException {
        Map<String, String> options = new HashMap<>();
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            if (!List.of("--minutes", "--seed", "--index", "--shards", "--locale", "--references")
                    .contains(parts[0])) {
                System.err.println(USAGE);
                System.exit(2);
            }
            options.put(parts[0], parts.length == 2 ? parts[1] : "");
        }
        int wrong;
        try (LocalCluster cluster = LocalCluster.builder()
                .shards(Integer.parseInt(options.getOrDefault("--shards", "3")))
                .locale(DatabaseLocale.parse(options.getOrDefault("--locale", "")))
                .inMemory()
                .start()) {
            wrong = run(cluster, options);
        }
        System.exit(wrong == 0 ? 0 : 1);
    }

    private static int run(LocalCluster cluster, Map<String, String> options) throws SQLException {
        long seed = options.containsKey("--seed") ? Long.parseLong(options.get("--seed")) : System.currentTimeMillis();
        double minutes = Double.parseDouble(options.getOrDefault("--minutes", "10"));
        long end = System.nanoTime() + (long) (minutes * 60e9);
        List<String> wrong = new ArrayList<>();
        boolean more = true;
        for (int round = 1; more; round++, seed++) {
            try (LocalCluster database = cluster.fresh("round" + round);
                    Sides sides = Sides.open(database, seed)) {
                System.out.println("seed " + seed);
                RandomRun run =
                        new RandomRun(sides, AllowedRefusals.read(), options.containsKey("--references"), System.out);
                if (options.containsKey("--index")) {
                    run.run(seed, Long.parseLong(options.get("--index")), () -> run.count() == 0);
                } else {
                    run.run(seed, 0, () -> run.count() < STATEMENTS_OF_A_SEED && System.nanoTime() < end);
                }
                run.print();
                wrong.addAll(run.differences());
                List<String> refusals = run.unexpectedRefusals();
                refusals.forEach(System.out::println);
                wrong.addAll(refusals);
            }
            more = !options.containsKey("--index") && System.nanoTime() < end;
        }
        System.out.println(wrong.isEmpty() ? "nothing differs" : wrong.size() + " differences and refusals");
        return wrong.size();
    }
}
