package io.pgplex.routing.plan;

/**
 * An expression whose value must be the same on every shard ({@code now()}, a sequence's next value, a default): it is
 * computed once, on the home shard, and travels as a parameter. Immutable.
 *
 * @param expression the expression as a fragment without SELECT
 * @param type the SQL type that the value is cast to where it is used
 */
public record Evaluation(Fragment expression, String type) {}
