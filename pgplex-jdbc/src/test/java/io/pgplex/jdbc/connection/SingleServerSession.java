package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.BoundParameters;
import io.pgplex.jdbc.execute.ExecuteOptions;
import io.pgplex.jdbc.execute.GeneratedKeys;
import io.pgplex.jdbc.execute.PreparedText;
import io.pgplex.jdbc.execute.RunningStatement;
import io.pgplex.jdbc.execute.StatementResult;
import io.pgplex.jdbc.pool.Work;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.jdbc.PgConnection;

/** A session over one connection to one server, so that whatever differs from pgjdbc is the JDBC surface's doing. */
final class SingleServerSession extends FakeSession {
    private final PgConnection physical;

    SingleServerSession(PgConnection physical) {
        this.physical = physical;
    }

    @Override
    public List<StatementResult> execute(
            PreparedText text, BoundParameters parameters, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        PreparedStatement statement = prepared(text.sql(), options);
        statement.setFetchSize(options.fetchSize());
        for (int i = 0; i < parameters.count(); i++) {
            parameters.apply(i, statement, i + 1);
        }
        running.started(statement);
        try {
            return answers(statement, !options.generatedKeys().equals(GeneratedKeys.NONE));
        } finally {
            running.finished(statement);
        }
    }

    private PreparedStatement prepared(String sql, ExecuteOptions options) throws SQLException {
        if (options.generatedKeys() instanceof GeneratedKeys.Columns columns) {
            return physical.prepareStatement(sql, columns.names().toArray(new String[0]));
        }
        return options.generatedKeys().equals(GeneratedKeys.ALL)
                ? physical.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS)
                : physical.prepareStatement(sql, options.resultSetType(), options.concurrency(), options.holdability());
    }

    private static List<StatementResult> answers(PreparedStatement statement, boolean keys) throws SQLException {
        List<StatementResult> answers = new ArrayList<>();
        for (boolean rows = statement.execute(); ; rows = statement.getMoreResults(Statement.KEEP_CURRENT_RESULT)) {
            if (rows) {
                answers.add(new StatementResult.Rows(statement.getResultSet()));
            } else if (statement.getUpdateCount() < 0) {
                return answers;
            } else {
                answers.add(new StatementResult.Count(
                        statement.getUpdateCount(), keys ? statement.getGeneratedKeys() : null));
            }
        }
    }

    @Override
    public <T> T onHome(Work<T> work) throws SQLException {
        return work.on(physical);
    }

    @Override
    public ResultSet rowsFromHome(Work<ResultSet> work) throws SQLException {
        return work.on(physical);
    }

    @Override
    public HeldConnection hold(PreparedText call, BoundParameters parameters) {
        return new HeldConnection() {
            @Override
            public PgConnection connection() {
                return physical;
            }

            @Override
            public <T> T call(Call<T> call) throws SQLException {
                return call.run();
            }

            @Override
            public void close() {
                log.add("released");
            }
        };
    }

    @Override
    public void close() {
        super.close();
        try {
            physical.close();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
