package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.syntax.Expr;

/** Something that must hold for a row to count. */
public sealed interface Condition {

    /** A conjunct of WHERE or ON. */
    record Holds(Expr expression) implements Condition {}

    /** What USING and NATURAL mean. */
    record Equal(Attribute left, Attribute right) implements Condition {}
}
