package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.syntax.Expr;

/**
 * A subquery inside an expression.
 *
 * @param expression the expression that holds it directly
 * @param positive whether it stands in WHERE or ON under nothing but AND and OR, so that NULL counts as false
 * @param conjunct whether it is a conjunct of WHERE or of an inner join's ON itself
 */
public record Sublink(ResolvedQuery query, Expr expression, boolean positive, boolean conjunct) {}
