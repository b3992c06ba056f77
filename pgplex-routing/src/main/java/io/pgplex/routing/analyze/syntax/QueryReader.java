package io.pgplex.routing.analyze.syntax;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.operators.relational.ExpressionList;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.statement.ParenthesedStatement;
import net.sf.jsqlparser.statement.select.OrderByElement;
import net.sf.jsqlparser.statement.select.ParenthesedSelect;
import net.sf.jsqlparser.statement.select.PlainSelect;
import net.sf.jsqlparser.statement.select.Select;
import net.sf.jsqlparser.statement.select.SetOperationList;
import net.sf.jsqlparser.statement.select.TableStatement;
import net.sf.jsqlparser.statement.select.Values;
import net.sf.jsqlparser.statement.select.WithItem;
import org.jspecify.annotations.Nullable;

/** Reads query expressions: WITH, set operations, VALUES, ORDER BY, LIMIT, locking. */
final class QueryReader {

    private final Readers readers;
    private final Cursor cursor;

    QueryReader(Readers readers) {
        this.readers = readers;
        this.cursor = readers.cursor();
    }

    /** A query with its parentheses. */
    Query inParentheses(Select tree) {
        cursor.expect('(');
        Query query = query(tree instanceof ParenthesedSelect parentheses ? parentheses.getSelect() : tree);
        cursor.expect(')');
        return query;
    }

    Query query(Select tree) {
        cursor.enter();
        int start = cursor.at;
        Query.With with = with(tree.getWithItemsList());
        Query.Body body = tree instanceof SetOperationList list ? setOperations(list) : body(tree);
        int bodyTo = cursor.at;
        List<SortItem> orderBy = tree.getOrderByElements() == null ? List.of() : orderBy(tree.getOrderByElements());
        List<Query.Locking> locking = new ArrayList<>();
        locking(locking);
        Query.Limit limit = limit(limited(tree));
        locking(locking);
        if (limit == null) {
            limit = limit(limited(tree));
        }
        cursor.leave();
        Query query = new Query(start, cursor.at, with, body, bodyTo, orderBy, limit, locking);
        return body instanceof Query.Nested nested && query.isBare() ? nested.query() : query;
    }

    Query.@Nullable With with(@Nullable List<WithItem<?>> trees) {
        if (trees == null || trees.isEmpty()) {
            return null;
        }
        int start = cursor.at;
        cursor.expect("WITH");
        boolean recursive = cursor.accept("RECURSIVE");
        List<Query.Cte> ctes = new ArrayList<>();
        for (WithItem<?> tree : trees) {
            if (!ctes.isEmpty()) {
                cursor.expect(',');
            }
            ctes.add(cte(tree));
        }
        return new Query.With(start, cursor.at, recursive, ctes);
    }

    private Query.Cte cte(WithItem<?> tree) {
        if (tree.getSearchClause() != null || tree.getCycleClause() != null) {
            throw cursor.unknown();
        }
        String name = cursor.name();
        List<String> columns = cursor.isPunctuation('(') ? cursor.nameList() : List.of();
        cursor.expect("AS");
        if (cursor.accept("NOT")) {
            cursor.expect("MATERIALIZED");
        } else {
            cursor.accept("MATERIALIZED");
        }
        ParenthesedStatement statement = tree.getParenthesedStatement();
        if (statement instanceof ParenthesedSelect select) {
            return new Query.Cte(name, columns, inParentheses(select), null);
        }
        cursor.expect('(');
        Modification modification = readers.modifications().modification(statement);
        cursor.expect(')');
        return new Query.Cte(name, columns, null, modification);
    }

    /** JSqlParser lists set operations as they are written; INTERSECT binds tighter. */
    private Query.Body setOperations(SetOperationList tree) {
        Deque<Select> trees = new ArrayDeque<>(tree.getSelects());
        int start = cursor.at;
        Query.Body left = intersections(trees);
        while (!trees.isEmpty()) {
            Query leftQuery = bare(start, left);
            Query.SetOperation.Operator operator = Query.SetOperation.Operator.UNION;
            if (!cursor.accept("UNION")) {
                cursor.expect("EXCEPT");
                operator = Query.SetOperation.Operator.EXCEPT;
            }
            boolean all = setQuantifier();
            int rightStart = cursor.at;
            left = new Query.SetOperation(leftQuery, operator, all, bare(rightStart, intersections(trees)));
        }
        return left;
    }

    private Query.Body intersections(Deque<Select> trees) {
        int start = cursor.at;
        Query.Body left = body(trees.remove());
        while (!trees.isEmpty() && cursor.is("INTERSECT")) {
            Query leftQuery = bare(start, left);
            cursor.at++;
            boolean all = setQuantifier();
            int rightStart = cursor.at;
            Query right = bare(rightStart, body(trees.remove()));
            left = new Query.SetOperation(leftQuery, Query.SetOperation.Operator.INTERSECT, all, right);
        }
        return left;
    }

    private boolean setQuantifier() {
        if (cursor.accept("ALL")) {
            return true;
        }
        cursor.accept("DISTINCT");
        return false;
    }

    private Query bare(int start, Query.Body body) {
        return body instanceof Query.Nested nested
                ? nested.query()
                : new Query(start, cursor.at, null, body, cursor.at, List.of(), null, List.of());
    }

    private Query.Body body(Select tree) {
        if (tree instanceof PlainSelect select) {
            return readers.selects().select(select);
        }
        if (tree instanceof ParenthesedSelect parentheses) {
            return new Query.Nested(inParentheses(parentheses));
        }
        if (tree instanceof Values values) {
            return values(values.getExpressions());
        }
        if (tree instanceof TableStatement) {
            cursor.expect("TABLE");
            return new Query.TableCommand(readers.relations().plainRelation());
        }
        throw cursor.unknown();
    }

