package io.pgplex.routing.plan.move;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.routing.analyze.Attribute;
import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.FunctionRules;
import io.pgplex.routing.analyze.RelationUse;
import io.pgplex.routing.analyze.Resolution;
import io.pgplex.routing.analyze.Selectors;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Modification;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Evaluation;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Movement;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.RowLimit;
import io.pgplex.routing.plan.Scatter;
import io.pgplex.routing.plan.StatementKind;
import io.pgplex.routing.scan.Identifiers;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * MERGE on several shards: the source's rows travel to the shards of the keys that they are compared with, so that each
 * row finds there what it matches, or is inserted where it belongs. A MERGE that inserts nothing, or into a replicated
 * table, may have all rows on every shard.
 *
 * <pre>
 * MERGE INTO t USING s ON t.k = s.a WHEN NOT MATCHED THEN INSERT (k, v) VALUES (s.a, s.b)
 * moves SELECT "a", "b", CAST(s.a AS bigint) FROM s
 * then MERGE INTO t USING pgplex_moved1 AS "s" ON ...
 * </pre>
 *
 * Confined to one thread.
 */
final class MergeMovement {

    private final Draft draft;
    private final ScannedStatement text;
    private final Modification syntax;
    private final Block block;
    private final Table table;
    private final Names names;

    MergeMovement(Draft draft, Resolution resolution, Table table, Names names) {
        this.draft = draft;
        this.text = draft.text();
        this.syntax = resolution.target().syntax();
        this.block = resolution.target().block();
        this.table = table;
        this.names = names;
    }

    @Nullable
    Movement plan(Sources sources, List<Evaluation> evaluations) {
        RelationUse source = source();
        int from = syntax.target().to() + 1;
        int to = sourceEnd(from);
        if (source == null || to < 0 || !block.sublinks().isEmpty()) {
            return null;
        }
        List<String> columns = source.columns();
        if (columns == null || columns.isEmpty() || new HashSet<>(columns).size() < columns.size()) {
            return null;
        }
        Expr key = null;
        boolean distributed = table.distribution() instanceof TableDistribution.Distributed;
        if (table.distribution() instanceof TableDistribution.Distributed by) {
            key = comparedKey(by.keyColumn(), source);
            if (!keepsKeys(by.keyColumn(), key)) {
                return null;
            }
        }
        if (leavesOut(
                distributed ? List.of(DefaultKind.SEQUENCE) : List.of(DefaultKind.SEQUENCE, DefaultKind.VOLATILE))) {
            return null;
        }
        new FunctionRules(!distributed).check(block, !distributed);
        Fragment query = query(columns, key, from, to).fragment();
        Plan.@Nullable Sharded plan = sources.plan(query, draft.planning());
        if (plan == null) {
            return null;
        }
        String name = names.next();
        List<Intermediate.Column> moved = columns.stream()
                .map(column -> new Intermediate.Column(column, null, collation(source, column)))
                .toList();
        Intermediate.Reach reach = key != null && table.distribution() instanceof TableDistribution.Distributed by
                ? new Intermediate.Reach.ByKey(columns.size(), by.keyType())
                : new Intermediate.Reach.EveryShard();
        Intermediate rows = new Intermediate(name, moved, plan, draft.own(query), reach, null, -1, -1);
        Splice splice = new Splice(text);
        splice.replace(from, to, new SqlText().append(name + " AS " + Identifiers.quote(source.name())));
        Fragment merge = new SqlText()
                .append("WITH " + Intermediate.definition(name) + " ")
                .append(splice.slice(syntax.verbFrom(), syntax.to()))
                .fragment();
        Fragment fragment = Fragment.original(merge.sql(), merge.parameters().length);
        Merge answers = distributed ? new Merge.Concatenate(RowLimit.UNLIMITED) : new Merge.Copies(table.name(), null);
        Plan.Sharded then = new Plan.Sharded(
                StatementKind.MERGE,
                Effect.WRITE,
                syntax.returning() != null,
                fragment,
                Selectors.ALL,
                new Scatter(fragment, answers, List.of()),
                null,
                null);
        List<Intermediate> all = new ArrayList<>(draft.intermediates());
        all.add(rows);
        return new Movement(evaluations, all, then, draft.own(merge), false);
    }

    private @Nullable RelationUse source() {
        List<RelationUse> others = block.relations().stream()
                .filter(relation -> !relation.equals(block.relations().get(0)))
                .toList();
        return others.size() == 1 && !others.get(0).name().isEmpty() ? others.get(0) : null;
    }

