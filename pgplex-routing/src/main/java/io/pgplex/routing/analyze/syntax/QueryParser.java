package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads query expressions: WITH, SELECT, VALUES, set operations, ORDER BY, LIMIT. */
final class QueryParser {

    private final Cursor cursor;
    private final ExpressionParser expressions;
    private final CallParser calls;
    private final FromParser relations;
    private final ModificationParser modifications;

    QueryParser(Cursor cursor) {
        this.cursor = cursor;
        this.expressions = new ExpressionParser(cursor, this);
        this.calls = new CallParser(cursor, expressions, this);
        this.relations = new FromParser(cursor, expressions);
        this.modifications = new ModificationParser(cursor, expressions, this, relations);
    }

    ModificationParser modifications() {
        return modifications;
    }

    Query query() {
        cursor.enter();
        int start = cursor.at;
        Query.With with = with();
        Query.Body body = union();
        int bodyTo = cursor.at;
        List<SortItem> orderBy = cursor.isSequence("ORDER", "BY") ? orderBy() : List.of();
        List<Query.Locking> locking = new ArrayList<>();
        locking(locking);
        Query.Limit limit = limit();
        locking(locking);
        if (limit == null) {
            limit = limit();
        }
        cursor.leave();
        Query query = new Query(start, cursor.at, with, body, bodyTo, orderBy, limit, locking);
        return body instanceof Query.Nested nested && query.isBare() ? nested.query() : query;
    }

    Query.@Nullable With with() {
        int start = cursor.at;
        if (!cursor.accept("WITH")) {
            return null;
        }
        boolean recursive = cursor.accept("RECURSIVE");
        List<Query.Cte> ctes = new ArrayList<>();
        do {
            ctes.add(cte());
        } while (cursor.accept(','));
        return new Query.With(start, cursor.at, recursive, ctes);
    }

    private Query.Cte cte() {
        String name = cursor.name();
        List<String> columns = cursor.isPunctuation('(') ? cursor.nameList() : List.of();
        cursor.expect("AS");
        if (cursor.accept("NOT")) {
            cursor.expect("MATERIALIZED");
        } else {
            cursor.accept("MATERIALIZED");
        }
        cursor.expect('(');
        Query query = null;
        Modification modification = null;
        int verb = cursor.at;
        if (cursor.is("WITH")) {
            int depth = cursor.depth();
            with();
            verb = cursor.at;
            cursor.backTo(cursor.at, depth);
        }
        boolean modifies = cursor.text.is(verb, "INSERT", "UPDATE", "DELETE", "MERGE");
        cursor.at = afterOpening(verb);
        if (modifies) {
            modification = modifications.modification();
        } else {
            query = query();
        }
        cursor.expect(')');
        if (cursor.is("SEARCH", "CYCLE")) {
            throw cursor.unknown();
        }
        return new Query.Cte(name, columns, query, modification);
    }

    /** The token behind the parenthesis that encloses the token. */
    private int afterOpening(int token) {
        int at = token;
        int closed = 0;
        while (true) {
            at--;
            if (cursor.text.isPunctuation(at, ')')) {
                closed++;
            } else if (cursor.text.isPunctuation(at, '(')) {
                if (closed == 0) {
                    return at + 1;
                }
                closed--;
            } else if (at < 0) {
                throw cursor.unknown();
            }
        }
    }

    private Query.Body union() {
        int start = cursor.at;
        Query.Body left = intersect();
        while (cursor.is("UNION", "EXCEPT")) {
            boolean union = cursor.is("UNION");
            Query leftQuery = bare(start, left);
            cursor.at++;
            boolean all = setQuantifier();
            int rightStart = cursor.at;
            Query right = bare(rightStart, intersect());
            left = new Query.SetOperation(
                    leftQuery,
                    union ? Query.SetOperation.Operator.UNION : Query.SetOperation.Operator.EXCEPT,
                    all,
                    right);
        }
        return left;
    }

