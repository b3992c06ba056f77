package io.pgplex.routing.plan.insert;

import io.pgplex.metadata.hash.KeyBuckets;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution.Distributed;
import io.pgplex.routing.bind.KeyAssignment;
import io.pgplex.routing.bind.KeySource;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.function.Functions;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.InsertRow;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.StatementKind;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.plan.insert.Expression.Call;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Plans {@code INSERT ... VALUES} into a distributed table. Confined to a thread, for one statement. */
final class DistributedInsert {

    private final ValuesInsert insert;
    private final ScannedStatement s;
    private final ClusterMap map;
    private final KeyType keyType;
    private final Column keyColumn;
    private final InsertTargets targets;
    private final SubqueryRelations relations;
    private final InsertTail tail;
    private final EvaluationList evaluations;
    private final int[] parameterOffsets;
    private final TextSplice untouched;
    /** Omitted columns that the client fills in: the key, if it has a default, and those with a sequence. */
    private final List<Column> added;
    /** Rows may go to several shards, so what must be equal in all of them is computed before. */
    private final boolean several;

    private boolean changed;
    private boolean sequenceFilled;

    DistributedInsert(
            ValuesInsert insert,
            Table table,
            Distributed distribution,
            InsertTargets targets,
            ClusterMap map,
            SubqueryRelations relations) {
        this.insert = insert;
        this.s = insert.statement();
        this.map = map;
        this.keyType = distribution.keyType();
        this.keyColumn = Objects.requireNonNull(table.column(distribution.keyColumn()));
        this.targets = targets;
        this.relations = relations;
        this.tail = new InsertTail(insert, table, relations);
        this.evaluations = new EvaluationList(s.parameterCount());
        this.parameterOffsets = insert.parameterOffsets();
        this.untouched = new TextSplice(s, parameterOffsets);
        this.added = targets.omittedWithDefault(
                column -> column.equals(keyColumn) || column.defaultKind() == DefaultKind.SEQUENCE);
        this.several = insert.rows().size() > 1;
        tail.checkDistributed(distribution);
    }

    Plan plan() {
        refuseKeyInParts();
        List<InsertRow> rows = new ArrayList<>(Math.max(1, insert.rows().size()));
        if (insert.isDefaultValues()) {
            rows.add(defaultRow());
        }
        for (ValuesInsert.Row row : insert.rows()) {
            rows.add(row(row));
        }
        TextSplice tailSplice = new TextSplice(s, parameterOffsets);
        if (several) {
            tail.spliceTime(tailSplice, untouched, evaluations);
            changed |= !tailSplice.isEmpty();
        }
        int only = changed ? ShardSelector.MANY : onlyShard(rows);
        if (only >= 0) {
            return onOneShard(rows.get(0).key());
        }
        // one row that stays as it is never needs its head
        if (insert.hasWith() && (several || changed)) {
            throw RefusedInsert.at(s, 0, Unsupported.INSERT_WITH);
        }
        TextSplice head = new TextSplice(s, parameterOffsets);
        InsertHead.splice(head, insert, targets, added, sequenceFilled);
        return new Plan.Insert(
                changed ? null : Fragment.original(s.text(), s.parameterCount()),
                insert.returning() >= 0,
                head.fragment(0, InsertHead.end(insert)).sql(),
                rows,
                tailSplice.fragment(insert.rowsEnd(), s.text().length()),
                keyType,
                evaluations.list());
    }

    private Plan onOneShard(KeySource key) {
        return new Plan.Sharded(
                StatementKind.INSERT,
                Effect.WRITE,
                insert.returning() >= 0,
                Fragment.original(s.text(), s.parameterCount()),
                new ShardSelector.Key(key),
                null,
                null,
                null);
    }

    /** The shard of all rows where literals tell, or {@link ShardSelector#MANY}. */
    private int onlyShard(List<InsertRow> rows) {
        int only = ShardSelector.MANY;
        for (InsertRow row : rows) {
            if (!(row.key() instanceof KeySource.Literal literal)) {
                return ShardSelector.MANY;
            }
            int owner = map.ownerOf(literal.bucket());
            if (only >= 0 && owner != only) {
                return ShardSelector.MANY;
            }
            only = owner;
        }
        return only;
    }

    private void refuseKeyInParts() {
        List<ValuesInsert.Target> columns = insert.columns();
        if (columns != null) {
            for (ValuesInsert.Target target : columns) {
                if (!target.whole() && target.name().equals(keyColumn.name())) {
                    throw RefusedInsert.at(s, target.token(), Unsupported.INSERT_KEY_TWICE, keyColumn.name());
                }
            }
        }
    }

    private InsertRow defaultRow() {
        StringBuilder values = new StringBuilder("(");
        int[] parameters = new int[added.size()];
        KeySource key = null;
        for (int i = 0; i < parameters.length; i++) {
            Column column = added.get(i);
            parameters[i] = fill(column);
            values.append(i > 0 ? ", " : "").append(cast(column));
            key = column.equals(keyColumn) ? assigned(parameters[i]) : key;
        }
        String text = parameters.length == 0 ? "" : values.append(')').toString();
        return new InsertRow(new Fragment(text, parameters), key == null ? nullKey() : key);
    }

