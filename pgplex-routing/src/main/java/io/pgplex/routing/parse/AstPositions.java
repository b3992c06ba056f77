package io.pgplex.routing.parse;

import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.List;
import net.sf.jsqlparser.expression.BinaryExpression;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.parser.ASTNodeAccess;
import net.sf.jsqlparser.parser.Node;
import org.jspecify.annotations.Nullable;

/** Where nodes of a syntax tree stand in the text that they were parsed from, and what is really written there. Stateless. */
public final class AstPositions {
    private AstPositions() {}

    /**
     * The part of the text that an expression, column or table covers; null when JSqlParser does not say (ORDER BY and GROUP
     * BY elements, aliases, operands of {@code ::}, and INSERT, UPDATE and DELETE themselves).
     */
    public static @Nullable Span span(Object node) {
        Span own = node instanceof ASTNodeAccess access ? nodeSpan(access.getASTNode()) : null;
        if (!(node instanceof BinaryExpression)) {
            return own;
        }
        // an operator's own node may begin at the operator, and a chain of them is as deep on the left as it is long
        Expression left = (Expression) node;
        Expression right = (Expression) node;
        while (left instanceof BinaryExpression binary) {
            left = binary.getLeftExpression();
        }
        while (right instanceof BinaryExpression binary) {
            right = binary.getRightExpression();
        }
        Span first = span(left);
        Span last = span(right);
        if (first == null || last == null) {
            return null;
        }
        return own == null
                ? new Span(first.begin(), last.end())
                : new Span(Math.min(first.begin(), own.begin()), Math.max(last.end(), own.end()));
    }

    private static @Nullable Span nodeSpan(@Nullable Node node) {
        if (node == null || node.jjtGetFirstToken() == null || node.jjtGetLastToken() == null) {
            return null;
        }
        return new Span(node.jjtGetFirstToken().absoluteBegin - 1, node.jjtGetLastToken().absoluteEnd - 1);
    }

    /**
     * The parts of the name that a column or table node stands for, folded as PostgreSQL folds them; empty when the tree does
     * not say where the node stands. A whole-row reference {@code t.*} gives the parts before the asterisk.
     */
    public static List<String> name(ScannedStatement statement, ASTNodeAccess node) {
        List<String> parts = new ArrayList<>(2);
        Span span = nodeSpan(node.getASTNode());
        if (span == null) {
            return parts;
        }
        int i = statement.tokenAt(span.begin());
        while (statement.isName(i)) {
            parts.add(statement.identifier(i));
            i += statement.isPunctuation(i + 1, '.') ? 2 : statement.tokenCount();
        }
        return parts;
    }
}
