package io.pgplex.benchmarks.transfer;

import java.io.IOException;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Transfers between two shards in one run: pgplex beside an application that gives up atomicity, one that commits in two phases
 * itself, and ShardingSphere-JDBC with XA. Arguments, all optional: rounds, seconds of a turn, directory of the servers, which
 * must be on a disk.
 *
 * <p>A plain loop and not JMH: a transaction takes milliseconds, nearly all of them spent in servers and on their disks, so that
 * what JMH guards against (dead code, inlining that depends on who ran first) is far below the noise, while the noise of a
 * disk drifts over minutes, and JMH would measure one contender after the other. Here every round gives each contender a turn,
 * and another one goes first each time; a ratio is the median of the ratios within rounds. Rounds that are not counted go
 * ahead until the JVM has compiled what it runs.
 */
public final class TransferMain {

    /** The share of a rival's throughput that pgplex is to reach. */
    private record Goal(Contender rival, double ratio) {}

    private static final int ROUNDS = 9;
    private static final int SECONDS = 4;

    /** The share of the time below which the JVM's compiler counts as idle. */
    private static final double COMPILER_IDLE = 0.05;

    private static final int WARM_UP_LIMIT = 10;

    /** A directory that is kept over restarts, hence hardly ever in memory as the testkit's own choice is. */
    private static final String DIRECTORY = "/var/tmp";

    private static final Set<String> IN_MEMORY = Set.of("tmpfs", "ramfs");

    private TransferMain() {}

    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : ROUNDS;
        int seconds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : SECONDS;
        Path directory =
                Path.of(arguments.length > 2 ? arguments[2] : DIRECTORY).toAbsolutePath();
        if (rounds < 1 || seconds < 1) {
            throw new IllegalArgumentException("at least one round of one second");
        }
        String fileSystem = Files.getFileStore(directory).type();
        if (IN_MEMORY.contains(fileSystem)) {
            throw new IllegalArgumentException(
                    directory + " is in memory, where nothing is durable: name another directory");
        }
        System.setProperty("pgplex.testkit.directory", directory.toString());
        try (Bank bank = Bank.open();
                Throughput throughput = new Throughput(bank, Duration.ofSeconds(seconds))) {
            System.out.printf(
                    "%d threads, 2 shards, %d rounds of %d s each; %s; data on %s, %s%n",
                    Throughput.THREADS, rounds, seconds, bank.description(), directory, fileSystem);
            compare(bank, throughput, rounds, directory);
            bank.audit();
            System.out.println("No money was lost or made, and no prepared transaction is left.");
        }
    }

    private static void compare(Bank bank, Throughput throughput, int rounds, Path directory) throws Exception {
        Path log = Files.createTempDirectory(directory, "pgplex-bench-xa-");
        try (Contender pgplex = new Pgplex(bank);
                Contender separate = new SeparateCommits(bank);
                Contender byHand = HandWrittenTwoPhaseCommit.oneAfterTheOther(bank);
                Contender parallel = HandWrittenTwoPhaseCommit.inParallel(bank);
                Contender shardingSphere = new ShardingSphereXa(bank, log)) {
            List<Contender> contenders = List.of(pgplex, separate, byHand, parallel, shardingSphere);
            warmUp(bank, throughput, contenders);
            double[][] results = run(bank, throughput, contenders, rounds);
            report(contenders, results);
            report(
                    contenders,
                    results,
                    List.of(new Goal(separate, 0.6), new Goal(byHand, 1.05), new Goal(shardingSphere, 3)));
        } finally {
            delete(log);
        }
    }

    /** Gives turns until the JVM has hardly anything left to compile; the contender with most code takes the longest. */
    private static void warmUp(Bank bank, Throughput throughput, List<Contender> contenders)
            throws InterruptedException {
        CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
        for (int round = 1; round <= WARM_UP_LIMIT; round++) {
            long begin = System.nanoTime();
            long compiled = compiler.getTotalCompilationTime();
            round(bank, throughput, contenders, -round);
            compiled = compiler.getTotalCompilationTime() - compiled;
            double share = compiled * 1e6 / (System.nanoTime() - begin);
            System.out.printf("warm-up %d: the compiler was busy for %.1f %% of the time%n", round, share * 100);
            if (share < COMPILER_IDLE) {
                return;
            }
        }
    }

    /** Transfers per second, by contender and round. */
    private static double[][] run(Bank bank, Throughput throughput, List<Contender> contenders, int rounds)
            throws InterruptedException {
        double[][] results = new double[contenders.size()][rounds];
        for (int round = 0; round < rounds; round++) {
            double[] measured = round(bank, throughput, contenders, round);
            for (int contender = 0; contender < measured.length; contender++) {
                results[contender][round] = measured[contender];
            }
        }
        return results;
    }

    /** A turn of each contender, the number of the round saying who begins and what is transferred. */
    private static double[] round(Bank bank, Throughput throughput, List<Contender> contenders, int number)
            throws InterruptedException {
        double[] measured = new double[contenders.size()];
        for (int turn = 0; turn < measured.length; turn++) {
            int contender = Math.floorMod(number + turn, measured.length);
            measured[contender] = throughput.of(contenders.get(contender), number);
            bank.audit();
        }
        return measured;
    }

    private static void report(List<Contender> contenders, double[][] results) {
        System.out.printf(
                "%n%-34s %10s %10s %10s %14s%n", "transfers per second", "median", "least", "most", "pgplex is");
        for (int contender = 0; contender < contenders.size(); contender++) {
            double[] sorted = results[contender].clone();
            Arrays.sort(sorted);
            System.out.printf(
                    "%-34s %,10.0f %,10.0f %,10.0f %8.2f times%n",
                    contenders.get(contender).name(),
                    median(sorted),
                    sorted[0],
                    sorted[sorted.length - 1],
                    ratio(results[0], results[contender]));
        }
    }

    private static void report(List<Contender> contenders, double[][] results, List<Goal> goals) {
        System.out.println();
        for (Goal goal : goals) {
            double ratio = ratio(results[0], results[contenders.indexOf(goal.rival())]);
            System.out.printf(
                    "goal: at least %.2f of %s: %.2f, %s%n",
                    goal.ratio(), goal.rival().name(), ratio, ratio >= goal.ratio() ? "met" : "MISSED");
        }
    }

    /** The median of the rounds' ratios. */
    private static double ratio(double[] ours, double[] theirs) {
        return median(IntStream.range(0, ours.length)
                .mapToDouble(round -> ours[round] / theirs[round])
                .sorted()
                .toArray());
    }

    private static double median(double[] sorted) {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static void delete(Path directory) throws IOException {
        List<Path> paths = new ArrayList<>();
        try (var found = Files.walk(directory)) {
            found.forEach(paths::add);
        }
        for (int last = paths.size() - 1; last >= 0; last--) {
            Files.delete(paths.get(last));
        }
    }
}
