package io.pgplex.jdbc.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class ShrinkingTest {

    private static final long MINUTE_NANOS = 60_000_000_000L;

    /** A statement that needs some steps: with parameters and a full join below a subquery. */
    private static Node large(Predicate<String> wanted) {
        for (long seed = 0; seed < 5000; seed++) {
            Node statement = Queries.statement(new Dice(seed));
            if (statement.size() > 120 && wanted.test(Sql.of(statement).text())) {
                return statement;
            }
        }
        throw new AssertionError("no such statement");
    }

    private static Node shrunk(Node statement, Predicate<String> fails, int steps) {
        return new Shrinking(node -> fails.test(Sql.of(node).text()), steps, MINUTE_NANOS).of(statement);
    }

    @Test
    void keepsOnlyWhatIsNeeded() {
        Predicate<String> fails = text -> text.contains("FULL JOIN") && text.contains("coalesce(");
        Node statement = large(fails);

        Node smallest = shrunk(statement, fails, 10_000);

        assertThat(Sql.of(smallest).text()).contains("FULL JOIN", "coalesce(");
        assertThat(smallest.size()).isLessThan(statement.size() / 3);
    }

    @Test
    void keepsParametersInStepWithTheText() {
        Predicate<String> fails = text -> text.chars().filter(c -> c == '?').count() >= 2;

        Sql smallest = Sql.of(shrunk(large(fails), fails, 10_000));

        assertThat(smallest.parameters()).hasSize(2);
        assertThat(smallest.text()).containsPattern("\\?.*\\?").doesNotContainPattern("\\?.*\\?.*\\?");
    }

    @Test
    void doesNotLeaveOutATotalOrderUnderLimit() {
        Predicate<String> fails = text -> text.contains(" LIMIT ");

        Sql smallest = Sql.of(shrunk(large(fails), fails, 10_000));

        assertThat(smallest.text()).containsPattern("ORDER BY .* LIMIT ");
    }

    @Test
    void triesNoMoreStepsThanAllowed() {
        AtomicInteger steps = new AtomicInteger();

        new Shrinking(
                        node -> {
                            steps.incrementAndGet();
                            return false;
                        },
                        25,
                        MINUTE_NANOS)
                .of(large(text -> true));

        assertThat(steps).hasValue(25);
    }

    @Test
    void makesTheSameStatementOfTheSameSeed() {
        Sql first = Sql.of(Queries.statement(new Dice(7)));

        assertThat(Sql.of(Queries.statement(new Dice(7)))).isEqualTo(first);
        assertThat(Sql.of(Queries.statement(new Dice(8)))).isNotEqualTo(first);
    }
}
