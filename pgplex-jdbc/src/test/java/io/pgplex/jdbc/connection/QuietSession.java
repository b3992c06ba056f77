package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.BoundParameters;
import io.pgplex.jdbc.execute.ExecuteOptions;
import io.pgplex.jdbc.execute.PreparedText;
import io.pgplex.jdbc.execute.RunningStatement;
import io.pgplex.jdbc.execute.StatementResult;
import java.util.List;

/** A session that answers without allocating, so that what the JDBC surface allocates can be measured. */
final class QuietSession extends FakeSession {
    private final PreparedText text = scanned("SELECT ?", true);
    private final List<StatementResult> answer = List.of(new FakeRows().answer());

    @Override
    public PreparedText prepare(String sql, boolean jdbcParameters, boolean escapeProcessing) {
        return text;
    }

    @Override
    public List<StatementResult> execute(
            PreparedText text, BoundParameters parameters, ExecuteOptions options, RunningStatement running) {
        return answer;
    }
}