    private Query.Body intersect() {
        int start = cursor.at;
        Query.Body left = body();
        while (cursor.is("INTERSECT")) {
            Query leftQuery = bare(start, left);
            cursor.at++;
            boolean all = setQuantifier();
            int rightStart = cursor.at;
            left = new Query.SetOperation(
                    leftQuery, Query.SetOperation.Operator.INTERSECT, all, bare(rightStart, body()));
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

    private Query.Body body() {
        int start = cursor.at;
        if (cursor.accept('(')) {
            Query query = query();
            cursor.expect(')');
            return new Query.Nested(query);
        }
        if (cursor.accept("VALUES")) {
            return values();
        }
        if (cursor.accept("TABLE")) {
            return new Query.TableCommand(relations.plainRelation());
        }
        if (!cursor.accept("SELECT")) {
            throw cursor.unknown();
        }
        return select(start);
    }

    private Query.Values values() {
        List<List<Expr>> rows = new ArrayList<>();
        do {
            cursor.expect('(');
            List<Expr> row = new ArrayList<>();
            do {
                int at = cursor.at;
                row.add(
                        cursor.accept("DEFAULT")
                                ? new Expr.Literal(at, cursor.at, Expr.Literal.Kind.OTHER, "")
                                : expressions.expression());
            } while (cursor.accept(','));
            cursor.expect(')');
            rows.add(row);
        } while (cursor.accept(','));
        return new Query.Values(rows);
    }

    private Query.Select select(int start) {
        boolean distinct = false;
        List<Expr> distinctOn = null;
        if (cursor.accept("DISTINCT")) {
            distinct = true;
            if (cursor.accept("ON")) {
                cursor.expect('(');
                distinctOn = expressions.list();
                cursor.expect(')');
            }
        } else {
            cursor.accept("ALL");
        }
        int itemsFrom = cursor.at;
        List<Query.Item> items = atSelectEnd() ? List.of() : items();
        int itemsTo = cursor.at;
        boolean into = cursor.is("INTO");
        if (into) {
            throw cursor.unknown();
        }
        List<FromItem> from = cursor.accept("FROM") ? relations.list() : List.of();
        Expr where = cursor.accept("WHERE") ? expressions.expression() : null;
        int tail = cursor.at;
        Query.GroupBy groupBy = cursor.isSequence("GROUP", "BY") ? groupBy() : null;
        int havingFrom = cursor.at;
        Expr having = cursor.accept("HAVING") ? expressions.expression() : null;
        int havingTo = cursor.at;
        Map<String, Window> windows = new LinkedHashMap<>();
        if (cursor.accept("WINDOW")) {
            do {
                String name = cursor.name();
                cursor.expect("AS");
                windows.put(name, calls.window());
            } while (cursor.accept(','));
        }
        return new Query.Select(
                start,
                cursor.at,
                distinct,
                distinctOn,
                itemsFrom,
                itemsTo,
                items,
                into,
                from,
                where,
                tail,
                groupBy,
                having,
                havingFrom,
                havingTo,
                windows,
                havingTo,
                cursor.at);
    }

    private boolean atSelectEnd() {
        return cursor.atEnd()
                || cursor.isPunctuation(')')
                || cursor.is(
                        "FROM",
                        "WHERE",
                        "GROUP",
                        "HAVING",
                        "WINDOW",
                        "UNION",
                        "INTERSECT",
                        "EXCEPT",
                        "ORDER",
                        "LIMIT",
                        "OFFSET",
                        "FETCH",
                        "FOR",
                        "INTO");
    }

    /** A select list or the list of RETURNING. */
    List<Query.Item> items() {
        List<Query.Item> items = new ArrayList<>();
        do {
            int from = cursor.at;
            Expr expression = expressions.expression();
            int expressionTo = cursor.at;
            String alias = null;
            if (cursor.accept("AS")) {
                alias = cursor.label();
            } else if (cursor.text.hasKind(cursor.at, TokenKind.QUOTED_IDENTIFIER)
                    || (cursor.text.hasKind(cursor.at, TokenKind.WORD)
                            && !Keywords.NEEDS_AS.contains(cursor.text.word(cursor.at)))) {
                alias = cursor.label();
            }
            items.add(new Query.Item(from, expressionTo, cursor.at, expression, alias));
        } while (cursor.accept(','));
        return items;
    }

    private Query.GroupBy groupBy() {
        int from = cursor.at;
        cursor.at += 2;
        boolean sets = cursor.accept("DISTINCT");
        if (!sets) {
            cursor.accept("ALL");
        }
        List<Query.GroupBy.Part> parts = new ArrayList<>();
        do {
            int at = cursor.at;
            if (cursor.isPunctuation('(') && cursor.text.isPunctuation(at + 1, ')')) {
                cursor.at += 2;
                sets = true;
            } else if (cursor.isSequence("GROUPING", "SETS")
                    || (cursor.is("ROLLUP", "CUBE") && cursor.text.isPunctuation(at + 1, '('))) {
                sets = true;
                groupingSet(parts);
            } else {
                Expr expression = expressions.expression();
                parts.add(new Query.GroupBy.Part(at, cursor.at, expression));
                // GROUP BY (a, b) groups by both, not by the row
                sets |= expression instanceof Expr.Row && !cursor.text.is(at, "ROW");
            }
        } while (cursor.accept(','));
        return new Query.GroupBy(from, cursor.at, parts, sets);
    }

    private void groupingSet(List<Query.GroupBy.Part> parts) {
        cursor.enter();
        if (cursor.isSequence("GROUPING", "SETS")) {
            cursor.at += 2;
        } else {
            cursor.at++;
        }
        cursor.expect('(');
        do {
            int at = cursor.at;
            if (cursor.isPunctuation('(') && cursor.text.isPunctuation(at + 1, ')')) {
                cursor.at += 2;
            } else if (cursor.isSequence("GROUPING", "SETS") || cursor.is("ROLLUP", "CUBE")) {
                groupingSet(parts);
            } else {
                Expr expression = expressions.expression();
                parts.add(new Query.GroupBy.Part(at, cursor.at, expression));
            }
        } while (cursor.accept(','));
        cursor.expect(')');
        cursor.leave();
    }

    List<SortItem> orderBy() {
        cursor.expect("ORDER");
        cursor.expect("BY");
        List<SortItem> items = new ArrayList<>();
        do {
            int from = cursor.at;
            Expr expression = expressions.expression();
            int expressionTo = cursor.at;
            boolean descending = false;
            boolean using = false;
            if (cursor.accept("USING")) {
                using = true;
                cursor.at++;
            } else if (cursor.accept("DESC")) {
                descending = true;
            } else {
                cursor.accept("ASC");
            }
            Boolean nullsFirst = null;
            if (cursor.acceptSequence("NULLS", "FIRST")) {
                nullsFirst = true;
            } else if (cursor.acceptSequence("NULLS", "LAST")) {
                nullsFirst = false;
            }
            items.add(new SortItem(from, expressionTo, cursor.at, expression, descending, using, nullsFirst));
        } while (cursor.accept(','));
        return items;
    }

    private Query.@Nullable Limit limit() {
        int from = cursor.at;
        Expr count = null;
        Expr offset = null;
        boolean withTies = false;
        while (true) {
            if (count == null && cursor.accept("LIMIT")) {
                count = cursor.is("ALL") ? all() : expressions.expression();
            } else if (offset == null && cursor.accept("OFFSET")) {
                offset = expressions.expression();
                if (cursor.is("ROW", "ROWS")) {
                    cursor.at++;
                }
            } else if (count == null && cursor.is("FETCH")) {
                cursor.at += 2;
                int at = cursor.at;
                count = cursor.is("ROW", "ROWS") ? null : expressions.restricted();
                if (count == null) {
                    count = new Expr.Literal(at, at, Expr.Literal.Kind.NUMBER, "1");
                }
                if (!cursor.is("ROW", "ROWS")) {
                    throw cursor.unknown();
                }
                cursor.at++;
                if (cursor.acceptSequence("WITH", "TIES")) {
                    withTies = true;
                } else {
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
