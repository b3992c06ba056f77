package io.pgplex.routing.plan.insert;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.routing.function.Functions;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.plan.insert.Expression.Call;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.List;

/** What comes after the rows, ON CONFLICT and RETURNING: which of it may run on several shards, and what is spliced in. */
final class InsertTail {

    private final ValuesInsert insert;
    private final Table table;
    private final SubqueryRelations relations;
    private final ScannedStatement s;

    InsertTail(ValuesInsert insert, Table table, SubqueryRelations relations) {
        this.insert = insert;
        this.table = table;
        this.relations = relations;
        this.s = insert.statement();
    }

    /** Refuses what would move a row off its shard, or read what the row's shard does not have. */
    void checkDistributed(TableDistribution.Distributed distribution) {
        for (Assignment assignment : assignments()) {
            boolean isKey = assignment.column().equals(distribution.keyColumn());
            if (isKey && !assignment.isOwnValue(s, insert.alias())) {
                throw RefusedInsert.at(
                        s, assignment.token(), Unsupported.ON_CONFLICT_UPDATE_OF_KEY, distribution.keyColumn());
            }
            refuseSequenceDefault(assignment);
        }
        Expression tail = new Expression(s, insert.tail(), s.tokenCount());
        refuseSequences(tail);
        SubqueryRelations.Found found = relations.firstNotReplicated(tail);
        if (found != null) {
            throw RefusedInsert.at(s, found.token(), Unsupported.INSERT_SUBQUERY, found.name());
        }
    }

    /** Refuses what could make the copies of a replicated table differ. */
    void checkReplicated() {
        for (Assignment assignment : assignments()) {
            refuseSequenceDefault(assignment);
            Column column = table.column(assignment.column());
            if (assignment.isDefault(s) && column != null && column.defaultKind() == DefaultKind.VOLATILE) {
                throw RefusedInsert.at(s, assignment.token(), Unsupported.INSERT_SELECT_DEFAULT, assignment.column());
            }
        }
        Expression tail = new Expression(s, insert.tail(), s.tokenCount());
        refuseSequences(tail);
        if (tail.hasSubquery()) {
            throw RefusedInsert.at(
                    s, insert.tail(), Unsupported.INSERT_SUBQUERY, table.name().name());
        }
        for (Call call : tail.calls()) {
            boolean returned = insert.returning() >= 0 && call.begin() > insert.returning();
            boolean allowed = returned
                    ? Functions.isBuiltIn(call.name()) && !Functions.hasSideEffects(call.name())
                    : Functions.isHarmless(call.name()) || Functions.evaluatedOnce(call.name()) != null;
            if (!allowed) {
                throw RefusedInsert.at(s, call.begin(), Unsupported.VOLATILE_FUNCTION, call.name());
            }
        }
    }

    private void refuseSequences(Expression tail) {
        for (Call call : tail.calls()) {
            if (Functions.isSequenceFunction(call.name())) {
                throw RefusedInsert.at(s, call.begin(), Unsupported.SEQUENCE_FUNCTION, call.name());
            }
        }
    }

    private void refuseSequenceDefault(Assignment assignment) {
        Column column = table.column(assignment.column());
        if (assignment.isDefault(s) && column != null && column.defaultKind() == DefaultKind.SEQUENCE) {
            throw RefusedInsert.at(s, assignment.token(), Unsupported.SEQUENCE_FUNCTION, "nextval");
        }
    }

    /** Splices the functions of time, which every shard must see alike. */
    void spliceTime(TextSplice splice, TextSplice untouched, EvaluationList evaluations) {
        int after = 0;
        for (Call call : new Expression(s, insert.tail(), s.tokenCount()).calls()) {
            String type = Functions.evaluatedOnce(call.name());
            if (type != null && call.begin() >= after) {
                int begin = s.begin(call.begin());
                int end = s.end(call.end() - 1);
                Fragment expression = untouched.fragment(begin, end);
                splice.replace(begin, end, EvaluationList.cast(type), evaluations.addShared(expression, type));
                after = call.end();
            }
        }
    }

    /** {@code column = value} of DO UPDATE SET; the value is empty where it is a part of something else. */
    private record Assignment(String column, int token, int valueBegin, int valueEnd) {

        boolean isDefault(ScannedStatement s) {
            return valueEnd == valueBegin + 1 && s.is(valueBegin, "DEFAULT");
        }

        /** Whether the value is the row's own: {@code EXCLUDED.column} or {@code table.column}. */
        boolean isOwnValue(ScannedStatement s, String alias) {
            if (valueEnd != valueBegin + 3 || !s.isName(valueBegin) || !s.isName(valueBegin + 2)) {
                return false;
            }
            String relation = s.identifier(valueBegin);
            return s.isPunctuation(valueBegin + 1, '.')
                    && (relation.equals("excluded") || relation.equals(alias))
                    && s.identifier(valueBegin + 2).equals(column);
        }
    }

    private List<Assignment> assignments() {
        List<Assignment> assignments = new ArrayList<>();
        int end = insert.returning() >= 0 ? insert.returning() : s.tokenCount();
        int at = insert.conflict() < 0 ? end : insert.conflict();
        while (at < end && !s.isSequence(at, "DO", "UPDATE", "SET")) {
            at++;
        }
        at += 3;
        while (at < end) {
            int next = nextOutside(at, end);
            addAssignments(at, next, assignments);
            if (!s.isPunctuation(next, ',')) {
                break;
            }
            at = next + 1;
        }
        return assignments;
    }

    /** The next comma or WHERE outside brackets. */
    private int nextOutside(int from, int end) {
        for (int i = from; i < end; i++) {
            if (s.isPunctuation(i, ',') || s.is(i, "WHERE")) {
                return i;
            }
            if ((s.isPunctuation(i, '(') || s.isPunctuation(i, '[')) && s.matching(i) > i) {
                i = s.matching(i);
            }
        }
        return end;
    }

    private void addAssignments(int begin, int end, List<Assignment> assignments) {
        if (!s.isPunctuation(begin, '(')) {
            if (s.isName(begin)) {
                boolean whole = s.isOperator(begin + 1, "=");
                assignments.add(new Assignment(s.identifier(begin), begin, whole ? begin + 2 : end, end));
            }
            return;
        }
        int close = s.matching(begin);
        int value = s.is(close + 2, "ROW") ? close + 3 : close + 2;
        boolean row = s.isPunctuation(value, '(') && s.matching(value) == end - 1 && !s.is(value + 1, "SELECT");
        int valueAt = row ? value + 1 : end;
        for (int i = begin + 1; i < close; i = nextOutside(i, close) + 1) {
            int valueEnd = row ? nextOutside(valueAt, end - 1) : end;
            if (s.isName(i)) {
                assignments.add(new Assignment(s.identifier(i), i, Math.min(valueAt, end), valueEnd));
            }
            valueAt = row ? valueEnd + 1 : end;
        }
    }
}
