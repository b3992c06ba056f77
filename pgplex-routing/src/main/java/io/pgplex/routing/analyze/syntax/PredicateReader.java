package io.pgplex.routing.analyze.syntax;

import java.util.ArrayList;
import java.util.List;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.OverlapsCondition;
import net.sf.jsqlparser.expression.operators.relational.Between;
import net.sf.jsqlparser.expression.operators.relational.ExistsExpression;
import net.sf.jsqlparser.expression.operators.relational.ExpressionList;
import net.sf.jsqlparser.expression.operators.relational.InExpression;
import net.sf.jsqlparser.expression.operators.relational.IsDistinctExpression;
import net.sf.jsqlparser.expression.operators.relational.IsNullExpression;
import net.sf.jsqlparser.expression.operators.relational.LikeExpression;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.expression.operators.relational.SimilarToExpression;
import net.sf.jsqlparser.statement.select.ParenthesedSelect;
import org.jspecify.annotations.Nullable;

/** Reads conditions that are written in words: IN, LIKE, BETWEEN, IS DISTINCT FROM, EXISTS, OVERLAPS. */
final class PredicateReader {

    private final Readers readers;
    private final Cursor cursor;

    PredicateReader(Readers readers) {
        this.readers = readers;
        this.cursor = readers.cursor();
    }

    static boolean isPredicate(Expression tree) {
        return tree instanceof InExpression
                || tree instanceof LikeExpression
                || tree instanceof SimilarToExpression
                || tree instanceof Between
                || tree instanceof IsNullExpression
                || tree instanceof IsDistinctExpression
                || tree instanceof OverlapsCondition;
    }

    /** Null when the node is none of these. */
    @Nullable
    Expr predicate(int start, Expression tree) {
        if (tree instanceof InExpression in) {
            return in(start, in);
        }
        if (tree instanceof LikeExpression like) {
            return like(start, like);
        }
        if (tree instanceof SimilarToExpression similar) {
            return similar(start, similar);
        }
        if (tree instanceof Between between) {
            return between(start, between);
        }
        if (tree instanceof IsNullExpression test) {
            return isNull(start, test);
        }
        if (tree instanceof IsDistinctExpression test) {
            return isDistinct(start, test);
        }
        if (tree instanceof ExistsExpression exists) {
            return exists(start, exists);
        }
        return tree instanceof OverlapsCondition overlaps ? overlaps(start, overlaps) : null;
    }

    private Expr read(Expression tree) {
        return readers.expressions().operand(tree);
    }

    private Expr in(int start, InExpression tree) {
        Expr left = read(tree.getLeftExpression());
        boolean negated = cursor.accept("NOT");
        cursor.expect("IN");
        Expression right = tree.getRightExpression();
        if (right instanceof ParenthesedSelect select) {
            Query query = readers.queries().inParentheses(select);
            return new Expr.Membership(start, cursor.at, left, "=", false, negated, query);
        }
        if (!(right instanceof ParenthesedExpressionList<?> trees) || !cursor.accept('(')) {
            throw cursor.unknown();
        }
        List<Expr> list = readers.expressions().constantList(trees);
        cursor.expect(')');
        return new Expr.In(start, cursor.at, left, list, negated);
    }

    private Expr like(int start, LikeExpression tree) {
        Expr left = read(tree.getLeftExpression());
        cursor.accept("NOT");
        if (cursor.accept("SIMILAR")) {
            cursor.expect("TO");
        } else if (!cursor.accept("LIKE")) {
            cursor.expect("ILIKE");
        }
        Expression right = tree.getRightExpression();
        if (readers.operators().isQuantified(right)) {
            return readers.operators().quantified(start, left, "~~", right);
        }
        List<Expr> operands = new ArrayList<>(List.of(left, read(right)));
        if (tree.getEscape() != null) {
            cursor.expect("ESCAPE");
            operands.add(read(tree.getEscape()));
        }
        return new Expr.Other(start, cursor.at, operands);
    }

    private Expr similar(int start, SimilarToExpression tree) {
        Expr left = read(tree.getLeftExpression());
        cursor.accept("NOT");
        cursor.expect("SIMILAR");
        cursor.expect("TO");
        List<Expr> operands = new ArrayList<>(List.of(left, read(tree.getRightExpression())));
        if (cursor.accept("ESCAPE")) {
            operands.add(readers.names().constant());
        }
        return new Expr.Other(start, cursor.at, operands);
    }

    private Expr between(int start, Between tree) {
        Expr left = read(tree.getLeftExpression());
        cursor.accept("NOT");
        cursor.expect("BETWEEN");
        if (!cursor.accept("SYMMETRIC")) {
            cursor.accept("ASYMMETRIC");
        }
        // JSqlParser lets the bounds take comparisons, which bind looser
        if (OperatorReader.isComparison(tree.getBetweenExpressionStart())
                || OperatorReader.isComparison(tree.getBetweenExpressionEnd())) {
            throw cursor.unknown();
        }
        Expr low = read(tree.getBetweenExpressionStart());
        cursor.expect("AND");
        Expr high = read(tree.getBetweenExpressionEnd());
        return new Expr.Other(start, cursor.at, List.of(left, low, high));
    }

    private Expr isNull(int start, IsNullExpression tree) {
        Expr operand = read(tree.getLeftExpression());
        boolean negated = cursor.accept("NOTNULL");
        if (!negated) {
            cursor.expect("ISNULL");
        }
        return new Expr.IsNull(start, cursor.at, operand, negated);
    }

    private Expr isDistinct(int start, IsDistinctExpression tree) {
        Expr left = read(tree.getLeftExpression());
        cursor.expect("IS");
        cursor.accept("NOT");
        cursor.expect("DISTINCT");
        cursor.expect("FROM");
        Expr right = read(tree.getRightExpression());
        return new Expr.Other(start, cursor.at, List.of(left, right));
    }

    /** EXISTS without the NOT that JSqlParser counts to it. */
    Expr exists(int start, ExistsExpression tree) {
        cursor.expect("EXISTS");
        if (!(tree.getRightExpression() instanceof ParenthesedSelect select)) {
            throw cursor.unknown();
        }
        Query query = readers.queries().inParentheses(select);
        return new Expr.Exists(start, cursor.at, query);
    }

    private Expr overlaps(int start, OverlapsCondition tree) {
        Expr left = row(tree.getLeft());
        cursor.expect("OVERLAPS");
        Expr right = row(tree.getRight());
        return new Expr.Other(start, cursor.at, List.of(left, right));
    }

    private Expr row(ExpressionList<?> fields) {
        int start = cursor.at;
        cursor.expect('(');
        List<Expr> list = readers.expressions().list(fields);
        cursor.expect(')');
        return new Expr.Row(start, cursor.at, list);
    }
}
