package io.pgplex.routing.plan.select;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Column;
import io.pgplex.routing.analyze.Attribute;
import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.Resolution;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which collation an expression has, as far as the text and the map tell. Immutable. */
final class Collations {

    /** No type with a collation has these operators. */
    private static final Set<String> ARITHMETIC = Set.of("+", "-", "*", "/", "%");

    /** Functions that give numbers only. */
    private static final Set<String> NUMERIC = Set.of("count", "sum", "avg", "length", "abs", "round", "floor", "ceil");

    private final ScannedStatement text;
    private final boolean bytewiseDefault;
    private final boolean onlyDefault;

    Collations(ScannedStatement text, ClusterMap map, Resolution resolution) {
        this.text = text;
        this.bytewiseDefault = map.properties().bytewiseCollation();
        boolean columns = resolution.uses().stream()
                .anyMatch(use -> use.table() != null
                        && use.table().columns().stream().anyMatch(column -> column.collation() != null));
        boolean written = false;
        for (int i = 0; i < text.tokenCount(); i++) {
            written |= text.is(i, "COLLATE");
        }
        this.onlyDefault = !columns && !written;
    }

    /**
     * A collation.
     *
     * @param known whether it is known
     * @param sql its name where it is not the database's default
     * @param bytewise whether it orders text by its bytes
     */
    record Found(boolean known, @Nullable String sql, boolean bytewise) {}

    Found of(Expr expression, Block block) {
        if (expression instanceof Expr.Collate collate) {
            String name = text.text(collate.nameFrom(), collate.to());
            return new Found(true, name, isBytewise(name));
        }
        Attribute attribute = block.attribute(expression);
        Column column = attribute == null ? null : attribute.origin();
        if (column != null) {
            return column.collation() == null
                    ? new Found(true, null, bytewiseDefault)
                    : new Found(true, column.collation(), isBytewise(column.collation()));
        }
        return onlyDefault || hasNone(expression)
                ? new Found(true, null, bytewiseDefault)
                : new Found(false, null, false);
    }

    /** Whether a value is certainly not text, so that collations do not matter. */
    private static boolean hasNone(Expr expression) {
        if (expression instanceof Expr.Operation operation) {
            return ARITHMETIC.contains(operation.operator());
        }
        if (expression instanceof Expr.Literal literal) {
            return literal.kind() == Expr.Literal.Kind.NUMBER || literal.kind() == Expr.Literal.Kind.BOOLEAN;
        }
        if (expression instanceof Expr.Call call) {
            return call.over() == null && NUMERIC.contains(String.join(".", call.name()));
        }
        return expression instanceof Expr.Logical
                || expression instanceof Expr.IsNull
                || expression instanceof Expr.Not;
    }

    /** Whether a column of a query that is not a plain one has the database's default collation. */
    Found computed() {
        return onlyDefault ? new Found(true, null, bytewiseDefault) : new Found(false, null, false);
    }

    Found of(@Nullable Column column) {
        if (column == null) {
            return computed();
        }
        return column.collation() == null
                ? new Found(true, null, bytewiseDefault)
                : new Found(true, column.collation(), isBytewise(column.collation()));
    }

    private static boolean isBytewise(String name) {
        return name.endsWith("\"C\"")
                || name.endsWith("\"POSIX\"")
                || name.endsWith("ucs_basic")
                || name.endsWith("ucs_basic\"");
    }
}
