package io.pgplex.jdbc.execute;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunningStatementTest {
    private final RunningStatement running = new RunningStatement();
    private final List<String> cancelled = new ArrayList<>();

    @Test
    void cancelsOnlyWhatIsStillInFlight() throws SQLException {
        Statement first = statement("first");
        Statement second = statement("second");
        Statement third = statement("third");
        running.started(first);
        running.started(second);
        running.started(third);
        running.finished(first);
        running.cancel();

        assertThat(cancelled).containsExactlyInAnyOrder("second", "third");
    }

    @Test
    void cancelsNothingWhenAllHasFinished() throws SQLException {
        Statement only = statement("only");
        running.started(only);
        running.finished(only);
        running.cancel();

        assertThat(cancelled).isEmpty();
    }

    @Test
    void collectsTheWarningsOfEachStatementOnce() {
        Statement first = statement("first");
        Statement second = statement("second");
        running.started(first);
        running.started(second);
        running.finished(first);
        running.finished(first);
        running.finished(second);

        assertThat((Throwable) running.warnings()).hasMessage("first warns");
        assertThat((Throwable) running.warnings().getNextWarning()).hasMessage("second warns");
        assertThat((Throwable) running.warnings().getNextWarning().getNextWarning())
                .isNull();
    }

    private Statement statement(String name) {
        SQLWarning warning = new SQLWarning(name + " warns");
        return (Statement) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Statement.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "cancel" -> {
                        cancelled.add(name);
                        yield null;
                    }
                    case "getWarnings" -> warning;
                    case "equals" -> proxy == arguments[0];
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }
}
