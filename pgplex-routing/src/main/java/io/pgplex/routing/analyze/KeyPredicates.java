package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.KeyType;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.bind.ShardSelector;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * From a condition to the shards where it can hold for rows whose key is one of a {@link KeyClass}. AND and OR become
 * sets of shards as they stand, so the time is linear in the condition's size. Everything that is not known allows all.
 */
final class KeyPredicates {

    private final KeyConstants constants;
    private final ShardAnalysis analysis;
    private final Block block;
    private final KeyClass keys;
    private final KeyType type;
    private final @Nullable Attribute neverExtended;

    /**
     * The predicates over a class of keys.
     *
     * @param neverExtended the attribute of which IS NULL says something, because no outer join makes it NULL; or null
     */
    KeyPredicates(
            KeyConstants constants,
            ShardAnalysis analysis,
            Block block,
            KeyClass keys,
            KeyType type,
            @Nullable Attribute neverExtended) {
        this.constants = constants;
        this.analysis = analysis;
        this.block = block;
        this.keys = keys;
        this.type = type;
        this.neverExtended = neverExtended;
    }

    ShardSelector allowed(Expr condition) {
        block.effort().spend(10);
        if (condition instanceof Expr.Logical logical) {
            List<ShardSelector> parts = new ArrayList<>();
            logical.operands().forEach(operand -> parts.add(allowed(operand)));
            return logical.and() ? Selectors.and(parts) : Selectors.or(parts);
        }
        if (condition instanceof Expr.Operation operation) {
            return operation.left() != null && operation.operator().equals("=")
                    ? equal(operation.left(), operation.right())
                    : Selectors.ALL;
        }
        if (condition instanceof Expr.In in) {
            return in.negated() ? Selectors.ALL : anyOf(in.left(), in.list());
        }
        if (condition instanceof Expr.Quantified quantified) {
            return any(quantified);
        }
        if (condition instanceof Expr.IsNull isNull) {
            return !isNull.negated() && neverExtended != null && neverExtended.equals(block.attribute(isNull.operand()))
                    ? constants.ofNull()
                    : Selectors.ALL;
        }
        if (condition instanceof Expr.Literal literal) {
            boolean never = literal.kind() == Expr.Literal.Kind.NULL
                    || (literal.kind() == Expr.Literal.Kind.BOOLEAN
                            && literal.value().equals("false"));
            return never ? Selectors.NONE : Selectors.ALL;
        }
        return Selectors.ALL;
    }

    private ShardSelector equal(Expr left, Expr right) {
        if (left instanceof Expr.Row one && right instanceof Expr.Row other) {
            if (one.fields().size() != other.fields().size()) {
                return Selectors.ALL;
            }
            List<ShardSelector> parts = new ArrayList<>();
            for (int i = 0; i < one.fields().size(); i++) {
                parts.add(equal(one.fields().get(i), other.fields().get(i)));
            }
            return Selectors.and(parts);
        }
        if (isKey(left)) {
            return compared(right);
        }
        return isKey(right) ? compared(left) : Selectors.ALL;
    }

    /** A constant, or a column that a subquery gives as one. */
    private ShardSelector compared(Expr value) {
        Attribute attribute = block.attribute(value);
        return attribute == null ? constants.compared(value, type) : analysis.compared(attribute, type);
    }

    private ShardSelector anyOf(Expr left, List<Expr> values) {
        block.effort().spend(10 * values.size());
        List<ShardSelector> parts = new ArrayList<>();
        for (Expr value : values) {
            parts.add(equal(left, value));
        }
        ShardSelector any = Selectors.or(parts);
        List<Integer> parameters = new ArrayList<>();
        values.forEach(value -> addParameter(value, parameters));
        boolean oneType = left instanceof Expr.Row || values.size() < 2 || parameters.isEmpty();
        return oneType || any.equals(Selectors.ALL)
                ? any
                : new ShardSelector.OneOf(any, parameters, parameters.size() < values.size());
    }

    private static void addParameter(Expr value, List<Integer> parameters) {
        if (value instanceof Expr.Parameter parameter) {
            parameters.add(parameter.index());
        }
    }

    private ShardSelector any(Expr.Quantified quantified) {
        boolean equality = !quantified.all() && quantified.operator().equals("=");
        if (!equality || !(quantified.array() instanceof Expr.ArrayOf array) || !isKey(quantified.left())) {
            return Selectors.ALL;
        }
        return anyOf(quantified.left(), array.elements());
    }

    private boolean isKey(Expr expression) {
        return keys.contains(block.attribute(expression));
    }
}
