package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.intermediate.MovedRelations;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.scan.QuestionMark;
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
 * @param relations the intermediates that texts may name
 * @param carried whether the answer travels on, so that its values must arrive in the server's own text form
 * @param listener told of what moves, or null
 */
record Execution(
        PreparedText text,
        int statement,
        BoundParameters parameters,
        ExecuteOptions options,
        RunningStatement running,
        ClusterMap map,
        MovedRelations relations,
        boolean carried,
        MovedRows.@Nullable Listener listener) {

    /** The execution of an application's statement. */
    Execution(
            PreparedText text,
            int statement,
            BoundParameters parameters,
            ExecuteOptions options,
            RunningStatement running,
            ClusterMap map) {
        this(text, statement, parameters, options, running, map, MovedRelations.NONE, false, null);
    }

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

    /** What a single question mark means in a text with that many parameters of its own. */
    QuestionMark questionMark(int parameters) {
        return text.jdbcParameters() || parameters > 0 ? QuestionMark.PARAMETER : QuestionMark.OPERATOR;
    }

    /** The same execution with values after its own parameters. */
    Execution with(@Nullable String[] evaluated) {
        return evaluated.length == 0 ? this : with(new ParameterSlice(parameters, 0, parameters.count(), evaluated));
    }

    /** The same execution with other parameters. */
    Execution with(BoundParameters other) {
        return new Execution(text, statement, other, options, running, map, relations, carried, listener);
    }

    /** The same execution with another bound of rows; 0 for all. */
    Execution withMaxRows(long rows) {
        return rows == options.maxRows() ? this : with(options.withMaxRows(rows));
    }

    /** The same execution with other options. */
    Execution with(ExecuteOptions other) {
        return new Execution(text, statement, parameters, other, running, map, relations, carried, listener);
    }

    /** The same execution of a text that may name other intermediates. */
    Execution with(MovedRelations other) {
        return new Execution(text, statement, parameters, options, running, map, other, carried, listener);
    }

    /** The same execution with an answer that travels on, or not. */
    Execution carried(boolean travels) {
        return new Execution(text, statement, parameters, options, running, map, relations, travels, listener);
    }

    /** The same execution, telling what moves. */
    Execution with(MovedRows.Listener told) {
        return new Execution(text, statement, parameters, options, running, map, relations, carried, told);
    }
}
