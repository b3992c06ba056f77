package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.execute.TemporaryTables.Target;
import io.pgplex.jdbc.intermediate.CopyFormat;
import io.pgplex.jdbc.intermediate.MovedRelations;
import io.pgplex.jdbc.intermediate.Shape;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.scan.Identifiers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.Timer;
import java.util.TimerTask;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOperation;
import org.postgresql.copy.CopyOut;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.jdbc.PgResultSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pipes the rows of one query from the shards that have them into temporary tables on those that need them: COPY TO STDOUT
 * on one connection, COPY FROM STDIN on the others, message by message, so that the heap holds one row. What a shard needs
 * of its own rows does not travel. For queries that only read and run on each shard alone. Belongs to one session.
 */
final class CopyPipe {

    private static final Logger LOG = LoggerFactory.getLogger(CopyPipe.class);

    private final ScatterCalls calls;
    private final TemporaryTables tables;

    CopyPipe(ScatterCalls calls, TemporaryTables tables) {
        this.calls = calls;
        this.tables = tables;
    }

    /**
     * A query and where it runs.
     *
     * @param texts by source, what COPY reads there: without parameters
     */
    private record Query(Fragment fragment, List<Target> sources, Map<Target, String> texts) {}

    /**
     * What arrived, counted once for each shard that got it.
     *
     * @param bytes as COPY has them; a shard's own rows are none
     */
    record Piped(long rows, long bytes) {}

    /**
     * Whether every text can be one of COPY, which takes no parameters.
     *
     * @return the texts, or null
     */
    private static @Nullable Map<Target, String> texts(Fragment fragment, List<Target> sources, Execution execution)
            throws SQLException {
        Map<Target, String> texts = new HashMap<>();
        for (Target source : sources) {
            MovedRelations.Text text = execution
                    .relations()
                    .text(
                            fragment.sql(),
                            source.shard().ordinal(),
                            execution.questionMark(fragment.parameters().length));
            String literal = text.hasArrays()
                    ? null
                    : CopyLiterals.text(
                            text.sql(),
                            fragment.parameters(),
                            execution.parameters(),
                            execution.questionMark(fragment.parameters().length));
            if (literal == null) {
                return null;
            }
            texts.put(source, literal);
        }
        return texts;
    }

    /**
     * Moves the rows; null where COPY cannot run the query, and nothing was done.
     *
     * @param table the name of the temporary table, which is created
     */
    @Nullable
    Piped run(
            Intermediate intermediate,
            String table,
            Fragment fragment,
            List<Target> sources,
            List<Target> targets,
            boolean everywhere,
            MovementBudget budget,
            Execution execution)
            throws SQLException {
        Map<Target, String> texts = texts(fragment, sources, execution);
        if (texts == null) {
            return null;
        }
        Query query = new Query(fragment, sources, texts);
        Described described = describe(intermediate, query, execution);
        tables.create(table, described.shape(), targets, everywhere);
        Timeout timeout = Timeout.start(budget.remainingMillis(), execution.running());
        try {
            Piped own = insertOwn(query, described, table, targets, execution);
            Piped others = targets.size() == 1
                    ? gather(query, described, table, targets.get(0), budget, execution)
                    : broadcast(query, described, table, targets, budget, execution);
            tables.analyze(table, targets);
            return new Piped(own.rows() + others.rows(), others.bytes());
        } finally {
            timeout.stop();
        }
    }

    // ---- what the rows look like

    /**
     * The columns of the query's answer.
     *
     * @param outputs the columns that travel, as a list of expressions over p(c1, c2, ...)
     * @param names p's columns
     */
    private record Described(Shape shape, CopyFormat format, String outputs, String names) {

        /** The query of the columns that travel. */
        String select(String sql) {
            return "SELECT " + outputs + " FROM (\n" + sql + "\n) AS p(" + names + ")";
        }
    }

