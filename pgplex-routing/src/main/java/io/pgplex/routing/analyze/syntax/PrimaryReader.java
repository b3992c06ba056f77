package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.List;
import net.sf.jsqlparser.expression.AnalyticExpression;
import net.sf.jsqlparser.expression.ArrayConstructor;
import net.sf.jsqlparser.expression.ArrayExpression;
import net.sf.jsqlparser.expression.BooleanValue;
import net.sf.jsqlparser.expression.CaseExpression;
import net.sf.jsqlparser.expression.CastExpression;
import net.sf.jsqlparser.expression.DateTimeLiteralExpression;
import net.sf.jsqlparser.expression.DateUnitExpression;
import net.sf.jsqlparser.expression.DoubleValue;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.Function;
import net.sf.jsqlparser.expression.HexValue;
import net.sf.jsqlparser.expression.IntervalExpression;
import net.sf.jsqlparser.expression.JdbcNamedParameter;
import net.sf.jsqlparser.expression.JdbcParameter;
import net.sf.jsqlparser.expression.JsonExpression;
import net.sf.jsqlparser.expression.LongValue;
import net.sf.jsqlparser.expression.NullValue;
import net.sf.jsqlparser.expression.NumericBind;
import net.sf.jsqlparser.expression.RangeExpression;
import net.sf.jsqlparser.expression.RowGetExpression;
import net.sf.jsqlparser.expression.StringValue;
import net.sf.jsqlparser.expression.TimeKeyExpression;
import net.sf.jsqlparser.expression.TimezoneExpression;
import net.sf.jsqlparser.expression.UserVariable;
import net.sf.jsqlparser.expression.WhenClause;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.schema.Column;
import net.sf.jsqlparser.statement.select.AllColumns;
import net.sf.jsqlparser.statement.select.ParenthesedSelect;
import org.jspecify.annotations.Nullable;

/** Reads what operators stand between: names, constants, casts, parentheses, CASE, arrays. */
final class PrimaryReader {

    private final Readers readers;
    private final Cursor cursor;
    private final TypeParser types;

    PrimaryReader(Readers readers) {
        this.readers = readers;
        this.cursor = readers.cursor();
        this.types = new TypeParser(cursor);
    }

    Expr primary(int start, Expression tree) {
        if (isConstant(tree)) {
            // JSqlParser does not see a type that it does not know
            boolean typed = tree instanceof StringValue && !cursor.text.hasKind(start, TokenKind.STRING);
            return typed ? typedConstant(start) : readers.names().constant();
        }
        if (tree instanceof Column column) {
            return column(start, column);
        }
        if (tree instanceof AllColumns) {
            return readers.names().star(start);
        }
        if (tree instanceof Function function) {
            return readers.calls().function(start, function);
        }
        if (tree instanceof AnalyticExpression call) {
            return readers.calls().aggregate(start, call);
        }
        if (tree instanceof ParenthesedSelect select) {
            Query query = readers.queries().inParentheses(select);
            return star(start, new Expr.Subquery(start, cursor.at, query, false));
        }
        if (tree instanceof ParenthesedExpressionList<?> list) {
            return parentheses(start, list);
        }
        if (tree instanceof CastExpression cast) {
            return cast(start, cast);
        }
        if (tree instanceof CaseExpression branches) {
            return caseOf(start, branches);
        }
        return lessUsual(start, tree);
    }

    private Expr lessUsual(int start, Expression tree) {
        if (tree instanceof ArrayConstructor array) {
            return array(start, array);
        }
        if (tree instanceof ArrayExpression subscript) {
            return subscript(start, subscript);
        }
        if (tree instanceof TimezoneExpression zone) {
            return atTimeZone(start, zone);
        }
        if (tree instanceof RowGetExpression field) {
            return field(start, field);
        }
        if (tree instanceof IntervalExpression) {
            return interval(start);
        }
        if (tree instanceof DateTimeLiteralExpression) {
            return typedConstant(start);
        }
        if (tree instanceof TimeKeyExpression) {
            return readers.names().valueFunction(start);
        }
        if (tree instanceof DateUnitExpression) {
            // a column that is called day or year
            return new Expr.Column(start, start + 1, List.of(cursor.name()), false);
        }
        throw cursor.unknown();
    }

