package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Plan;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The ways in which a session runs plans, one object for each. Belongs to one session. */
final class Runners {

    private final Session session;
    private final Plans plans;
    private final ShardedRunner sharded;
    private final InsertRunner insert;
    private final BatchRunner batch;
    private final ClusterRunner commands;
    private final UtilityRunner utility;
    private final SettingRunner settings;
    private final ExplainRunner explain;

    Runners(Session session, Cluster cluster, SessionSettings sessionSettings) {
        this.session = session;
        this.plans = cluster.plans();
        Evaluator evaluator = new Evaluator(session);
        ScatterCalls calls = new ScatterCalls(cluster.fanOut());
        TemporaryTables tables = new TemporaryTables(session, cluster.fanOut());
        RowMerger merger = new RowMerger(session, tables, sessionSettings.maxIntermediateBytes());
        CrossShardRule crossShard = new CrossShardRule(sessionSettings.crossShard());
        CopiesRunner copies = new CopiesRunner(session, calls, evaluator, sessionSettings.maxIntermediateBytes());
        this.sharded = new ShardedRunner(
                session, tables, calls, evaluator, merger, copies, crossShard, sessionSettings.maxIntermediateBytes());
        this.insert = new InsertRunner(session, calls, evaluator, merger, crossShard);
        this.batch = new BatchRunner(session, cluster.plans(), cluster.fanOut(), crossShard);
        this.settings = new SettingRunner(session);
        this.explain = new ExplainRunner(session, evaluator, sharded, copies, insert);
        this.commands = new ClusterRunner(session, cluster, sessionSettings);
        this.utility = new UtilityRunner(
                session,
                settings,
                new DefinitionRunner(session, cluster),
                commands,
                new CopyComparison(session, calls));
    }

    ShardedRunner sharded() {
        return sharded;
    }

    BatchRunner batch() {
        return batch;
    }

    SettingRunner settings() {
        return settings;
    }

    ClusterRunner commands() {
        return commands;
    }

    UtilityRunner utility() {
        return utility;
    }

    /** Runs a plan of any kind. */
    StatementResult run(Plan plan, Execution execution) throws SQLException {
        if (plan instanceof Plan.Sharded query) {
            session.checkNotFailed();
            session.transactions().hint(execution.hints().snapshot());
            return sharded.run(query, execution);
        }
        if (plan instanceof Plan.Insert rows) {
            session.checkNotFailed();
            session.transactions().hint(execution.hints().snapshot());
            return insert.run(rows, execution);
        }
        if (plan instanceof Plan.Explain explained) {
            session.checkNotFailed();
            return explain.run(explained, execution);
        }
        if (plan instanceof Plan.Utility command) {
            return utility.run(command.statementClass(), execution);
        }
        throw PgplexErrors.bug("a plan of an unknown kind", null);
    }

    /** Where a call of a function or procedure runs: where its hints say, else on the home shard. */
    Shard shardOfCall(PreparedText call, BoundParameters parameters) throws SQLException {
        ClusterMap map = session.map();
        if (call.statements().size() == 1
                && plans.plan(call, 0, map, session.scope(), session.statistics()) instanceof Plan.Sharded sharded) {
            int single = sharded.selector().single(parameters, map);
            if (single >= 0) {
                return map.shards().get(single);
            }
        }
        return map.homeShard();
    }

    /** An empty text: what PostgreSQL answers to one. */
    StatementResult empty(PreparedText text, ExecuteOptions options, RunningStatement running) throws SQLException {
        session.checkNotFailed();
        Lease lease = session.lease(session.map().homeShard(), Effect.READ);
        try {
            return session.result(new ShardCall(Fragment.original(text.sql(), 0), 0, false, false)
                    .run(
                            session.map().homeShard(),
                            lease,
                            new Execution(text, 0, NoParameters.NONE, options, running, session.map())));
        } catch (SQLException e) {
            session.giveBack(lease);
            throw e;
        }
    }

    /**
     * The statements of a text one after the other. Outside a transaction they are one, as they are for PostgreSQL, unless
     * one of them begins or ends a transaction itself or cannot run inside one.
     */
    List<StatementResult> several(
            PreparedText text, BoundParameters parameters, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        return UtilityRunner.standsAlone(text)
                ? inOrder(text, parameters, options, running)
                : session.atomically(() -> inOrder(text, parameters, options, running));
    }

    private List<StatementResult> inOrder(
            PreparedText text, BoundParameters parameters, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        List<StatementResult> results = new ArrayList<>();
        try {
            for (int i = 0; i < text.statements().size(); i++) {
                ParameterSlice own = new ParameterSlice(
                        parameters,
                        text.firstParameter(i),
                        text.statements().get(i).parameterCount(),
                        ParameterSlice.NOTHING);
                results.add(session.execute(text, i, own, options, running));
            }
            return results;
        } catch (SQLException e) {
            for (StatementResult result : results) {
                if (result instanceof StatementResult.Rows rows) {
                    rows.rows().close();
                }
            }
            throw e;
        }
    }
}