    private static Described describe(Intermediate intermediate, Query query, Execution execution) throws SQLException {
        Target first = query.sources().get(0);
        Fragment fragment = new Fragment(
                "SELECT * FROM (\n" + query.fragment().sql() + "\n) AS p LIMIT 0",
                query.fragment().parameters());
        ShardAnswer answer = new ShardCall(fragment, 0, true, false).run(first.shard(), first.lease(), execution);
        try {
            ResultSet rows = answer.rows();
            if (rows == null) {
                throw PgplexErrors.bug("a query to be moved returned no rows", null);
            }
            List<Intermediate.Column> columns = intermediate.columns();
            Shape shape = Shape.of(columns, rows);
            StringJoiner outputs = new StringJoiner(", ");
            for (int i = 0; i < columns.size(); i++) {
                String type = columns.get(i).type();
                outputs.add("p.c" + (i + 1) + (type == null ? "" : "::" + type));
            }
            StringJoiner names = new StringJoiner(", ");
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                names.add("c" + i);
            }
            CopyFormat format = CopyFormat.of(rows.unwrap(PgResultSet.class), columns.size());
            return new Described(shape, format, outputs.toString(), names.toString());
        } finally {
            answer.close();
        }
    }

    // ---- the rows

    /** What the targets have themselves stays there. */
    private Piped insertOwn(Query query, Described described, String table, List<Target> targets, Execution execution)
            throws SQLException {
        List<Target> own = query.sources().stream().filter(targets::contains).toList();
        if (own.isEmpty()) {
            return new Piped(0, 0);
        }
        Fragment insert = new Fragment(
                "INSERT INTO pg_temp." + Identifiers.quote(table) + " "
                        + described.select(query.fragment().sql()),
                query.fragment().parameters());
        // the definitions of intermediates stand inside the parentheses, so the text's first parameters are still
        // theirs
        List<ShardAnswer> answers = calls.run(
                own.stream().map(Target::shard).toList(),
                own.stream().map(Target::lease).toList(),
                new ShardCall(insert, 0, false, false),
                execution);
        long rows = 0;
        for (ShardAnswer answer : answers) {
            rows += answer.count();
            answer.close();
        }
        return new Piped(rows, 0);
    }

    /** To one shard: all sources begin at once, and are read one after the other. */
    private static Piped gather(
            Query query, Described described, String table, Target target, MovementBudget budget, Execution execution)
            throws SQLException {
        List<Target> others = query.sources().stream()
                .filter(source -> !source.equals(target))
                .toList();
        List<CopyOut> outs = new ArrayList<>();
        long rows = 0;
        long bytes = 0;
        try {
            for (Target source : others) {
                outs.add(copyOut(query, described, source, execution));
            }
            for (int i = 0; i < others.size(); i++) {
                Piped piped = pipe(outs.get(i), others.get(i), described, table, List.of(target), budget, execution);
                rows += piped.rows();
                bytes += piped.bytes();
            }
            return new Piped(rows, bytes);
        } finally {
            outs.forEach(CopyPipe::cancel);
            others.forEach(source -> execution.running().copyFinished(source.connection()));
        }
    }

    /** To several shards: one source after the other, as a connection does one COPY at a time. */
    private static Piped broadcast(
            Query query,
            Described described,
            String table,
            List<Target> targets,
            MovementBudget budget,
            Execution execution)
            throws SQLException {
        long rows = 0;
        long bytes = 0;
        for (Target source : query.sources()) {
            List<Target> others =
                    targets.stream().filter(target -> !target.equals(source)).toList();
            CopyOut out = copyOut(query, described, source, execution);
            try {
                Piped piped = pipe(out, source, described, table, others, budget, execution);
                rows += piped.rows();
                bytes += piped.bytes();
            } finally {
                cancel(out);
                execution.running().copyFinished(source.connection());
            }
        }
        return new Piped(rows, bytes);
    }

    private static CopyOut copyOut(Query query, Described described, Target source, Execution execution)
            throws SQLException {
        String select = described.select(String.valueOf(query.texts().get(source)));
        PgConnection connection = source.connection();
        execution.running().copyStarted(connection);
        try {
            return connection
                    .getCopyAPI()
                    .copyOut("COPY (" + select + ") TO STDOUT (FORMAT "
                            + described.format().sqlName() + ")");
        } catch (SQLException e) {
            execution.running().copyFinished(connection);
            throw source.failed(e);
        }
    }

    /** Everything that one source has to say, to every target. */
    private static Piped pipe(
            CopyOut out,
            Target source,
            Described described,
            String table,
            List<Target> targets,
            MovementBudget budget,
            Execution execution)
            throws SQLException {
        List<CopyIn> ins = new ArrayList<>();
        try {
            for (Target target : targets) {
                execution.running().copyStarted(target.connection());
                ins.add(copyIn(target, described, table));
            }
            long bytes = 0;
            for (byte[] message = read(out, source); message != null; message = read(out, source)) {
                for (int i = 0; i < ins.size(); i++) {
                    write(ins.get(i), targets.get(i), message);
                }
                bytes += (long) message.length * ins.size();
                budget.spend((long) message.length * ins.size());
            }
            budget.check();
            long rows = 0;
            for (int i = 0; i < ins.size(); i++) {
                rows += end(ins.get(i), targets.get(i));
            }
            return new Piped(rows, bytes);
        } finally {
            ins.forEach(CopyPipe::cancel);
            targets.forEach(target -> execution.running().copyFinished(target.connection()));
        }
    }

    private static CopyIn copyIn(Target target, Described described, String table) throws SQLException {
        try {
            return target.connection()
                    .getCopyAPI()
                    .copyIn("COPY pg_temp." + Identifiers.quote(table) + " FROM STDIN (FORMAT "
                            + described.format().sqlName() + ")");
        } catch (SQLException e) {
            throw target.failed(e);
        }
    }

    private static byte @Nullable [] read(CopyOut out, Target source) throws SQLException {
        try {
            return out.readFromCopy();
        } catch (SQLException e) {
            throw source.failed(e);
        }
    }

    private static void write(CopyIn in, Target target, byte[] message) throws SQLException {
        try {
            in.writeToCopy(message, 0, message.length);
        } catch (SQLException e) {
            throw target.failed(e);
        }
    }

    private static long end(CopyIn in, Target target) throws SQLException {
        try {
            return in.endCopy();
        } catch (SQLException e) {
            throw target.failed(e);
        }
    }

    /** Ends a COPY that was left in the middle; the transaction has failed then. */
    private static void cancel(CopyOperation copy) {
        if (copy.isActive()) {
            try {
                copy.cancelCopy();
            } catch (SQLException e) {
                LOG.debug("a COPY that was given up did not end well", e);
            }
        }
    }

    /** Cancels what is in flight when the statement's time is over, which pgjdbc does for statements only. */
    private static final class Timeout extends TimerTask {

        private final RunningStatement running;
        private final boolean started;

        private Timeout(RunningStatement running, boolean started) {
            this.running = running;
            this.started = started;
        }

        static Timeout start(int millis, RunningStatement running) {
            Timeout timeout = new Timeout(running, millis > 0);
            if (millis > 0) {
                Timer timer = Driver.getSharedTimer().getTimer();
                timer.schedule(timeout, millis);
            }
            return timeout;
        }

        @Override
        public void run() {
            try {
                running.cancel();
            } catch (SQLException e) {
                LOG.debug("could not cancel a statement whose time was over", e);
            }
        }

        void stop() {
            if (started) {
                cancel();
                Driver.getSharedTimer().releaseTimer();
            }
        }
    }
}