    private InsertRow row(ValuesInsert.Row row) {
        TextSplice splice = new TextSplice(s, parameterOffsets);
        KeySource key = null;
        for (int i = 0; i < row.size(); i++) {
            Column column = targets.columns().get(i);
            Expression value = new Expression(s, row.begins()[i], row.ends()[i]);
            if (column.equals(keyColumn)) {
                key = key(value, splice);
            } else {
                spliceValue(column, value, splice);
            }
        }
        KeySource appended = append(row, splice);
        changed |= !splice.isEmpty();
        KeySource source = key != null ? key : appended != null ? appended : nullKey();
        return new InsertRow(splice.fragment(s.begin(row.open()), s.end(row.close())), source);
    }

    /** Values of the columns that are filled in, before the closing parenthesis; the key's source if it is one of them. */
    private @Nullable KeySource append(ValuesInsert.Row row, TextSplice splice) {
        KeySource key = null;
        int close = s.begin(row.close());
        for (Column column : added) {
            int parameter = fill(column);
            splice.replace(close, close, ", " + cast(column), parameter);
            key = column.equals(keyColumn) ? assigned(parameter) : key;
        }
        return key;
    }

    private KeySource key(Expression value, TextSplice splice) {
        if (value.isDefault()) {
            if (keyColumn.defaultExpression() == null) {
                return nullKey();
            }
            int parameter = fill(keyColumn);
            splice.replace(value.beginOffset(), value.endOffset(), cast(keyColumn), parameter);
            return assigned(parameter);
        }
        Expression base = value.withoutCasts(keyType.family());
        if (base.isParameter()) {
            return assigned(Arrays.binarySearch(parameterOffsets, base.beginOffset()));
        }
        Expression.Literal literal = base.literal();
        if (literal != null) {
            int bucket = KeyAssignment.bucketOfLiteral(
                    keyType, keyColumn.type(), literal.text(), literal.quoted(), map.buckets());
            if (bucket >= 0) {
                return new KeySource.Literal(bucket);
            }
        }
        return evaluatedKey(value, splice);
    }

    private KeySource evaluatedKey(Expression value, TextSplice splice) {
        SubqueryRelations.Found found = relations.firstNotReplicated(value);
        if (found != null && found.isDistributed()) {
            throw RefusedInsert.at(s, found.token(), Unsupported.INSERT_SUBQUERY, found.name());
        }
        String type = ColumnType.unmodified(keyColumn.type());
        Fragment expression = untouched.fragment(value.beginOffset(), value.endOffset());
        int parameter = evaluations.add(EvaluationList.castOf(expression, type), type);
        // what any server computes alike stays, so that the server itself checks its type
        if (!value.isPure()) {
            splice.replace(value.beginOffset(), value.endOffset(), EvaluationList.cast(type), parameter);
        }
        return assigned(parameter);
    }

    private void spliceValue(Column column, Expression value, TextSplice splice) {
        if (value.isParameter()) {
            return;
        }
        if (value.isDefault()) {
            if (column.defaultKind() == DefaultKind.SEQUENCE && column.defaultExpression() != null) {
                splice.replace(value.beginOffset(), value.endOffset(), cast(column), fill(column));
            }
            return;
        }
        Expression.Literal literal = value.literal();
        if (literal != null) {
            spliceRelativeTime(column, value, literal, splice);
            return;
        }
        SubqueryRelations.Found found = relations.firstNotReplicated(value);
        if (found != null) {
            throw RefusedInsert.at(s, found.token(), Unsupported.INSERT_SUBQUERY, found.name());
        }
        spliceCalls(value, splice);
    }

    /** {@code 'now'} and its like in rows for several shards. */
    private void spliceRelativeTime(Column column, Expression value, Expression.Literal literal, TextSplice splice) {
        if (several
                && literal.quoted()
                && ColumnType.isTime(column.type())
                && Expression.isRelativeTime(literal.text())) {
            String type = ColumnType.unmodified(column.type());
            Fragment expression = untouched.fragment(value.beginOffset(), value.endOffset());
            int parameter = evaluations.addShared(EvaluationList.castOf(expression, type), type);
            splice.replace(value.beginOffset(), value.endOffset(), EvaluationList.cast(type), parameter);
        }
    }

    /** Sequences are the home shard's; functions of time must not differ between rows. The rest runs with its row. */
    private void spliceCalls(Expression value, TextSplice splice) {
        int after = 0;
        for (Call call : value.calls()) {
            boolean sequence = Functions.isSequenceFunction(call.name());
            String type = sequence ? "bigint" : several ? Functions.evaluatedOnce(call.name()) : null;
            if (type == null || call.begin() < after) {
                continue;
            }
            int begin = s.begin(call.begin());
            int end = s.end(call.end() - 1);
            Fragment expression = untouched.fragment(begin, end);
            int parameter = sequence ? evaluations.add(expression, type) : evaluations.addShared(expression, type);
            splice.replace(begin, end, EvaluationList.cast(type), parameter);
            after = call.end();
        }
    }

    /** The parameter of a column's default, computed anew for each row. */
    private int fill(Column column) {
        changed = true;
        sequenceFilled |= column.defaultKind() == DefaultKind.SEQUENCE;
        String expression = Objects.requireNonNull(column.defaultExpression());
        return evaluations.add(new Fragment(expression, new int[0]), ColumnType.unmodified(column.type()));
    }

    private static String cast(Column column) {
        return EvaluationList.cast(ColumnType.unmodified(column.type()));
    }

    private KeySource assigned(int parameter) {
        return new KeySource.Assigned(parameter, keyType, keyColumn.type());
    }

    private KeySource nullKey() {
        return new KeySource.Literal(KeyBuckets.bucketOfNull(map.buckets()));
    }
}