    private Query.Values values(ExpressionList<?> tree) {
        cursor.expect("VALUES");
        List<? extends Expression> trees = tree instanceof ParenthesedExpressionList ? List.of(tree) : tree;
        int first = cursor.at;
        List<List<Expr>> rows = new ArrayList<>();
        for (Expression row : trees) {
            if (!rows.isEmpty()) {
                cursor.expect(',');
            }
            if (rows.size() == 1) {
                for (Expr hidden : readers.expressions().hiddenConstants(first)) {
                    rows.add(hidden instanceof Expr.Row fields ? fields.fields() : List.of(hidden));
                }
            }
            cursor.expect('(');
            if (cursor.isPunctuation(')')) {
                throw cursor.unknown();
            }
            rows.add(readers.expressions().list(row instanceof ExpressionList<?> list ? list : List.of(row)));
            cursor.expect(')');
        }
        return new Query.Values(rows);
    }

    List<SortItem> orderBy(List<OrderByElement> trees) {
        cursor.expect("ORDER");
        cursor.expect("BY");
        List<SortItem> items = new ArrayList<>();
        for (OrderByElement tree : trees) {
            if (!items.isEmpty()) {
                cursor.expect(',');
            }
            items.add(sortItem(tree));
        }
        return items;
    }

    private SortItem sortItem(OrderByElement tree) {
        int from = cursor.at;
        Expr expression = readers.expressions().expression(tree.getExpression());
        int expressionTo = cursor.at;
        boolean using = cursor.accept("USING");
        boolean descending = false;
        if (using) {
            cursor.at++;
        } else {
            descending = cursor.accept("DESC");
            if (!descending) {
                cursor.accept("ASC");
            }
        }
        Boolean nullsFirst = null;
        if (cursor.acceptSequence("NULLS", "FIRST")) {
            nullsFirst = true;
        } else if (cursor.acceptSequence("NULLS", "LAST")) {
            nullsFirst = false;
        }
        return new SortItem(from, expressionTo, cursor.at, expression, descending, using, nullsFirst);
    }

    /** Where JSqlParser keeps the limit: that of a set operation is at its last query. */
    private static Select limited(Select tree) {
        boolean bare = tree.getLimit() == null && tree.getOffset() == null && tree.getFetch() == null;
        if (!bare || !(tree instanceof SetOperationList list)) {
            return tree;
        }
        Select last = list.getSelects().get(list.getSelects().size() - 1);
        return last instanceof ParenthesedSelect ? tree : last;
    }

    /** The order of the text counts: JSqlParser does not keep that of LIMIT and OFFSET. */
    private Query.@Nullable Limit limit(Select tree) {
        int from = cursor.at;
        Expr count = null;
        Expr offset = null;
        boolean withTies = false;
        while (true) {
            if (count == null && cursor.accept("LIMIT")) {
                count = cursor.is("ALL") ? all() : readers.expressions().expression(rowCount(tree));
            } else if (offset == null && cursor.accept("OFFSET")) {
                offset = readers.expressions().expression(offset(tree));
                if (cursor.is("ROW", "ROWS")) {
                    cursor.at++;
                }
            } else if (count == null && cursor.is("FETCH")) {
                count = fetched(tree);
                withTies = cursor.acceptSequence("WITH", "TIES");
                if (!withTies) {
                    cursor.expect("ONLY");
                }
            } else {
                break;
            }
        }
        return cursor.at == from ? null : new Query.Limit(from, cursor.at, count, offset, withTies);
    }

    private Expr all() {
        int at = cursor.at++;
        return new Expr.Literal(at, cursor.at, Expr.Literal.Kind.NULL, "");
    }

    private Expression rowCount(Select tree) {
        if (tree.getLimit() == null || tree.getLimit().getRowCount() == null) {
            throw cursor.unknown();
        }
        return tree.getLimit().getRowCount();
    }

    private Expression offset(Select tree) {
        if (tree.getOffset() != null && tree.getOffset().getOffset() != null) {
            return tree.getOffset().getOffset();
        }
        if (tree.getLimit() == null || tree.getLimit().getOffset() == null) {
            throw cursor.unknown();
        }
        return tree.getLimit().getOffset();
    }

    /** FETCH up to ROW or ROWS. */
    private Expr fetched(Select tree) {
        cursor.at += 2;
        int at = cursor.at;
        Expr count = new Expr.Literal(at, at, Expr.Literal.Kind.NUMBER, "1");
        if (!cursor.is("ROW", "ROWS")) {
            if (tree.getFetch() == null || tree.getFetch().getExpression() == null) {
                throw cursor.unknown();
            }
            count = readers.expressions().expression(tree.getFetch().getExpression());
        }
        if (!cursor.is("ROW", "ROWS")) {
            throw cursor.unknown();
        }
        cursor.at++;
        return count;
    }

    /** Locking clauses, which JSqlParser is not shown. */
    private void locking(List<Query.Locking> locking) {
        while (cursor.is("FOR")) {
            int from = cursor.at++;
            if (cursor.acceptSequence("READ", "ONLY")) {
                locking.add(new Query.Locking(from, cursor.at));
                continue;
            }
            if (!cursor.accept("UPDATE")
                    && !cursor.accept("SHARE")
                    && !cursor.acceptSequence("NO", "KEY", "UPDATE")
                    && !cursor.acceptSequence("KEY", "SHARE")) {
                throw cursor.unknown();
            }
            if (cursor.accept("OF")) {
                do {
                    cursor.qualifiedName();
                } while (cursor.accept(','));
            }
            if (!cursor.accept("NOWAIT")) {
                cursor.acceptSequence("SKIP", "LOCKED");
            }
            locking.add(new Query.Locking(from, cursor.at));
        }
    }
}
