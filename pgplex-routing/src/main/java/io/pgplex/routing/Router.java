package io.pgplex.routing;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.routing.analyze.Positions;
import io.pgplex.routing.analyze.RelationNames;
import io.pgplex.routing.analyze.Selectors;
import io.pgplex.routing.analyze.syntax.Modification;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.analyze.syntax.StatementParser;
import io.pgplex.routing.analyze.syntax.UnknownSyntaxException;
import io.pgplex.routing.command.StatementClass;
import io.pgplex.routing.command.StatementClassifier;
import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.parse.SqlParser;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Movement;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Refusal;
import io.pgplex.routing.plan.StatementKind;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.plan.insert.InsertPlanner;
import io.pgplex.routing.plan.modify.ModificationPlanner;
import io.pgplex.routing.plan.move.MovementPlanner;
import io.pgplex.routing.plan.move.UnknownText;
import io.pgplex.routing.plan.select.SelectPlanner;
import io.pgplex.routing.scan.QuestionMark;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.StatementScanner;
import io.pgplex.routing.statistics.Statistics;
import java.util.List;
import java.util.Set;

/** From one statement to its plan. Stateless and thread-safe; a plan may be cached for the map it was made from. */
public final class Router {

    /** What a statement of at most so many tokens, nested at most so deep, needs of a stack is little. */
    private static final int ORDINARY_TOKENS = 400;

    private static final int ORDINARY_NESTING = 16;

    private Router() {}

    /**
     * The plan of a statement.
     *
     * @param statement one statement of the application's text
     * @param hints what its hints say
     * @param map the cluster as it is now
     * @param scope how the session resolves names
     * @param statistics the sizes of tables, by which it is chosen what travels
     * @throws RoutingException when the statement cannot run at all; one that cannot run on several shards only has a
     *     plan that says so
     */
    public static Plan plan(
            ScannedStatement statement, Hints hints, ClusterMap map, RoutingScope scope, Statistics statistics) {
        StatementClass statementClass = StatementClassifier.classify(statement);
        if (statementClass instanceof StatementClass.Explain explain) {
            return explain(explain, statement, hints, map, scope, statistics);
        }
        if (!touchesRows(statementClass)) {
            return new Plan.Utility(statementClass, statement);
        }
        HintRules rules = new HintRules(hints, map);
        Plan hinted = rules.place(statement, statementClass);
        return hinted != null ? hinted : rules.guard(rows(statement, statementClass, map, scope, statistics));
    }

    /**
     * Whether planning may need more stack than every thread has: the caller should see to one of 16 MB then, which is enough
     * for every text.
     */
    public static boolean needsLargeStack(ScannedStatement statement) {
        return statement.tokenCount() > ORDINARY_TOKENS || SqlParser.nestsDeeper(statement, ORDINARY_NESTING);
    }

    private static boolean touchesRows(StatementClass statementClass) {
        return statementClass instanceof StatementClass.Query
                || statementClass instanceof StatementClass.Insert
                || statementClass instanceof StatementClass.Update
                || statementClass instanceof StatementClass.Delete
                || statementClass instanceof StatementClass.Merge
                || statementClass instanceof StatementClass.Call
                || statementClass instanceof StatementClass.Do;
    }

    private static Plan explain(
            StatementClass.Explain explain,
            ScannedStatement statement,
            Hints hints,
            ClusterMap map,
            RoutingScope scope,
            Statistics statistics) {
        String text = statement.text().substring(explain.statementOffset());
        QuestionMark questionMark = statement.parameterCount() > 0 ? QuestionMark.PARAMETER : QuestionMark.OPERATOR;
        List<ScannedStatement> explained = StatementScanner.scan(text, questionMark);
        Plan plan = plan(explained.get(0), hints, map, scope, statistics);
        return new Plan.Explain(plan, explain.options(), explain.analyze(), explained.get(0));
    }

