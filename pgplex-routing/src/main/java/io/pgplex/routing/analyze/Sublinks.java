package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Query;
import org.jspecify.annotations.Nullable;

/** Finds the subqueries inside an expression. */
final class Sublinks {

    private final Resolver resolver;
    private final Block block;
    private final @Nullable Environment environment;

    Sublinks(Resolver resolver, Block block, @Nullable Environment environment) {
        this.resolver = resolver;
        this.block = block;
        this.environment = environment;
    }

    /** Those of WHERE or ON. */
    void condition(Expr condition, boolean conjunct) {
        walk(condition, true, conjunct);
    }

    /** Those of any other expression. */
    void value(Expr expression) {
        walk(expression, false, false);
    }

    private void walk(Expr expression, boolean positive, boolean conjunct) {
        block.effort().spend(10);
        if (expression instanceof Expr.Logical logical) {
            logical.operands().forEach(operand -> walk(operand, positive, conjunct && logical.and()));
            return;
        }
        if (expression instanceof Expr.Exists exists) {
            add(exists.query(), expression, positive, conjunct);
        } else if (expression instanceof Expr.Subquery subquery) {
            add(subquery.query(), expression, false, false);
        } else if (expression instanceof Expr.Membership membership) {
            boolean plain = !membership.negated() && !membership.all();
            add(membership.query(), expression, positive && plain, conjunct && plain);
        }
        expression.children().forEach(child -> walk(child, false, false));
    }

    private void add(Query query, Expr expression, boolean positive, boolean conjunct) {
        ResolvedQuery resolved = resolver.subquery(query, block, environment, block);
        Sublink sublink = new Sublink(resolved, expression, positive, conjunct);
        resolved.sublinkIn(block, sublink);
        block.sublinks().add(sublink);
    }
}
