package io.pgplex.jdbc.random;

import io.pgplex.jdbc.random.Sides.Attempt;
import java.io.PrintStream;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * Random statements, one after the other, and what came of them. The statement with a seed and an index is always the same one.
 * Confined to one thread.
 */
final class RandomRun {

    /** The part of the statements that write. */
    private static final double WRITES = 0.12;

    private static final int SHRINKING_STEPS = 600;
    private static final long SHRINKING_NANOS = 30_000_000_000L;
    private static final int MOST_DIFFERENCES = 20;
    /** Of statements that differ in the same way, the first ones are reported. */
    private static final int MOST_ALIKE = 3;

    private final Sides sides;
    private final AllowedRefusals allowed;
    private final boolean referencesOnly;
    private final PrintStream out;

    private final Map<Verdict, Integer> verdicts = new TreeMap<>();
    private final Map<String, Refusal> refusals = new TreeMap<>();
    private final Map<String, Integer> errors = new TreeMap<>();
    private final Map<Outcome, Integer> seen = new HashMap<>();
    private final List<String> differences = new ArrayList<>();
    private int count;
    private int failed;

    /** How often a message was met, and the shortest statement that met it. */
    private record Refusal(int count, Attempt shortest) {
        Refusal and(Attempt attempt) {
            boolean shorter = attempt.statement().size() < shortest.statement().size();
            return new Refusal(count + 1, shorter ? attempt : shortest);
        }
    }

    /** {@code referencesOnly} compares the two references, which shows what the generator should not have made. */
    RandomRun(Sides sides, AllowedRefusals allowed, boolean referencesOnly, PrintStream out) {
        this.sides = sides;
        this.allowed = allowed;
        this.referencesOnly = referencesOnly;
        this.out = out;
    }

    /** Runs statements from that index on, until told to stop or until there are too many differences. */
    void run(long seed, long firstIndex, BooleanSupplier goOn) throws SQLException {
        for (long index = firstIndex; goOn.getAsBoolean() && differences.size() < MOST_DIFFERENCES; index++) {
            run(seed, index);
        }
    }

    private void run(long seed, long index) throws SQLException {
        Attempt attempt = attempt(new Dice(seed * 1_000_003 + index));
        count++;
        Outcome outcome = outcome(attempt);
        verdicts.merge(outcome.verdict(), 1, Integer::sum);
        if (!outcome.expectedError().isEmpty()) {
            failed++;
            errors.merge(outcome.expectedError(), 1, Integer::sum);
        }
        if (outcome.verdict() == Verdict.REFUSED) {
            String refused = (attempt.written() == null ? "read: " : "write: ") + outcome.error();
            refusals.merge(refused, new Refusal(1, attempt), (old, one) -> old.and(attempt));
        } else if (outcome.verdict().differs() && seen.merge(outcome, 1, Integer::sum) <= MOST_ALIKE) {
            String report = differ(attempt, outcome, "--seed=" + seed + " --index=" + index);
            differences.add(report);
            out.println(report + "\n");
        }
    }

    private static Attempt attempt(Dice dice) {
        if (dice.chance(WRITES)) {
            Table table = dice.one(Schema.tables());
            return new Attempt(Writes.statement(dice, table), false, table);
        }
        return new Attempt(Queries.statement(dice), dice.chance(0.1), null);
    }

    /** What came of a statement, as far as it must stay so while the statement shrinks. */
    private record Outcome(Verdict verdict, String expectedError, String error) {
        static Outcome of(Attempt attempt, Answer expected, Answer actual) {
            Verdict verdict = Verdict.of(expected, actual, attempt.sql().order());
            return new Outcome(verdict, expected.error(), actual.error());
        }
    }

    private Outcome outcome(Attempt attempt) throws SQLException {
        return referencesOnly
                ? references(attempt)
                : Outcome.of(attempt, sides.reference(attempt), sides.pgplex(attempt));
    }

    private Outcome references(Attempt attempt) throws SQLException {
        return Outcome.of(attempt, sides.reference(attempt), sides.second(attempt));
    }

    /** The report about the smallest statement that differs in the same way. */
    private String differ(Attempt attempt, Outcome outcome, String origin) throws SQLException {
        Outcome references = references(attempt);
        boolean defined = references.verdict() == Verdict.SAME;
        Attempt smallest = defined
                ? shrunk(
                        attempt,
                        each -> outcome(each).equals(outcome)
                                && references(each).verdict() == Verdict.SAME)
                : shrunk(attempt, each -> references(each).equals(references));
        return (defined ? outcome.verdict() : "UNDEFINED") + " " + origin
                + (attempt.inTransaction() ? " in a transaction with fetch size" : "") + "\n  " + smallest.sql()
                + "\n  reference: " + sides.reference(smallest) + "\n  "
                + (defined ? "pgplex: " + sides.pgplex(smallest) : "second reference: " + sides.second(smallest));
    }

    /** Says whether a smaller statement will do. */
    private interface Trial {
        boolean of(Attempt attempt) throws SQLException;
    }

    private static Attempt shrunk(Attempt attempt, Trial trial) {
        return attempt.with(new Shrinking(
                        node -> {
                            try {
                                return trial.of(attempt.with(node));
                            } catch (SQLException e) {
                                throw new IllegalStateException("no connection is left after " + Sql.of(node), e);
                            }
                        },
                        SHRINKING_STEPS,
                        SHRINKING_NANOS)
                .of(attempt.statement()));
    }

    List<String> differences() {
        return differences;
    }

    /** Refusals that no line allows, each with the smallest statement that was found for it. */
    List<String> unexpectedRefusals() {
        List<String> unexpected = new ArrayList<>();
        refusals.forEach((message, refusal) -> {
            if (!allowed.contains(message)) {
                Attempt smallest = shrunk(refusal.shortest(), attempt -> {
                    Outcome outcome = outcome(attempt);
                    return outcome.verdict() == Verdict.REFUSED && message.endsWith(": " + outcome.error());
                });
                unexpected.add("refused " + refusal.count() + " times, " + message + "\n  " + smallest.sql());
            }
        });
        return unexpected;
    }

    int count() {
        return count;
    }

    /** Statements that both sides answered alike with rows. */
    int answered() {
        return verdicts.getOrDefault(Verdict.SAME, 0) - failed;
    }

    /** Figures, and the errors of the reference. */
    void print() {
        out.println(count + " statements: " + verdicts);
        errors.forEach((message, times) -> out.println("failed " + times + " times: " + message));
        seen.forEach((outcome, times) -> {
            if (times > MOST_ALIKE) {
                out.println("differed " + times + " times: " + outcome);
            }
        });
    }
}