    private static Plan rows(
            ScannedStatement statement,
            StatementClass statementClass,
            ClusterMap map,
            RoutingScope scope,
            Statistics statistics) {
        if (statementClass instanceof StatementClass.Call || statementClass instanceof StatementClass.Do) {
            StatementKind kind =
                    statementClass instanceof StatementClass.Call ? StatementKind.CALL : StatementKind.OTHER;
            return home(statement, kind, kind == StatementKind.CALL);
        }
        try {
            return analysed(statement, map, scope, statistics);
        } catch (UnknownSyntaxException unknown) {
            int shared = sharedName(statement, map, scope);
            if (shared >= 0) {
                Plan gathered = statementClass instanceof StatementClass.Query && !unknown.isTooComplex()
                        ? UnknownText.plan(statement, map, scope)
                        : null;
                if (gathered != null) {
                    return gathered;
                }
                int position = Positions.at(statement, unknown.offset());
                throw new RoutingException(
                        unknown.isTooComplex()
                                ? Refusal.tooComplex(position)
                                : Unsupported.UNPARSABLE.at(position, statement.identifier(shared)));
            }
        } catch (RoutingException cannot) {
            if (!cannot.refusal().isTooComplex() || sharedName(statement, map, scope) >= 0) {
                throw cannot;
            }
        }
        // text that is not understood runs on the home shard when no word in it can be a shared table
        return home(statement, HintRules.kind(statementClass), HintRules.returnsRows(statement, statementClass));
    }

    private static Plan analysed(
            ScannedStatement statement, ClusterMap map, RoutingScope scope, Statistics statistics) {
        StatementParser.Statement syntax = StatementParser.parse(statement);
        Query query = syntax.query();
        Modification modification = syntax.modification();
        if (query != null) {
            return moving(new SelectPlanner(query, statement, map, scope).plan(), statement, map, scope, statistics);
        }
        if (modification == null) {
            throw new IllegalStateException("neither a query nor a modification");
        }
        ModificationPlanner planner = new ModificationPlanner(modification, statement, map, scope);
        Table table = planner.table();
        return table != null && InsertPlanner.isValues(statement)
                ? values(statement, modification, table, planner, map, scope, statistics)
                : moving(planner.plan(), statement, map, scope, statistics);
    }

    /** Values that are computed from rows of several shards are rows of a query. */
    private static Plan values(
            ScannedStatement statement,
            Modification modification,
            Table table,
            ModificationPlanner planner,
            ClusterMap map,
            RoutingScope scope,
            Statistics statistics) {
        try {
            Plan plan = InsertPlanner.plan(statement, table, map, scope);
            return plan instanceof Plan.Sharded sharded ? planner.withTriggers(sharded) : plan;
        } catch (RoutingException cannot) {
            boolean copies = table.distribution() instanceof TableDistribution.Replicated;
            if (copies && table.state() == Table.State.ACTIVE) {
                Plan.Sharded plan = moving(planner.plan(), statement, map, scope, statistics);
                Refusal refusal = plan.refusal();
                if (refusal != null) {
                    throw new RoutingException(refusal);
                }
                return plan;
            }
            Plan.Sharded refused = new Plan.Sharded(
                    StatementKind.INSERT,
                    Effect.WRITE,
                    modification.returning() != null,
                    Fragment.original(statement.text(), statement.parameterCount()),
                    Selectors.ALL,
                    null,
                    null,
                    cannot.refusal());
            Plan.Sharded moving = moving(refused, statement, map, scope, statistics);
            if (moving.movement() == null) {
                throw cannot;
            }
            return moving;
        }
    }

    /** What is refused on several shards may run once rows have travelled. */
    private static Plan.Sharded moving(
            Plan.Sharded sharded,
            ScannedStatement statement,
            ClusterMap map,
            RoutingScope scope,
            Statistics statistics) {
        if (sharded.refusal() == null) {
            return sharded;
        }
        Movement movement = null;
        Refusal refusal = sharded.refusal();
        try {
            movement = MovementPlanner.plan(statement, map, scope, statistics);
        } catch (UnknownSyntaxException unknown) {
            // a view that the parser does not know
        } catch (RoutingException cannot) {
            // what is in the way of moving rows says more than what is in the way of running without
            refusal = cannot.refusal();
        }
        return movement == null ? sharded.refused(refusal) : sharded.moving(sharded.selector(), movement);
    }

    /** The first token that may name a distributed or replicated table, or a view over one, in some schema; -1 without. */
    private static int sharedName(ScannedStatement statement, ClusterMap map, RoutingScope scope) {
        Set<String> shared = new RelationNames(map, scope).sharedAnywhere();
        for (int i = 0; i < statement.tokenCount(); i++) {
            if (RelationNames.isShared(statement, i, shared)) {
                return i;
            }
        }
        return -1;
    }

    private static Plan home(ScannedStatement statement, StatementKind kind, boolean returnsRows) {
        return new Plan.Sharded(
                kind,
                Effect.MAY_WRITE,
                returnsRows,
                Fragment.original(statement.text(), statement.parameterCount()),
                Selectors.HOME,
                null,
                null,
                null);
    }
}
