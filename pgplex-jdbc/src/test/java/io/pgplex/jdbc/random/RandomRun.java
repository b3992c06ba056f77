package io.pgplex.jdbc.random;

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
    private record Refusal(int count, Node shortest) {
        Refusal and(Node statement) {
            return new Refusal(count + 1, statement.size() < shortest.size() ? statement : shortest);
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
        Dice dice = new Dice(seed * 1_000_003 + index);
        Node statement = Queries.statement(dice);
        boolean inTransaction = dice.chance(0.1);
        count++;
        Outcome outcome = outcome(statement, inTransaction);
        verdicts.merge(outcome.verdict(), 1, Integer::sum);
        if (!outcome.expectedError().isEmpty()) {
            failed++;
            errors.merge(outcome.expectedError(), 1, Integer::sum);
        }
        if (outcome.verdict() == Verdict.REFUSED) {
            Refusal refusal = new Refusal(1, statement);
            refusals.merge(outcome.error(), refusal, (old, one) -> old.and(statement));
        } else if (outcome.verdict().differs() && seen.merge(outcome, 1, Integer::sum) <= MOST_ALIKE) {
            String origin =
                    "--seed=" + seed + " --index=" + index + (inTransaction ? " in a transaction with fetch size" : "");
            String report = differ(statement, inTransaction, outcome, origin);
            differences.add(report);
            out.println(report + "\n");
        }
    }

    /** What came of a statement, as far as it must stay so while the statement shrinks. */
    private record Outcome(Verdict verdict, String expectedError, String error) {}

    private Outcome outcome(Node statement, boolean inTransaction) throws SQLException {
        Sql sql = Sql.of(statement);
        Answer expected = sides.reference(sql);
        Answer actual = referencesOnly ? sides.second(sql) : sides.pgplex(sql, inTransaction);
        return outcome(sql, expected, actual);
    }

    private static Outcome outcome(Sql sql, Answer expected, Answer actual) {
        return new Outcome(Verdict.of(expected, actual, sql.order()), expected.error(), actual.error());
    }

    /** The report about the smallest statement that differs in the same way. */
    private String differ(Node statement, boolean inTransaction, Outcome outcome, String origin) throws SQLException {
        Outcome references = references(statement);
        boolean defined = references.verdict() == Verdict.SAME;
        Sql sql = Sql.of(
                defined
                        ? shrunk(statement, node -> {
                            Outcome now = outcome(node, inTransaction);
                            return now.equals(outcome) && references(node).verdict() == Verdict.SAME;
                        })
                        : shrunk(statement, node -> references(node).equals(references)));
        return (defined ? outcome.verdict() : "UNDEFINED") + " " + origin + "\n  " + sql + "\n  reference: "
                + sides.reference(sql) + "\n  "
                + (defined ? "pgplex: " + sides.pgplex(sql, inTransaction) : "second reference: " + sides.second(sql));
    }

    private Outcome references(Node statement) throws SQLException {
        Sql sql = Sql.of(statement);
        return outcome(sql, sides.reference(sql), sides.second(sql));
    }

    /** Says whether a smaller statement will do. */
    private interface Trial {
        boolean of(Node statement) throws SQLException;
    }

    private static Node shrunk(Node statement, Trial trial) {
        return new Shrinking(
                        node -> {
                            try {
                                return trial.of(node);
                            } catch (SQLException e) {
                                throw new IllegalStateException("no connection is left after " + Sql.of(node), e);
                            }
                        },
                        SHRINKING_STEPS,
                        SHRINKING_NANOS)
                .of(statement);
    }

    List<String> differences() {
        return differences;
    }

    /** Refusals that no line allows, each with the smallest statement that was found for it. */
    List<String> unexpectedRefusals() {
        List<String> unexpected = new ArrayList<>();
        refusals.forEach((message, refusal) -> {
            if (!allowed.contains(message)) {
                Node smallest = shrunk(refusal.shortest(), node -> {
                    Outcome outcome = outcome(node, false);
                    return outcome.verdict() == Verdict.REFUSED
                            && outcome.error().equals(message);
                });
                unexpected.add("refused " + refusal.count() + " times: " + message + "\n  " + Sql.of(smallest));
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
