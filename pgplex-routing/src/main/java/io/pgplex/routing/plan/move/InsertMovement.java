package io.pgplex.routing.plan.move;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.analyze.FunctionRules;
import io.pgplex.routing.analyze.Resolution;
import io.pgplex.routing.analyze.ResolvedQuery;
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
import io.pgplex.routing.plan.insert.ColumnType;
import io.pgplex.routing.plan.modify.RowImages;
import io.pgplex.routing.scan.Identifiers;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code INSERT ... SELECT} whose rows are not where they belong: the query's rows travel to the shards of their keys, or
 * to every copy of a replicated table, and are inserted there. Defaults that must not be computed by each shard are
 * computed with the query.
 *
 * <pre>
 * INSERT INTO t (k, v) SELECT a, b FROM u WHERE ...
 * moves SELECT q.c1, q.c2, CAST(q.c1 AS bigint) FROM (SELECT a, b FROM u WHERE ...) AS q(c1, c2)
 * then INSERT INTO t ("k", "v") SELECT c1, c2 FROM pgplex_moved1
 * </pre>
 *
 * Confined to one thread.
 */
final class InsertMovement {

    private final Draft draft;
    private final ScannedStatement text;
    private final Modification syntax;
    private final Resolution resolution;
    private final Table table;
    private final Names names;
    /** The tokens of the query, parentheses around it included. */
    private final int from;

    private final int to;

    InsertMovement(Draft draft, Resolution resolution, Table table, Names names) {
        this.draft = draft;
        this.text = draft.text();
        this.syntax = resolution.target().syntax();
        this.resolution = resolution;
        this.table = table;
        this.names = names;
        Query query = syntax.source();
        int first = query == null ? syntax.to() : query.from();
        int behind = query == null ? syntax.to() : query.to();
        while (text.isPunctuation(first - 1, '(') && text.matching(first - 1) == behind) {
            first--;
            behind++;
        }
        this.from = first;
        this.to = behind;
    }

    /** The draft that inserts, with its plan; null when the statement is none that this class knows how to run. */
    @Nullable
    Movement plan(Sources sources, List<Evaluation> evaluations) {
        ResolvedQuery source = resolution.target().source();
        List<String> outputs = source == null ? null : source.outputs();
        if (source == null || outputs == null || outputs.isEmpty() || hasColumnParts() || readsInTail()) {
            return null;
        }
        List<Column> targets = targets(outputs.size());
        if (targets == null || isUserValue() || givesDefaults() || setsKey()) {
            return null;
        }
        new FunctionRules(!isDistributed()).check(resolution.target().block(), !isDistributed());
        List<Column> added = added(targets);
        Fragment query = query(source, targets, added).fragment();
        Plan.@Nullable Sharded plan = sources.plan(query, draft.planning());
        if (plan == null) {
            return null;
        }
        String name = names.next();
        List<Intermediate.Column> columns = new ArrayList<>();
        for (int i = 1; i <= targets.size() + added.size(); i++) {
            columns.add(new Intermediate.Column("c" + i, null, null));
        }
        Intermediate rows =
                new Intermediate(name, columns, plan, draft.own(query), reach(targets, added), null, -1, -1);
        Fragment insert = insert(targets, added, name).fragment();
        Fragment fragment = Fragment.original(insert.sql(), insert.parameters().length);
        Merge merge = isDistributed() ? new Merge.Concatenate(RowLimit.UNLIMITED) : copies(fragment);
        boolean returns = syntax.returning() != null;
        Plan.Sharded then = new Plan.Sharded(
                StatementKind.INSERT,
                Effect.WRITE,
                returns,
                fragment,
                Selectors.ALL,
                new Scatter(fragment, merge, List.of()),
                null,
                null);
        boolean portions = isDistributed() && !returns && syntax.assignments().isEmpty();
        List<Intermediate> all = new ArrayList<>(draft.intermediates());
        all.add(rows);
        return new Movement(evaluations, all, then, draft.own(insert), portions);
    }

