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
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.postgresql.core.Parser;

/** Scanned texts and their plans, kept for all sessions of the JVM. Thread-safe. */
public final class Plans {

    /** Texts longer than this are scanned each time: they are data loads, and would fill the cache with megabytes. */
    private static final int MAXIMUM_CACHED_CHARACTERS = 64 * 1024;

    /** What takes more memory than this counts as several plans. */
    private static final int BYTES_PER_PLAN = 4096;

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
        this.texts = Caffeine.newBuilder()
                .maximumWeight(maximumSize)
                .<TextKey, PreparedText>weigher((key, text) -> weight(text, 24))
                .build();
        this.plans = Caffeine.newBuilder()
                .maximumWeight(maximumSize)
                .<PlanKey, PreparedText.PlanSlot>weigher((key, slot) -> weight(key.text(), 100))
                .build();
    }

    /** How many plans a text or its plan counts as, by about what each of its characters, tokens and statements takes. */
    private static int weight(PreparedText text, int bytesPerToken) {
        int bytes = text.sql().length();
        for (ScannedStatement statement : text.statements()) {
            bytes += 500 + bytesPerToken * statement.tokenCount();
        }
        return 1 + bytes / BYTES_PER_PLAN;
    }

    /**
     * A text, scanned.
     *
     * @throws SQLException 42601 for a malformed text or hint, 22023 for an unknown hint
     */
    public PreparedText text(String sql, boolean jdbcParameters, boolean escapeProcessing) throws SQLException {
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

    /** The plan; what may go deep runs on a stack that is known to be large enough. */
    private static Plan route(
            PreparedText text, int statement, ClusterMap map, RoutingScope scope, Statistics statistics)
            throws SQLException {
        ScannedStatement scanned = text.statements().get(statement);
        Hints hints = text.hints().get(statement);
        try {
            return Router.needsLargeStack(scanned)
                    ? LargeStack.call(() -> Router.plan(scanned, hints, map, scope, statistics))
                    : Router.plan(scanned, hints, map, scope, statistics);
        } catch (ExecutionException e) {
            throw refused(Objects.requireNonNullElse(e.getCause(), e));
        } catch (RuntimeException | StackOverflowError e) {
            throw refused(e);
        }
    }

    private static SQLException refused(Throwable failure) {
        if (failure instanceof RoutingException routing) {
            return PgplexErrors.from(routing);
        }
        if (failure instanceof SqlSyntaxException syntax) {
            return PgplexErrors.from(syntax);
        }
        if (failure instanceof StackOverflowError) {
            // the thread's stack is whole again here; no text is known that comes so far
            return PgplexErrors.from(Refusal.tooComplex(0));
        }
        if (failure instanceof Error error) {
            throw error;
        }
        return PgplexErrors.bug("the statement could not be planned", failure);
    }
}
