package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import net.sf.jsqlparser.expression.AnyComparisonExpression;
import net.sf.jsqlparser.expression.BinaryExpression;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.Function;
import net.sf.jsqlparser.expression.SignedExpression;
import net.sf.jsqlparser.expression.operators.arithmetic.Addition;
import net.sf.jsqlparser.expression.operators.arithmetic.BitwiseOr;
import net.sf.jsqlparser.expression.operators.arithmetic.BitwiseXor;
import net.sf.jsqlparser.expression.operators.arithmetic.Concat;
import net.sf.jsqlparser.expression.operators.arithmetic.Division;
import net.sf.jsqlparser.expression.operators.arithmetic.Modulo;
import net.sf.jsqlparser.expression.operators.arithmetic.Multiplication;
import net.sf.jsqlparser.expression.operators.arithmetic.Subtraction;
import net.sf.jsqlparser.expression.operators.relational.ComparisonOperator;
import net.sf.jsqlparser.statement.select.AllColumns;
import net.sf.jsqlparser.statement.select.ParenthesedSelect;
import net.sf.jsqlparser.statement.select.Select;
import net.sf.jsqlparser.statement.select.Values;

/**
 * Reads operators. JSqlParser is believed where comparisons, AND and OR take their operands; among the operators that bind
 * tighter, which stand in its copy of the text for others, the operands are grouped again by PostgreSQL's precedences.
 */
final class OperatorReader {

    private static final int ANY_OPERATOR = 7;
    private static final int ADD = 8;
    private static final int MULTIPLY = 9;
    private static final int POWER = 10;

    private final Readers readers;
    private final Cursor cursor;

    OperatorReader(Readers readers) {
        this.readers = readers;
        this.cursor = readers.cursor();
    }

    static boolean isOperation(Expression tree) {
        return isComparison(tree) || isTight(tree);
    }

    static boolean isComparison(Expression tree) {
        return tree instanceof ComparisonOperator;
    }

    private static boolean isTight(Expression tree) {
        return tree instanceof Addition
                || tree instanceof Subtraction
                || tree instanceof Multiplication
                || tree instanceof Division
                || tree instanceof Modulo
                || tree instanceof BitwiseXor
                || tree instanceof BitwiseOr
                || tree instanceof Concat;
    }

    /** Whether the node begins with an operator before its operand. */
    boolean atPrefix(Expression tree) {
        if (tree instanceof SignedExpression) {
            return true;
        }
        return cursor.text.hasKind(cursor.at, TokenKind.OPERATOR)
                && !(tree instanceof AllColumns)
                && !PredicateReader.isPredicate(tree)
                && !isSign();
    }

    private boolean isSign() {
        return cursor.text.isOperator(cursor.at, "-") || cursor.text.isOperator(cursor.at, "+");
    }

    Expr operation(int start, Expression tree) {
        if (tree instanceof ComparisonOperator comparison) {
            return comparison(start, comparison);
        }
        Deque<Expression> operands = new ArrayDeque<>();
        flatten(tree, operands);
        Expr left = operand(operands.remove(), operands);
        return chain(start, left, operands, 0);
    }

    private Expr comparison(int start, ComparisonOperator tree) {
        Expr left = readers.expressions().operand(tree.getLeftExpression());
        String operator = operator();
        if (isQuantified(tree.getRightExpression())) {
            return quantified(start, left, operator, tree.getRightExpression());
        }
        Expr right = readers.expressions().operand(tree.getRightExpression());
        // PostgreSQL refuses a = b = c unless there are parentheses
        return tree.getLeftExpression() instanceof ComparisonOperator
                ? new Expr.Other(start, cursor.at, List.of(left, right))
                : new Expr.Operation(start, cursor.at, operator, left, right);
    }

    private static void flatten(Expression tree, Deque<Expression> operands) {
        Deque<Expression> rights = new ArrayDeque<>();
        Expression left = tree;
        while (isTight(left)) {
            BinaryExpression binary = (BinaryExpression) left;
            rights.push(binary.getRightExpression());
            left = binary.getLeftExpression();
        }
        operands.add(left);
        for (Expression right : rights) {
            if (isTight(right)) {
                flatten(right, operands);
            } else {
                operands.add(right);
            }
        }
    }