    /** The token ON behind the source. */
    private int sourceEnd(int from) {
        for (int i = from; i < syntax.to(); i++) {
            if (text.is(i, "ON")) {
                return i;
            }
            if (text.isPunctuation(i, '(')) {
                i = text.matching(i);
            }
        }
        return -1;
    }

    private static @Nullable String collation(RelationUse source, String column) {
        Column origin = new Attribute(source, column).origin();
        return origin == null ? null : origin.collation();
    }

    /** The source's side of an equality in ON with the target's key; null without one. */
    private @Nullable Expr comparedKey(String key, RelationUse source) {
        RelationUse target = block.relations().get(0);
        for (Expr conjunct : conjuncts(Objects.requireNonNull(syntax.where()))) {
            if (conjunct instanceof Expr.Operation equal && equal.operator().equals("=") && equal.left() != null) {
                for (boolean left : new boolean[] {true, false}) {
                    Attribute one = block.attribute(left ? equal.left() : equal.right());
                    Expr other = left ? equal.right() : equal.left();
                    boolean isKey = one != null
                            && one.relation().equals(target)
                            && one.column().equals(key);
                    if (isKey && isOf(other, source)) {
                        return other;
                    }
                }
            }
        }
        return null;
    }

    private static List<Expr> conjuncts(Expr condition) {
        return condition instanceof Expr.Logical logical && logical.and() ? logical.operands() : List.of(condition);
    }

    private boolean isOf(Expr expression, RelationUse source) {
        Attribute attribute = block.attribute(expression);
        return attribute != null && attribute.relation().equals(source);
    }

    /** Whether no row gets a key that belongs elsewhere: keys are not updated, and inserted as they are compared. */
    private boolean keepsKeys(String key, @Nullable Expr compared) {
        int inserts = 0;
        int keyed = 0;
        for (int i = syntax.from(); i < syntax.to(); i++) {
            inserts += text.isSequence(i, "THEN", "INSERT") ? 1 : 0;
        }
        for (Modification.Assignment assignment : syntax.assignments()) {
            boolean sets = assignment.columns().contains(key)
                    || assignment.columns().get(0).equals("#" + place(key));
            if (!sets) {
                continue;
            }
            Expr value = assignment.value();
            boolean asCompared = value != null
                    && compared != null
                    && Objects.equals(block.attribute(value), block.attribute(compared));
            if (!asCompared) {
                return false;
            }
            keyed++;
        }
        // an UPDATE that sets the key to what it is compared with changes nothing, but is counted like an INSERT
        return inserts == 0 ? keyed == 0 : keyed == inserts;
    }

    private int place(String column) {
        for (int i = 0; i < table.columns().size(); i++) {
            if (table.columns().get(i).name().equals(column)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether an INSERT leaves a column to a default that each shard would compute for itself. */
    private boolean leavesOut(List<DefaultKind> kinds) {
        for (int i = syntax.from(); i < syntax.to(); i++) {
            if (!text.isSequence(i, "THEN", "INSERT")) {
                continue;
            }
            if (text.isSequence(i + 2, "DEFAULT", "VALUES")) {
                return true;
            }
            boolean listed = text.isPunctuation(i + 2, '(');
            for (Column column : table.columns()) {
                boolean given = !listed;
                for (int at = i + 3; listed && at < text.matching(i + 2); at++) {
                    given |= text.isName(at) && text.identifier(at).equals(column.name());
                }
                if (!given && kinds.contains(column.defaultKind())) {
                    return true;
                }
            }
        }
        return false;
    }

    private SqlText query(List<String> columns, @Nullable Expr key, int from, int to) {
        Splice splice = new Splice(text);
        SqlText sql = new SqlText();
        Query.With with = syntax.with();
        if (with != null) {
            sql.append(splice.slice(with.from(), with.to())).append(" ");
        }
        sql.append("SELECT "
                + String.join(", ", columns.stream().map(Identifiers::quote).toList()));
        if (key != null && table.distribution() instanceof TableDistribution.Distributed by) {
            Column column = Objects.requireNonNull(table.column(by.keyColumn()));
            sql.append(", CAST(").append(splice.slice(key.from(), key.to())).append(" AS " + column.type() + ")");
        }
        return sql.append(" FROM ").append(splice.slice(from, to));
    }
}
