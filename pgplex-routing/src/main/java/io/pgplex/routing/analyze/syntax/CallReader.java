package io.pgplex.routing.analyze.syntax;

import java.util.ArrayList;
import java.util.List;
import net.sf.jsqlparser.expression.AnalyticExpression;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.Function;
import net.sf.jsqlparser.expression.OracleNamedFunctionParameter;
import net.sf.jsqlparser.expression.PostgresNamedFunctionParameter;
import net.sf.jsqlparser.expression.operators.relational.ExpressionList;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.schema.Column;
import net.sf.jsqlparser.statement.select.OrderByElement;
import net.sf.jsqlparser.statement.select.ParenthesedSelect;
import net.sf.jsqlparser.statement.select.Select;
import org.jspecify.annotations.Nullable;

/** Reads function calls with all that may follow their parentheses. */
final class CallReader {

    private static final String[] ARGUMENT_WORDS = {"FROM", "FOR", "PLACING", "USING", "IN", "SIMILAR", "ESCAPE"};

    private final Readers readers;
    private final Cursor cursor;

    CallReader(Readers readers) {
        this.readers = readers;
        this.cursor = readers.cursor();
    }

    /** What stands between the parentheses. */
    private record Arguments(List<Expr> list, boolean plain, boolean star, boolean distinct, List<SortItem> orderBy) {}

    /** A call without a window, filter or WITHIN GROUP, or one of the constructs that look like calls. */
    Expr function(int start, Function tree) {
        if (cursor.is("ARRAY")) {
            return arrayOfQuery(start, tree);
        }
        if (cursor.is("ROW")) {
            return row(start, tree);
        }
        if (readers.names().atValueFunction()) {
            return readers.names().valueFunction(start);
        }
        refuse(tree.getKeep() != null || tree.getNullHandling() != null || tree.isUnique() || tree.getLimit() != null);
        refuse(tree.getNamedParameters() != null || tree.isIgnoreNullsOutside() || tree.isEscaped());
        List<String> name = name();
        Arguments arguments = arguments(parameters(tree), tree.getOrderByElements());
        boolean field = !arguments.plain && name.equals(List.of("extract"));
        Expr call = new Expr.Call(
                start,
                cursor.at,
                name,
                field ? withField(arguments.list) : arguments.list,
                false,
                arguments.plain,
                arguments.star,
                arguments.distinct,
                arguments.orderBy,
                List.of(),
                null,
                null);
        return field(start, call, tree.getAttribute());
    }

    /** The arguments of EXTRACT, of which the first is a word and not a column. */
    private static List<Expr> withField(List<Expr> arguments) {
        List<Expr> changed = new ArrayList<>(arguments);
        if (changed.get(0) instanceof Expr.Column field) {
            changed.set(0, new Expr.Literal(field.from(), field.to(), Expr.Literal.Kind.OTHER, field.name()));
        }
        return changed;
    }

    /** The arguments; those of {@code f(DISTINCT (a, b))} are one. */
    private static List<? extends Expression> parameters(Function tree) {
        ExpressionList<?> parameters = tree.getParameters();
        if (parameters == null) {
            return List.of();
        }
        return parameters instanceof ParenthesedExpressionList ? List.of(parameters) : parameters;
    }

    private void refuse(boolean unknown) {
        if (unknown) {
            throw cursor.unknown();
        }
    }

    private List<String> name() {
        String word = cursor.text.word(cursor.at);
        refuse(Keywords.UNKNOWN_CALLS.contains(word) || Keywords.RESERVED.contains(word));
        List<String> name = new ArrayList<>(2);
        name.add(cursor.label());
        while (cursor.accept('.')) {
            name.add(cursor.label());
        }
        return name;
    }

    private Arguments arguments(List<? extends Expression> trees, @Nullable List<OrderByElement> order) {
        cursor.expect('(');
        if (cursor.acceptOperator("*")) {
            cursor.expect(')');
            return new Arguments(List.of(), true, true, false, List.of());
        }
        boolean distinct = cursor.accept("DISTINCT");
        if (!distinct) {
            cursor.accept("ALL");
        }
        List<Expr> list = new ArrayList<>();
        boolean plain = true;
        boolean forgotten = forgotten(trees);
        if (forgotten) {
            list.add(parentheses(trees));
        }
        for (Expression tree : forgotten ? List.<Expression>of() : trees) {
            plain &= separator(list.isEmpty());
            plain &= !cursor.accept("VARIADIC");
            plain &= !acceptName(tree);
            list.add(readers.expressions().expression(value(tree)));
        }
        List<SortItem> orderBy = order == null ? List.of() : readers.queries().orderBy(order);
        cursor.expect(')');
        return new Arguments(list, plain, false, distinct, orderBy);
    }

