package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.KeyType.HashFamily;
import io.pgplex.routing.analyze.syntax.Expr;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Attributes that equal one distribution key wherever a row counts. Confined to one thread. */
final class KeyClass {

    private final HashFamily family;
    private final Set<Attribute> attributes = new LinkedHashSet<>();

    KeyClass(HashFamily family) {
        this.family = family;
    }

    HashFamily family() {
        return family;
    }

    Set<Attribute> attributes() {
        return attributes;
    }

    void add(Attribute attribute) {
        attributes.add(attribute);
    }

    boolean contains(@Nullable Attribute attribute) {
        return attribute != null && attributes.contains(attribute);
    }

    /** Adds what the conditions make equal to something in the class. */
    void close(List<Condition> conditions, Block block) {
        Map<Attribute, List<Attribute>> equals = new HashMap<>();
        for (Condition.Equal equality : equalities(conditions, block)) {
            equals.computeIfAbsent(equality.left(), key -> new ArrayList<>()).add(equality.right());
            equals.computeIfAbsent(equality.right(), key -> new ArrayList<>()).add(equality.left());
        }
        Deque<Attribute> added = new ArrayDeque<>(attributes);
        while (!added.isEmpty()) {
            for (Attribute equal : equals.getOrDefault(added.remove(), List.of())) {
                block.effort().spend(10);
                if (KeyFamilies.hashesLike(equal.origin(), family) && attributes.add(equal)) {
                    added.add(equal);
                }
            }
        }
    }

    /** The equalities of two attributes among conditions, those of rows taken apart. */
    static List<Condition.Equal> equalities(List<Condition> conditions, Block block) {
        List<Condition.Equal> equalities = new ArrayList<>();
        for (Condition condition : conditions) {
            if (condition instanceof Condition.Equal equal) {
                equalities.add(equal);
            } else {
                collect(((Condition.Holds) condition).expression(), block, equalities);
            }
        }
        return equalities;
    }

    private static void collect(Expr expression, Block block, List<Condition.Equal> equalities) {
        if (!(expression instanceof Expr.Operation operation)
                || !operation.operator().equals("=")
                || operation.left() == null) {
            return;
        }
        pair(operation.left(), operation.right(), block, equalities);
        if (operation.left() instanceof Expr.Row left
                && operation.right() instanceof Expr.Row right
                && left.fields().size() == right.fields().size()) {
            for (int i = 0; i < left.fields().size(); i++) {
                pair(left.fields().get(i), right.fields().get(i), block, equalities);
            }
        }
    }

    private static void pair(Expr left, Expr right, Block block, List<Condition.Equal> equalities) {
        Attribute one = block.attribute(left);
        Attribute other = block.attribute(right);
        if (one != null && other != null) {
            equalities.add(new Condition.Equal(one, other));
        }
    }
}
