package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.parse.ConstantList;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import net.sf.jsqlparser.expression.BinaryExpression;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.NotExpression;
import net.sf.jsqlparser.expression.operators.conditional.AndExpression;
import net.sf.jsqlparser.expression.operators.conditional.OrExpression;
import net.sf.jsqlparser.expression.operators.relational.ExistsExpression;

/** Reads expressions of any kind. */
final class ExpressionReader {

    private final Readers readers;
    private final Cursor cursor;

    ExpressionReader(Readers readers) {
        this.readers = readers;
        this.cursor = readers.cursor();
    }

    Expr expression(Expression tree) {
        cursor.enter();
        Expr expression = anyKind(tree);
        cursor.leave();
        return expression;
    }

    private Expr anyKind(Expression tree) {
        int start = cursor.at;
        if (isConnective(tree)) {
            return logical(start, (BinaryExpression) tree);
        }
        if (tree instanceof NotExpression not) {
            cursor.expect("NOT");
            if (isConnective(not.getExpression())) {
                throw cursor.unknown();
            }
            Expr operand = expression(not.getExpression());
            return new Expr.Not(start, cursor.at, operand);
        }
        if (tree instanceof ExistsExpression exists && exists.isNot()) {
            cursor.expect("NOT");
            int at = cursor.at;
            Expr operand = tested(at, readers.predicates().exists(at, exists));
            return new Expr.Not(start, cursor.at, operand);
        }
        return tested(start, operand(tree));
    }

    private static boolean isConnective(Expression tree) {
        return tree instanceof AndExpression || tree instanceof OrExpression;
    }

    /** An expression that an operator or a condition in words takes: what binds looser needs parentheses there. */
    Expr operand(Expression tree) {
        boolean negation = tree instanceof NotExpression || (tree instanceof ExistsExpression exists && exists.isNot());
        if (negation || isConnective(tree)) {
            throw cursor.unknown();
        }
        cursor.enter();
        int start = cursor.at;
        Expr operand = OperatorReader.isOperation(tree) || readers.operators().atPrefix(tree)
                ? readers.operators().operation(start, tree)
                : collated(start, uncollated(tree));
        cursor.leave();
        return operand;
    }

    /** An operand that is no operation, without COLLATE behind it. */
    Expr uncollated(Expression tree) {
        cursor.enter();
        int start = cursor.at;
        Expr predicate = readers.predicates().predicate(start, tree);
        Expr operand = predicate != null ? predicate : readers.primaries().primary(start, tree);
        cursor.leave();
        return operand;
    }

    /** An operand with COLLATE, which JSqlParser is not shown, since it gives it to other operands than PostgreSQL. */
    Expr collated(int start, Expr expression) {
        Expr operand = expression;
        int links = 0;
        while (cursor.accept("COLLATE")) {
            cursor.link(++links);
            int name = cursor.at;
            cursor.label();
            while (cursor.accept('.')) {
                cursor.label();
            }
            operand = new Expr.Collate(start, cursor.at, operand, name);
        }
        return operand;
    }

    /** An expression with its tests, which JSqlParser is not shown, since it does not know them behind a comparison. */
    private Expr tested(int start, Expr expression) {
        Expr tested = expression;
        int links = 0;
        while (cursor.is("IS")) {
            cursor.link(++links);
            tested = test(start, tested);
        }
        return tested;
    }

    /** {@code IS [NOT] NULL}, {@code IS [NOT] TRUE} and their kin. */
    private Expr test(int start, Expr tested) {
        cursor.expect("IS");
        boolean negated = cursor.accept("NOT");
        if (cursor.accept("NULL")) {
            return new Expr.IsNull(start, cursor.at, tested, negated);
        }
        if (!cursor.is("TRUE", "FALSE", "UNKNOWN")) {
            throw cursor.unknown();
        }
        cursor.at++;
        return new Expr.Other(start, cursor.at, List.of(tested));
    }

    /** Expressions with commas between them. */
    List<Expr> list(Collection<? extends Expression> trees) {
        List<Expr> list = new ArrayList<>();
        for (Expression tree : trees) {
            if (!list.isEmpty()) {
                cursor.expect(',');
            }
            list.add(expression(tree));
        }
        return list;
    }

    /** As {@link #list}, where JSqlParser is shown only the ends of a long list of constants. */
    List<Expr> constantList(Collection<? extends Expression> trees) {
        int first = cursor.at;
        List<Expr> list = new ArrayList<>();
        for (Expression tree : trees) {
            if (!list.isEmpty()) {
                cursor.expect(',');
            }
            if (list.size() == 1) {
                list.addAll(hiddenConstants(first));
            }
            list.add(expression(tree));
        }
        return list;
    }

    /** The elements of a {@link ConstantList} that JSqlParser is not shown, if they begin here. */
    List<Expr> hiddenConstants(int first) {
        List<Expr> list = new ArrayList<>();
        ConstantList.Tokens hidden = ConstantList.hidden(cursor.text, first);
        while (hidden != null && cursor.at < hidden.to()) {
            list.add(constantElement());
            cursor.expect(',');
        }
        return list;
    }

    private Expr constantElement() {
        int start = cursor.at;
        if (!cursor.accept('(')) {
            return constant();
        }
        List<Expr> fields = new ArrayList<>();
        do {
            fields.add(constant());
        } while (cursor.accept(','));
        cursor.expect(')');
        return fields.size() == 1 ? fields.get(0) : new Expr.Row(start, cursor.at, fields);
    }

    private Expr constant() {
        int start = cursor.at;
        if (!cursor.acceptOperator("-") && !cursor.acceptOperator("+")) {
            return readers.names().constant();
        }
        Expr number = readers.names().constant();
        return new Expr.Operation(start, cursor.at, cursor.text.operator(start), null, number);
    }

    /** A chain is as deep on the left as it is long, so it is walked in a loop. */
    private Expr logical(int start, BinaryExpression tree) {
        boolean and = tree instanceof AndExpression;
        Deque<Expression> operands = new ArrayDeque<>();
        Expression left = tree;
        while (left.getClass() == tree.getClass()) {
            BinaryExpression binary = (BinaryExpression) left;
            operands.push(binary.getRightExpression());
            left = binary.getLeftExpression();
        }
        operands.push(left);
        List<Expr> read = new ArrayList<>();
        for (Expression operand : operands) {
            if (!read.isEmpty()) {
                cursor.expect(and ? "AND" : "OR");
            }
            boolean grouped = operand.getClass() == tree.getClass() || (and && operand instanceof OrExpression);
            if (grouped) {
                throw cursor.unknown();
            }
            read.add(expression(operand));
        }
        return new Expr.Logical(start, cursor.at, and, read);
    }
}