    /** Whether the node is AT TIME ZONE, perhaps with casts behind. */
    static boolean isAtTimeZone(Expression tree) {
        Expression operand = tree;
        while (operand instanceof CastExpression cast && cast.getLeftExpression() != null) {
            operand = cast.getLeftExpression();
        }
        return operand instanceof TimezoneExpression;
    }

    private static boolean isConstant(Expression tree) {
        return tree instanceof StringValue
                || tree instanceof LongValue
                || tree instanceof DoubleValue
                || tree instanceof HexValue
                || tree instanceof JdbcParameter
                || tree instanceof NullValue
                || tree instanceof BooleanValue
                || isDollarParameter(tree);
    }

    private static boolean isDollarParameter(Expression tree) {
        return tree instanceof NumericBind || tree instanceof UserVariable || tree instanceof JdbcNamedParameter;
    }

    private Expr read(Expression tree) {
        return readers.expressions().expression(tree);
    }

    private Expr column(int start, Column tree) {
        Expr column = readers.names().column(start, tree);
        if (tree.getArrayConstructor() == null) {
            return column;
        }
        int links = 0;
        for (Expression index : tree.getArrayConstructor().getExpressions()) {
            cursor.link(++links);
            List<Expr> subscripts = subscripts(index);
            column = new Expr.Indirection(start, cursor.at, column, subscripts, null, false);
        }
        return column;
    }

    private Expr parentheses(int start, ParenthesedExpressionList<?> tree) {
        boolean row = cursor.accept("ROW");
        cursor.expect('(');
        List<Expr> list = readers.expressions().list(tree);
        cursor.expect(')');
        if (!row && list.isEmpty()) {
            throw cursor.unknown();
        }
        if (row || list.size() != 1) {
            return star(start, new Expr.Row(start, cursor.at, list));
        }
        Expr inner = list.get(0);
        if (inner instanceof Expr.Subquery subquery
                && !subquery.array()
                && inner.from() == start + 1
                && inner.to() == cursor.at - 1) {
            inner = new Expr.Subquery(start, cursor.at, subquery.query(), false);
        }
        return star(start, inner);
    }

    /** {@code (x).*}, of which JSqlParser does not see the end. */
    private Expr star(int start, Expr operand) {
        if (!cursor.isPunctuation('.') || !cursor.text.isOperator(cursor.at + 1, "*")) {
            return operand;
        }
        cursor.at += 2;
        return new Expr.Indirection(start, cursor.at, operand, List.of(), null, true);
    }

    private Expr cast(int start, CastExpression tree) {
        if (tree.isImplicitCast()) {
            return typedConstant(start);
        }
        if (cursor.accept("CAST")) {
            cursor.expect('(');
            Expr operand = read(tree.getLeftExpression());
            cursor.expect("AS");
            TypeName type = types.type();
            cursor.expect(')');
            return new Expr.Cast(start, cursor.at, operand, type);
        }
        Expr operand = suffixed(tree.getLeftExpression());
        if (cursor.atEnd() || !cursor.text.tokenText(cursor.at).equals("::")) {
            throw cursor.unknown();
        }
        cursor.at++;
        TypeName type = types.type();
        return new Expr.Cast(start, cursor.at, operand, type);
    }

    /** {@code date '2024-01-01'}. */
    private Expr typedConstant(int start) {
        TypeName type = types.type();
        if (!cursor.text.hasKind(cursor.at, TokenKind.STRING)) {
            throw cursor.unknown();
        }
        Expr constant = readers.names().constant();
        return new Expr.Cast(start, cursor.at, constant, type);
    }

    private Expr interval(int start) {
        cursor.expect("INTERVAL");
        if (!cursor.text.hasKind(cursor.at, TokenKind.STRING)) {
            throw cursor.unknown();
        }
        Expr constant = readers.names().constant();
        int end = cursor.at;
        // the fields after the constant belong to the type
        while (cursor.is("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TO")) {
            cursor.at++;
        }
        TypeName type = new TypeName("interval", cursor.at > end, false, "interval");
        return new Expr.Cast(start, cursor.at, constant, type);
    }