    /** Whether there are parentheses around all arguments that JSqlParser forgets, as it does before OVER and FILTER. */
    private boolean forgotten(List<? extends Expression> trees) {
        int written = 0;
        for (int at = cursor.at; cursor.text.isPunctuation(at, '('); at++) {
            int behind = cursor.text.matching(at) + 1;
            boolean whole = written == 0
                    ? cursor.text.isPunctuation(behind, ')') || cursor.text.is(behind, "ORDER")
                    : behind == cursor.text.matching(at - 1);
            if (!whole) {
                break;
            }
            written++;
        }
        int known = 0;
        Expression tree = trees.size() == 1 ? trees.get(0) : null;
        while (tree instanceof ParenthesedExpressionList<?> || tree instanceof ParenthesedSelect) {
            known++;
            tree = tree instanceof ParenthesedExpressionList<?> list && list.size() == 1
                    ? list.get(0)
                    : tree instanceof ParenthesedSelect select ? select.getSelect() : null;
        }
        return !trees.isEmpty() && written == known + 1;
    }

    /** One expression or the fields of a row, and the parentheses around. */
    private Expr parentheses(List<? extends Expression> trees) {
        int start = cursor.at;
        cursor.expect('(');
        List<Expr> list = readers.expressions().list(trees);
        cursor.expect(')');
        return list.size() == 1 ? list.get(0) : new Expr.Row(start, cursor.at, list);
    }

    /** What stands before an argument; false when it is words instead of a comma. */
    private boolean separator(boolean first) {
        boolean plain = true;
        if (first && cursor.is("BOTH", "LEADING", "TRAILING")) {
            cursor.at++;
            plain = false;
        }
        if (cursor.is(ARGUMENT_WORDS)) {
            cursor.at++;
            return false;
        }
        if (!first) {
            cursor.expect(',');
        }
        return plain;
    }

    private boolean acceptName(Expression tree) {
        if (value(tree) == tree) {
            return false;
        }
        cursor.label();
        if (!cursor.acceptOperator("=>") && !cursor.acceptOperator(":=")) {
            throw cursor.unknown();
        }
        return true;
    }

    private static Expression value(Expression tree) {
        if (tree instanceof OracleNamedFunctionParameter named) {
            return named.getExpression();
        }
        return tree instanceof PostgresNamedFunctionParameter named ? named.getExpression() : tree;
    }

    private Expr field(int start, Expr call, @Nullable Object attribute) {
        if (attribute == null) {
            return call;
        }
        refuse(!(attribute instanceof Column));
        cursor.expect('.');
        String field = cursor.label();
        return new Expr.Indirection(start, cursor.at, call, List.of(), field, false);
    }

    private Expr arrayOfQuery(int start, Function tree) {
        cursor.expect("ARRAY");
        ExpressionList<?> parameters = tree.getParameters();
        if (parameters == null || parameters.size() != 1 || !(parameters.get(0) instanceof Select select)) {
            throw cursor.unknown();
        }
        Query query = readers.queries().inParentheses(select);
        return new Expr.Subquery(start, cursor.at, query, true);
    }

    private Expr row(int start, Function tree) {
        cursor.expect("ROW");
        cursor.expect('(');
        List<Expr> fields =
                tree.getParameters() == null ? List.of() : readers.expressions().list(tree.getParameters());
        cursor.expect(')');
        return new Expr.Row(start, cursor.at, fields);
    }

    /** A call with a window, filter or WITHIN GROUP. */
    Expr aggregate(int start, AnalyticExpression tree) {
        refuse(tree.getKeep() != null || tree.isIgnoreNulls() || tree.isIgnoreNullsOutside() || tree.isUnique());
        refuse(tree.getNullHandling() != null || tree.getLimit() != null);
        List<String> name = name();
        Arguments arguments = arguments(arguments(tree), tree.getFuncOrderBy());
        List<SortItem> withinGroup = List.of();
        if (cursor.acceptSequence("WITHIN", "GROUP")) {
            cursor.expect('(');
            withinGroup = readers.queries().orderBy(tree.getOrderByElements());
            cursor.expect(')');
        }
        Expr filter = null;
        if (tree.getFilterExpression() != null) {
            cursor.expect("FILTER");
            cursor.expect('(');
            cursor.expect("WHERE");
            filter = readers.expressions().expression(tree.getFilterExpression());
            cursor.expect(')');
        }
        Window over = cursor.accept("OVER") ? readers.windows().over(tree) : null;
        return new Expr.Call(
                start,
                cursor.at,
                name,
                arguments.list,
                false,
                arguments.plain,
                arguments.star,
                arguments.distinct,
                arguments.orderBy,
                withinGroup,
                filter,
                over);
    }

    /** JSqlParser has names of their own for the first three arguments. */
    private static List<Expression> arguments(AnalyticExpression tree) {
        List<Expression> list = new ArrayList<>();
        add(list, tree.getExpression());
        add(list, tree.getOffset());
        add(list, tree.getDefaultValue());
        return list;
    }

    private static void add(List<Expression> list, @Nullable Expression tree) {
        if (tree instanceof ExpressionList<?> several && !(tree instanceof ParenthesedExpressionList)) {
            list.addAll(several);
        } else if (tree != null) {
            list.add(tree);
        }
    }
}