    private Merge copies(Fragment insert) {
        try {
            Merge images = new RowImages(resolution.target(), table, null, true).plan(new Splice(text));
            return new Merge.Copies(table.name(), new Scatter(insert, images, List.of()));
        } catch (RoutingException cannot) {
            return new Merge.Copies(table.name(), null);
        }
    }

    private boolean isDistributed() {
        return table.distribution() instanceof TableDistribution.Distributed;
    }

    // ---- what is inserted

    private boolean hasColumnParts() {
        int at = syntax.target().to();
        if (!text.isPunctuation(at, '(') || syntax.columns().isEmpty()) {
            return false;
        }
        return text.matching(at) - at != 2 * syntax.columns().size();
    }

    /** Whether ON CONFLICT or RETURNING reads other relations. */
    private boolean readsInTail() {
        return !resolution.target().block().sublinks().isEmpty();
    }

    private int overridingOffset() {
        int at = syntax.target().to();
        return text.isPunctuation(at, '(') && !syntax.columns().isEmpty() ? text.matching(at) + 1 - at : 0;
    }

    private boolean setsKey() {
        return isDistributed()
                && syntax.assignments().stream()
                        .anyMatch(assignment -> assignment.columns().contains(keyColumn()));
    }

    /** Whether VALUES say DEFAULT, which a query cannot, or have rows written out, whose columns are not counted. */
    private boolean givesDefaults() {
        boolean expands = syntax.source() != null
                && syntax.source().body() instanceof Query.Values values
                && values.rows().stream().anyMatch(row -> row.stream().anyMatch(InsertMovement::isStar));
        if (expands) {
            return true;
        }
        for (int i = from; i < to; i++) {
            if (text.is(i, "DEFAULT") && !text.hasKind(i, TokenKind.QUOTED_IDENTIFIER)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isStar(Expr expression) {
        return (expression instanceof Expr.Column column && column.star())
                || (expression instanceof Expr.Indirection indirection && indirection.star());
    }

    private boolean isUserValue() {
        int at = syntax.target().to() + overridingOffset();
        return text.is(at, "OVERRIDING") && text.is(at + 1, "USER");
    }

    private @Nullable List<Column> targets(int count) {
        List<Column> targets = new ArrayList<>();
        if (syntax.columns().isEmpty()) {
            return count > table.columns().size() ? null : table.columns().subList(0, count);
        }
        for (String name : syntax.columns()) {
            Column column = table.column(name);
            if (column == null) {
                return null;
            }
            targets.add(column);
        }
        return targets.size() == count ? targets : null;
    }

    /** Columns left out whose defaults are the cluster's, or must be the same in every copy. */
    private List<Column> added(List<Column> targets) {
        List<Column> added = new ArrayList<>();
        for (Column column : table.columns()) {
            boolean computed =
                    column.defaultKind() == DefaultKind.SEQUENCE || column.defaultKind() == DefaultKind.VOLATILE;
            boolean key = isDistributed() && column.name().equals(keyColumn()) && column.defaultExpression() != null;
            if (!targets.contains(column) && (computed || key)) {
                added.add(column);
            }
        }
        return added;
    }

    private String keyColumn() {
        return ((TableDistribution.Distributed) table.distribution()).keyColumn();
    }

    private Intermediate.Reach reach(List<Column> targets, List<Column> added) {
        if (!(table.distribution() instanceof TableDistribution.Distributed distributed)) {
            return new Intermediate.Reach.EveryShard();
        }
        KeyType type = distributed.keyType();
        for (int i = 0; i < added.size(); i++) {
            if (added.get(i).name().equals(distributed.keyColumn())) {
                return new Intermediate.Reach.ByKey(targets.size() + i, type);
            }
        }
        return new Intermediate.Reach.ByKey(targets.size() + added.size(), type);
    }

    /** The query, with the defaults and the key behind its own columns. */
    private SqlText query(ResolvedQuery source, List<Column> targets, List<Column> added) {
        StringBuilder head = new StringBuilder("SELECT ");
        StringBuilder columns = new StringBuilder();
        for (int i = 1; i <= targets.size(); i++) {
            head.append(i == 1 ? "q.c" : ", q.c").append(i);
            columns.append(i == 1 ? "c" : ", c").append(i);
        }
        for (Column column : added) {
            head.append(", CAST(")
                    .append(Objects.requireNonNull(column.defaultExpression()))
                    .append(" AS ")
                    .append(ColumnType.unmodified(column.type()))
                    .append(')');
        }
        if (isDistributed() && added.stream().noneMatch(column -> column.name().equals(keyColumn()))) {
            Column key = Objects.requireNonNull(table.column(keyColumn()));
            int position = targets.indexOf(key);
            head.append(", CAST(")
                    .append(position < 0 ? "NULL" : "q.c" + (position + 1))
                    .append(" AS ")
                    .append(key.type())
                    .append(')');
        }
        SqlText sql = new SqlText().append(head + " FROM (");
        Query.With with = syntax.with();
        if (with != null) {
            sql.append(new Splice(text).slice(with.from(), with.to())).append(" ");
        }
        Splice splice = new Splice(text);
        typeConstants(source.syntax().body(), targets, splice);
        return sql.append(splice.slice(from, to)).append(") AS q(" + columns + ")");
    }

    /** Constants take the type of the column that they are inserted into, which a subquery would not know. */
    private void typeConstants(Query.Body body, List<Column> targets, Splice splice) {
        if (body instanceof Query.Select select) {
            for (int i = 0; i < select.items().size() && i < targets.size(); i++) {
                typeConstant(select.items().get(i).expression(), targets.get(i), splice);
            }
        } else if (body instanceof Query.Values values) {
            for (List<Expr> row : values.rows()) {
                for (int i = 0; i < row.size() && i < targets.size(); i++) {
                    typeConstant(row.get(i), targets.get(i), splice);
                }
            }
        }
    }

    private static void typeConstant(Expr expression, Column target, Splice splice) {
        boolean untyped = expression instanceof Expr.Parameter
                || (expression instanceof Expr.Literal literal
                        && (literal.kind() == Expr.Literal.Kind.STRING || literal.kind() == Expr.Literal.Kind.NULL));
        if (untyped) {
            splice.insertBefore(expression.from(), "CAST(");
            splice.insertAfter(expression.to(), " AS " + ColumnType.unmodified(target.type()) + ")");
        }
    }

    // ---- the INSERT

    private SqlText insert(List<Column> targets, List<Column> added, String name) {
        StringBuilder columns = new StringBuilder();
        StringBuilder values = new StringBuilder();
        List<Column> all = new ArrayList<>(targets);
        all.addAll(added);
        for (int i = 0; i < all.size(); i++) {
            columns.append(i == 0 ? "" : ", ")
                    .append(Identifiers.quote(all.get(i).name()));
            values.append(i == 0 ? "c" : ", c").append(i + 1);
        }
        Splice splice = new Splice(text);
        boolean overriding = text.is(syntax.target().to() + overridingOffset(), "OVERRIDING");
        boolean sequence = added.stream().anyMatch(column -> column.defaultKind() == DefaultKind.SEQUENCE);
        SqlText sql = new SqlText()
                .append("WITH " + Intermediate.definition(name) + " ")
                .append(splice.slice(syntax.verbFrom(), syntax.target().to()))
                .append(" (" + columns + ")")
                .append(overriding || sequence ? " OVERRIDING SYSTEM VALUE" : "")
                .append(" SELECT " + values + " FROM " + Identifiers.quote(name));
        if (to < syntax.to()) {
            sql.append(" ").append(splice.slice(to, syntax.to()));
        }
        return sql;
    }
}
