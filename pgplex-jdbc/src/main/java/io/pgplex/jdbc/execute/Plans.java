package io.pgplex.jdbc.execute;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.routing.Router;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.hint.HintException;
import io.pgplex.routing.hint.HintParser;
import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Refusal;
import io.pgplex.routing.scan.QuestionMark;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.SqlSyntaxException;
import io.pgplex.routing.scan.StatementScanner;
import io.pgplex.routing.statistics.Statistics;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.postgresql.core.Parser;

/** Scanned texts and their plans, kept for all sessions of the JVM. Thread-safe. */
public final class Plans {

    /** Texts longer than this are scanned each time: they are data loads, and would fill the cache with megabytes. */
    private static final int MAXIMUM_CACHED_CHARACTERS = 64 * 1024;

    private record TextKey(String sql, boolean jdbcParameters, boolean escapeProcessing) {}

    private record PlanKey(PreparedText text, int statement, RoutingScope scope) {}

    private final Cache<TextKey, PreparedText> texts;
    private final Cache<PlanKey, PreparedText.PlanSlot> plans;

    private final Supplier<Statistics> currentStatistics;

    /**
     * @param maximumSize most texts, and most plans
     * @param currentStatistics the sizes of tables as they are known now
     */
    public Plans(long maximumSize, Supplier<Statistics> currentStatistics) {
        this.currentStatistics = currentStatistics;
        this.texts = Caffeine.newBuilder().maximumSize(maximumSize).build();
        this.plans = Caffeine.newBuilder().maximumSize(maximumSize).build();
    }

    /**
     * A text, scanned.
     *
     * @throws SQLException 42601 for a malformed text or hint, 22023 for an unknown hint
     */
    PreparedText text(String sql, boolean jdbcParameters, boolean escapeProcessing) throws SQLException {
        if (sql.length() > MAXIMUM_CACHED_CHARACTERS) {
            return scan(sql, jdbcParameters, escapeProcessing);
        }
        TextKey key = new TextKey(sql, jdbcParameters, escapeProcessing);
        PreparedText text = texts.getIfPresent(key);
        if (text == null) {
            text = scan(sql, jdbcParameters, escapeProcessing);
            texts.put(key, text);
        }
        return text;
    }

    private static PreparedText scan(String sql, boolean jdbcParameters, boolean escapeProcessing) throws SQLException {
        // braces may be JDBC escapes, which pgjdbc translates before the server sees them
        String sent = escapeProcessing && sql.indexOf('{') >= 0 ? Parser.replaceProcessing(sql, true, true) : sql;
        try {
            List<ScannedStatement> statements =
                    StatementScanner.scan(sent, jdbcParameters ? QuestionMark.PARAMETER : QuestionMark.OPERATOR);
            List<Hints> hints = new ArrayList<>(statements.size());
            for (ScannedStatement statement : statements) {
                hints.add(HintParser.parse(statement.hintTexts()));
            }
            return new PreparedText(sent, jdbcParameters, statements, hints);
        } catch (SqlSyntaxException e) {
            throw PgplexErrors.from(e);
        } catch (HintException e) {
            throw PgplexErrors.from(e);
        }
    }

    /**
     * The plan of a statement.
     *
     * @param statistics how the session asks for the sizes of tables, which it does only to choose what travels
     * @throws SQLException why the statement cannot run
     */
    Plan plan(PreparedText text, int statement, ClusterMap map, RoutingScope scope, Supplier<Statistics> statistics)
            throws SQLException {
        Plan plan = text.plan(statement, map, scope, currentStatistics);
        if (plan != null) {
            return plan;
        }
        PlanKey key = new PlanKey(text, statement, scope);
        PreparedText.PlanSlot slot = plans.getIfPresent(key);
        if (slot == null || !slot.isFor(map, scope, currentStatistics)) {
            AskedStatistics asked = new AskedStatistics(statistics);
            Plan made = route(text, statement, map, scope, asked);
            slot = new PreparedText.PlanSlot(map, scope, made, asked.basis());
            if (text.sql().length() <= MAXIMUM_CACHED_CHARACTERS) {
                plans.put(key, slot);
            }
        }
        text.remember(statement, slot);
        return slot.plan();
    }

    /**
     * PostgreSQL's own error for a statement that nests deeper than its stack; the parser's stack is the application's
     * thread's, and is whole again when this is called.
     */
    private static SQLException tooDeep() {
        return PgplexErrors.from(new Refusal(
                "54001",
                "stack depth limit exceeded",
                null,
                "Nest the statement less deeply, or run it on a thread with a larger stack.",
                0));
    }

    private static Plan route(
            PreparedText text, int statement, ClusterMap map, RoutingScope scope, Statistics statistics)
            throws SQLException {
        try {
            return Router.plan(text.statements().get(statement), text.hints().get(statement), map, scope, statistics);
        } catch (RoutingException e) {
            throw PgplexErrors.from(e);
        } catch (SqlSyntaxException e) {
            throw PgplexErrors.from(e);
        } catch (StackOverflowError e) {
            throw tooDeep();
        }
    }
}
