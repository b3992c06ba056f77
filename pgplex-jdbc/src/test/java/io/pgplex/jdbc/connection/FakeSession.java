package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.BatchResult;
import io.pgplex.jdbc.execute.BoundParameters;
import io.pgplex.jdbc.execute.ExecuteOptions;
import io.pgplex.jdbc.execute.LogicalSession;
import io.pgplex.jdbc.execute.PreparedText;
import io.pgplex.jdbc.execute.RunningStatement;
import io.pgplex.jdbc.execute.StatementResult;
import io.pgplex.jdbc.pool.Work;
import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.scan.QuestionMark;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.StatementScanner;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Properties;

/** A session without servers: it remembers what reaches it and answers what a test has told it to. */
class FakeSession implements LogicalSession {

    /** What happens while a statement executes. */
    interface Event {
        void happen(RunningStatement running) throws SQLException;
    }

    final List<String> log = new ArrayList<>();
    final Deque<List<StatementResult>> answers = new ArrayDeque<>();
    ExecuteOptions lastOptions;
    BatchResult batchAnswer = new BatchResult(new long[0], null);
    Event duringExecution = running -> {};
    volatile boolean closed;
    private boolean autoCommit = true;
    private int networkTimeoutMillis;

    static PgplexConnection connectionOver(FakeSession session) throws SQLException {
        return connectionOver(session, new Properties());
    }

    static PgplexConnection connectionOver(FakeSession session, Properties properties) throws SQLException {
        return new PgplexConnection(
                session, new ConnectionFacts("jdbc:pgplex:mem:test/shop", "ada", "shop", properties, "1.2.3", 1, 2));
    }

    @Override
    public PreparedText prepare(String sql, boolean jdbcParameters, boolean escapeProcessing) {
        return scanned(sql, jdbcParameters);
    }

    static PreparedText scanned(String sql, boolean jdbcParameters) {
        List<ScannedStatement> statements =
                StatementScanner.scan(sql, jdbcParameters ? QuestionMark.PARAMETER : QuestionMark.OPERATOR);
        return new PreparedText(sql, jdbcParameters, statements, Collections.nCopies(statements.size(), Hints.NONE));
    }

    @Override
    public List<StatementResult> execute(
            PreparedText text, BoundParameters parameters, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        log.add(text.sql() + " " + RecordedSetters.of(parameters));
        lastOptions = options;
        duringExecution.happen(running);
        return answers.isEmpty() ? List.of(new StatementResult.Count(0, null)) : answers.remove();
    }

    @Override
    public BatchResult executeBatch(
            PreparedText text, List<? extends BoundParameters> batch, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        for (BoundParameters parameters : batch) {
            log.add(text.sql() + " " + RecordedSetters.of(parameters));
        }
        return batchAnswer;
    }

    @Override
    public BatchResult executeBatch(List<PreparedText> texts, ExecuteOptions options, RunningStatement running) {
        texts.forEach(text -> log.add(text.sql()));
        return batchAnswer;
    }

    @Override
    public <T> T onHome(Work<T> work) throws SQLException {
        throw new SQLException("no server", "08001");
    }

    @Override
    public ResultSet rowsFromHome(Work<ResultSet> work) throws SQLException {
        throw new SQLException("no server", "08001");
    }

    @Override
    public HeldConnection hold(PreparedText call, BoundParameters parameters) throws SQLException {
        throw new SQLException("no server", "08001");
    }

    @Override
    public boolean autoCommit() {
        return autoCommit;
    }

    @Override
    public void setAutoCommit(boolean autoCommit) {
        this.autoCommit = autoCommit;
    }

    @Override
    public void commit() {
        log.add("commit");
    }

    @Override
    public void rollback() {
        log.add("rollback");
    }

    @Override
    public Savepoint setSavepoint(String name) throws SQLException {
        log.add("savepoint " + name);
        return new org.postgresql.jdbc.PSQLSavepoint(name == null ? "unnamed" : name);
    }

    @Override
    public void rollback(Savepoint savepoint) throws SQLException {
        log.add("rollback to " + savepoint.getSavepointName());
    }

    @Override
    public void releaseSavepoint(Savepoint savepoint) throws SQLException {
        log.add("release " + savepoint.getSavepointName());
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    @Override
    public void setReadOnly(boolean readOnly) {
        log.add("read only " + readOnly);
    }

    @Override
    public int transactionIsolation() {
        return java.sql.Connection.TRANSACTION_READ_COMMITTED;
    }

    @Override
    public void setTransactionIsolation(int level) {
        log.add("isolation " + level);
    }

    @Override
    public String schema() {
        return "public";
    }

    @Override
    public void setSchema(String schema) {
        log.add("schema " + schema);
    }

    @Override
    public int networkTimeoutMillis() {
        return networkTimeoutMillis;
    }

    @Override
    public void setNetworkTimeoutMillis(int millis) {
        networkTimeoutMillis = millis;
    }

    @Override
    public boolean isValid(int timeoutSeconds) {
        return !closed;
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        log.add("close");
        closed = true;
    }

    @Override
    public void abort() {
        log.add("abort");
        closed = true;
    }
}
