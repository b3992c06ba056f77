package io.pgplex.jdbc.execute;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.scan.ScannedStatement;
import org.jspecify.annotations.Nullable;

/**
 * One statement being executed: its text, its parameters, and the one map that it sees from plan to result. Immutable.
 *
 * @param text the text that the statement stands in
 * @param statement which statement of the text, from 0
 * @param parameters the statement's own parameters
 * @param options what the application set
 * @param running where physical statements are noted while they are in flight
 * @param map the cluster map
 */
record Execution(
        PreparedText text,
        int statement,
        BoundParameters parameters,
        ExecuteOptions options,
        RunningStatement running,
        ClusterMap map) {

    ScannedStatement scanned() {
        return text.statements().get(statement);
    }

    Hints hints() {
        return text.hints().get(statement);
    }

    /** The statement as the application wrote it. */
    Fragment original() {
        ScannedStatement scanned = scanned();
        return Fragment.original(scanned.text(), scanned.parameterCount());
    }

    /** The same execution with values after its own parameters. */
    Execution with(@Nullable String[] evaluated) {
        return evaluated.length == 0
                ? this
                : new Execution(
                        text,
                        statement,
                        new ParameterSlice(parameters, 0, parameters.count(), evaluated),
                        options,
                        running,
                        map);
    }

    /** The same execution with another bound of rows; 0 for all. */
    Execution withMaxRows(long rows) {
        return rows == options.maxRows() ? this : with(options.withMaxRows(rows));
    }

    /** The same execution with other options. */
    Execution with(ExecuteOptions other) {
        return new Execution(text, statement, parameters, other, running, map);
    }
}
