package io.pgplex.routing.plan.insert;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.function.Functions;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.StatementKind;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.plan.insert.Expression.Call;
import io.pgplex.routing.scan.ScannedStatement;

/**
 * Plans {@code INSERT ... VALUES} and {@code INSERT ... DEFAULT VALUES} into a distributed or replicated table, from
 * tokens alone: the text is spliced, never printed. Stateless; linear in the text's length.
 */
public final class InsertPlanner {

    private InsertPlanner() {}

    /** Whether the statement is one of the two forms, WITH before it or not. */
    public static boolean isValues(ScannedStatement statement) {
        return ValuesInsert.read(statement) != null;
    }

    /**
     * The plan of an INSERT.
     *
     * @param statement an INSERT whose target is {@code table}
     * @param table a table of the map
     * @param scope how names in subqueries are resolved
     * @throws RoutingException when the statement is refused
     */
    public static Plan plan(ScannedStatement statement, Table table, ClusterMap map, RoutingScope scope) {
        ValuesInsert insert = ValuesInsert.read(statement);
        if (insert == null) {
            throw RefusedInsert.at(
                    statement, 0, Unsupported.INSERT_SELECT, table.name().name());
        }
        refuseState(statement, table);
        boolean returnsRows = insert.returning() >= 0;
        if (map.shards().size() == 1) {
            return original(statement, returnsRows);
        }
        refuseExpansion(insert);
        InsertTargets targets = InsertTargets.of(insert, table);
        if (targets == null) {
            // what PostgreSQL will refuse, any shard refuses
            return original(statement, returnsRows);
        }
        SubqueryRelations relations = new SubqueryRelations(map, scope, insert);
        refuseWith(insert, relations);
        refuseUserValue(insert, targets);
        return table.distribution() instanceof TableDistribution.Distributed distributed
                ? new DistributedInsert(insert, table, distributed, targets, map, relations).plan()
                : new ReplicatedInsert(insert, table, targets, relations).plan();
    }

    private static Plan original(ScannedStatement statement, boolean returnsRows) {
        return new Plan.Sharded(
                StatementKind.INSERT,
                Effect.WRITE,
                returnsRows,
                Fragment.original(statement.text(), statement.parameterCount()),
                new ShardSelector.HomeShard(),
                null,
                null,
                null);
    }

    private static void refuseState(ScannedStatement statement, Table table) {
        String name = table.name().name();
        switch (table.state()) {
            case ACTIVE -> {}
            case CREATING -> throw RefusedInsert.at(statement, 0, Unsupported.TABLE_BEING_CREATED, name);
        }
    }

    /** {@code (row).*} stands for several values, and only the server knows how many. */
    private static void refuseExpansion(ValuesInsert insert) {
        ScannedStatement s = insert.statement();
        for (ValuesInsert.Row row : insert.rows()) {
            for (int end : row.ends()) {
                if (s.isOperator(end - 1, "*") && s.isPunctuation(end - 2, '.')) {
                    throw RefusedInsert.at(s, end - 1, Unsupported.INSERT_ROW_EXPANSION);
                }
            }
        }
    }

    /** WITH runs on the row's shard, so it may read what every shard has and change nothing. */
    private static void refuseWith(ValuesInsert insert, SubqueryRelations relations) {
        ScannedStatement s = insert.statement();
        Expression with = new Expression(s, 0, insert.insert());
        for (int i = 0; i < insert.insert(); i++) {
            if (s.is(i, "INSERT", "UPDATE", "DELETE", "MERGE") && s.isPunctuation(i - 1, '(')) {
                throw RefusedInsert.at(s, i, Unsupported.DATA_MODIFYING_CTE);
            }
        }
        for (Call call : with.calls()) {
            if (Functions.isSequenceFunction(call.name())) {
                throw RefusedInsert.at(s, call.begin(), Unsupported.SEQUENCE_FUNCTION, call.name());
            }
        }
        SubqueryRelations.Found found = relations.firstNotReplicated(with);
        if (found != null) {
            throw RefusedInsert.at(s, found.token(), Unsupported.INSERT_SUBQUERY, found.name());
        }
    }

    /** OVERRIDING USER VALUE takes the value from the shard's own sequence. */
    private static void refuseUserValue(ValuesInsert insert, InsertTargets targets) {
        ScannedStatement s = insert.statement();
        if (insert.overriding() >= 0 && s.is(insert.overriding() + 1, "USER")) {
            for (Column column : targets.columns()) {
                if (column.defaultKind() == DefaultKind.SEQUENCE) {
                    throw RefusedInsert.at(
                            s, insert.overriding(), Unsupported.INSERT_OVERRIDING_USER_VALUE, column.name());
                }
            }
            for (Column column : targets.omitted()) {
                if (column.defaultKind() == DefaultKind.SEQUENCE) {
                    throw RefusedInsert.at(
                            s, insert.overriding(), Unsupported.INSERT_OVERRIDING_USER_VALUE, column.name());
                }
            }
        }
    }
}