    private Expr caseOf(int start, CaseExpression tree) {
        cursor.expect("CASE");
        List<Expr> children = new ArrayList<>();
        Expr result = null;
        if (tree.getSwitchExpression() != null) {
            children.add(read(tree.getSwitchExpression()));
        }
        for (WhenClause when : tree.getWhenClauses()) {
            cursor.expect("WHEN");
            children.add(read(when.getWhenExpression()));
            cursor.expect("THEN");
            children.add(read(when.getThenExpression()));
        }
        if (tree.getElseExpression() != null) {
            cursor.expect("ELSE");
            result = read(tree.getElseExpression());
            children.add(result);
        }
        cursor.expect("END");
        return new Expr.Case(start, cursor.at, children, result);
    }

    private Expr array(int start, ArrayConstructor tree) {
        boolean inner = cursor.text.isPunctuation(start - 1, '[') || cursor.text.isPunctuation(start - 1, ',');
        if (!cursor.accept("ARRAY") && !inner) {
            throw cursor.unknown();
        }
        cursor.expect('[');
        List<Expr> elements = tree.getExpressions() == null
                ? List.of()
                : readers.expressions().constantList(tree.getExpressions());
        cursor.expect(']');
        return new Expr.ArrayOf(start, cursor.at, elements);
    }

    private Expr subscript(int start, ArrayExpression tree) {
        Expr operand = suffixed(tree.getObjExpression());
        List<Expr> subscripts = subscripts(tree.getIndexExpression());
        return new Expr.Indirection(start, cursor.at, operand, subscripts, null, false);
    }

    /** {@code [1]} or {@code [1:2]}. */
    private List<Expr> subscripts(@Nullable Expression index) {
        List<Expr> subscripts = new ArrayList<>();
        cursor.expect('[');
        if (index instanceof RangeExpression range) {
            subscripts.add(read(range.getStartExpression()));
            cursor.expect(':');
            subscripts.add(read(range.getEndExpression()));
        } else if (index instanceof JsonExpression slice) {
            // "1:2" is taken for a path into a document
            subscripts.add(read(slice.getExpression()));
            cursor.expect(':');
            subscripts.add(readers.names().constant());
        } else if (index != null) {
            subscripts.add(read(index));
        } else {
            throw cursor.unknown();
        }
        cursor.expect(']');
        return subscripts;
    }

    /** An operand with something behind it that binds tighter than operators, whatever JSqlParser makes of it. */
    private Expr suffixed(Expression tree) {
        boolean loose = OperatorReader.isOperation(tree)
                || PredicateReader.isPredicate(tree)
                || readers.operators().atPrefix(tree);
        if (loose) {
            throw cursor.unknown();
        }
        return readers.expressions().uncollated(tree);
    }

    private Expr atTimeZone(int start, TimezoneExpression tree) {
        Expr time = readers.expressions().collated(start, suffixed(tree.getLeftExpression()));
        int links = 0;
        for (Expression zone : tree.getTimezoneExpressions()) {
            cursor.link(++links);
            cursor.expect("AT");
            cursor.expect("TIME");
            cursor.expect("ZONE");
            if (zone instanceof TimezoneExpression) {
                throw cursor.unknown();
            }
            List<Expr> arguments = List.of(readers.expressions().operand(zone), time);
            time = new Expr.Call(
                    start,
                    cursor.at,
                    List.of("timezone"),
                    arguments,
                    false,
                    false,
                    false,
                    false,
                    List.of(),
                    List.of(),
                    null,
                    null);
        }
        return time;
    }

    private Expr field(int start, RowGetExpression tree) {
        Expr operand = suffixed(tree.getExpression());
        cursor.expect('.');
        String field = cursor.label();
        return new Expr.Indirection(start, cursor.at, operand, List.of(), field, false);
    }
}