    /** Reads on as long as the next operator binds at least so tightly. */
    private Expr chain(int start, Expr first, Deque<Expression> operands, int lowest) {
        cursor.enter();
        Expr left = first;
        int links = 0;
        while (!operands.isEmpty()) {
            cursor.link(++links);
            int precedence = precedence();
            if (precedence < lowest) {
                break;
            }
            String operator = operator();
            Expression tree = operands.remove();
            if (isQuantified(tree)) {
                left = quantified(start, left, operator, tree);
                continue;
            }
            int at = cursor.at;
            Expr right = chain(at, operand(tree, operands), operands, precedence + 1);
            left = new Expr.Operation(start, cursor.at, operator, left, right);
        }
        cursor.leave();
        return left;
    }

    private int precedence() {
        if (!cursor.text.hasKind(cursor.at, TokenKind.OPERATOR)) {
            return ANY_OPERATOR;
        }
        return switch (cursor.text.operator(cursor.at)) {
            case "+", "-" -> ADD;
            case "*", "/", "%" -> MULTIPLY;
            case "^" -> POWER;
            default -> ANY_OPERATOR;
        };
    }

    /** One operand; an operator before it takes all to its right that binds tighter, a sign only the operand. */
    private Expr operand(Expression tree, Deque<Expression> operands) {
        int start = cursor.at;
        if (tree instanceof SignedExpression signed && isSign()) {
            // JSqlParser lets a sign take this, which binds looser
            if (PrimaryReader.isAtTimeZone(signed.getExpression())) {
                throw cursor.unknown();
            }
            String operator = operator();
            Expr operand = readers.expressions().uncollated(signed.getExpression());
            Expr signedOperand = new Expr.Operation(start, cursor.at, operator, null, operand);
            return readers.expressions().collated(start, signedOperand);
        }
        if (!cursor.text.hasKind(start, TokenKind.OPERATOR) || tree instanceof AllColumns) {
            return readers.expressions().operand(tree);
        }
        if (isSign()) {
            throw cursor.unknown();
        }
        cursor.enter();
        String operator = operator();
        int at = cursor.at;
        Expr operand = chain(at, operand(tree, operands), operands, ADD);
        cursor.leave();
        return new Expr.Operation(start, cursor.at, operator, null, operand);
    }

    private String operator() {
        if (cursor.is("OPERATOR") && cursor.text.isPunctuation(cursor.at + 1, '(')) {
            cursor.at = cursor.text.matching(cursor.at + 1) + 1;
            // the name is not looked at, so the operator is never taken for equality
            return "OPERATOR()";
        }
        if (!cursor.text.hasKind(cursor.at, TokenKind.OPERATOR)) {
            throw cursor.unknown();
        }
        return cursor.text.operator(cursor.at++);
    }

    /** Whether this is {@code ANY (...)} or its kin. */
    boolean isQuantified(Expression tree) {
        return cursor.is("ANY", "SOME", "ALL") && (tree instanceof AnyComparisonExpression || tree instanceof Function);
    }

    Expr quantified(int start, Expr left, String operator, Expression tree) {
        boolean all = cursor.is("ALL");
        cursor.at++;
        if (tree instanceof AnyComparisonExpression any && any.getSelect() instanceof ParenthesedSelect select) {
            Query query = readers.queries().inParentheses(select);
            return new Expr.Membership(start, cursor.at, left, operator, all, false, query);
        }
        cursor.expect('(');
        Expr array = readers.expressions().expression(array(tree));
        cursor.expect(')');
        return new Expr.Quantified(start, cursor.at, left, operator, all, array);
    }

    private Expression array(Expression tree) {
        if (tree instanceof Function function
                && function.getParameters() != null
                && function.getParameters().size() == 1) {
            return function.getParameters().get(0);
        }
        if (tree instanceof AnyComparisonExpression any) {
            Select select = any.getSelect();
            if (select instanceof Values values && values.getExpressions().size() == 1) {
                return values.getExpressions().get(0);
            }
        }
        throw cursor.unknown();
    }
}
