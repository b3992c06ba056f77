package io.pgplex.jdbc.random;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * An expression.
 *
 * @param collation {@link Collation#DEFAULT} for values without collation, too
 */
record Expr(Node node, SqlType type, Collation collation) {

    /** An expression in whose text each {@code $} stands for an argument; arguments' collations are brought together. */
    static Expr of(SqlType type, String template, Expr... arguments) {
        List<Expr> aligned = aligned(List.of(arguments));
        Collation collation = Collation.DEFAULT;
        Node[] nodes = new Node[arguments.length];
        for (int i = 0; i < nodes.length; i++) {
            nodes[i] = aligned.get(i).node;
            collation = aligned.get(i).collation == Collation.DEFAULT ? collation : aligned.get(i).collation;
        }
        return of(type, type.collatable() ? collation : Collation.DEFAULT, template, nodes);
    }

    static Expr of(SqlType type, Collation collation, String template, Node... parts) {
        return new Expr(Node.phrase(type.name(), simpler(type), template, parts), type, collation);
    }

    private static List<Node> simpler(SqlType type) {
        return type == SqlType.BOOL
                ? List.of(Node.text("true"), Node.text("false"))
                : List.of(Node.text(type.literal(type.samples.get(type == SqlType.TEXT ? 20 : 0))));
    }

    /** The same expressions, with COLLATE where two would disagree. */
    static List<Expr> aligned(List<Expr> arguments) {
        Set<Collation> collations = new LinkedHashSet<>();
        arguments.forEach(argument -> collations.add(argument.collation));
        collations.remove(Collation.DEFAULT);
        if (collations.size() < 2) {
            return arguments;
        }
        Collation common = collations.iterator().next();
        List<Expr> aligned = new ArrayList<>();
        for (Expr argument : arguments) {
            aligned.add(argument.collation == Collation.DEFAULT ? argument : argument.collate(common));
        }
        return aligned;
    }

    Expr collate(Collation other) {
        return of(type, other, "($ COLLATE " + other.sql + ")", node);
    }

    /** An expression whose equal values look alike. */
    Expr canonical() {
        return type.isCanonical() ? this : of(type, collation, type.canonical(), node);
    }
}
