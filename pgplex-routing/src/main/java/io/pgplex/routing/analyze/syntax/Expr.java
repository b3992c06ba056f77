package io.pgplex.routing.analyze.syntax;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A scalar expression. Spans count tokens, {@code from} included, {@code to} not; parentheres around are not in it. */
public sealed interface Expr {

    int from();

    int to();

    /** The expressions directly below; queries below are not among them. */
    List<Expr> children();

    /** The query directly below, or null. */
    default @Nullable Query query() {
        return null;
    }

    /** {@code a}, {@code t.a}, {@code s.t.a}; with {@code star}, {@code *} or {@code t.*}. Names are folded. */
    record Column(int from, int to, List<String> names, boolean star) implements Expr {
        @Override
        public List<Expr> children() {
            return List.of();
        }

        /** The column's own name; of {@code t.*} the relation's. */
        public String name() {
            return names.get(names.size() - 1);
        }
    }

    /** A JDBC parameter, counted from 0. */
    record Parameter(int from, int to, int index) implements Expr {
        @Override
        public List<Expr> children() {
            return List.of();
        }
    }

    /** A constant; {@code value} is what it means, without quotes and escapes. */
    record Literal(int from, int to, Kind kind, String value) implements Expr {
        /** What a constant looks like. */
        public enum Kind {
            STRING,
            NUMBER,
            BOOLEAN,
            NULL,
            OTHER
        }

        @Override
        public List<Expr> children() {
            return List.of();
        }
    }

    /** A cast to a type, by {@code ::}, {@code CAST} or {@code type 'text'}. */
    record Cast(int from, int to, Expr operand, TypeName type) implements Expr {
        @Override
        public List<Expr> children() {
            return List.of(operand);
        }
    }

    /** {@code AND} or {@code OR} of two or more. */
    record Logical(int from, int to, boolean and, List<Expr> operands) implements Expr {
        @Override
        public List<Expr> children() {
            return operands;
        }
    }

    /** {@code NOT x}. */
    record Not(int from, int to, Expr operand) implements Expr {
        @Override
        public List<Expr> children() {
            return List.of(operand);
        }
    }

    /** An operator between two operands, or before one. */
    record Operation(
            int from, int to, String operator, @Nullable Expr left, Expr right) implements Expr {
        @Override
        public List<Expr> children() {
            return left == null ? List.of(right) : List.of(left, right);
        }
    }

    /** {@code x IN (a, b)}. */
    record In(int from, int to, Expr left, List<Expr> list, boolean negated) implements Expr {
        @Override
        public List<Expr> children() {
            List<Expr> all = new ArrayList<>(list);
            all.add(0, left);
            return all;
        }
    }

    /** {@code x IN (SELECT ...)}, {@code x op ANY (SELECT ...)}, {@code x op ALL (SELECT ...)}. */
    record Membership(int from, int to, Expr left, String operator, boolean all, boolean negated, Query query)
            implements Expr {
        @Override
        public List<Expr> children() {
            return List.of(left);
        }
    }

    /** {@code x op ANY (array)} or {@code ALL}. */
    record Quantified(int from, int to, Expr left, String operator, boolean all, Expr array) implements Expr {
        @Override
        public List<Expr> children() {
            return List.of(left, array);
        }
    }

    /** {@code EXISTS (SELECT ...)}. */
    record Exists(int from, int to, Query query) implements Expr {
        @Override
        public List<Expr> children() {
            return List.of();
        }
    }

    /** {@code (SELECT ...)} as a value, or {@code ARRAY(SELECT ...)}. */
    record Subquery(int from, int to, Query query, boolean array) implements Expr {
        @Override
        public List<Expr> children() {
            return List.of();
        }
    }

    /** {@code (a, b)} or {@code ROW(a, b)}. */
    record Row(int from, int to, List<Expr> fields) implements Expr {
        @Override
        public List<Expr> children() {
            return fields;
        }
    }

    /** {@code x IS NULL}. */
    record IsNull(int from, int to, Expr operand, boolean negated) implements Expr {
        @Override
        public List<Expr> children() {
            return List.of(operand);
        }
    }

    /** {@code x COLLATE name}; the collation's name is the tokens from {@code nameFrom}. */
    record Collate(int from, int to, Expr operand, int nameFrom) implements Expr {
        @Override
        public List<Expr> children() {
            return List.of(operand);
        }
    }

    /** {@code ARRAY[a, b]}. */
    record ArrayOf(int from, int to, List<Expr> elements) implements Expr {
        @Override
        public List<Expr> children() {
            return elements;
        }
    }

    /**
     * A function call, or one of the value functions without parentheses.
     *
     * @param name the name's parts, folded
     * @param bare whether there are no parentheses ({@code current_timestamp})
     * @param plain whether the arguments are an ordinary list: no names, no VARIADIC, no keywords between them
     * @param star {@code f(*)}
     * @param distinct {@code f(DISTINCT ...)}
     * @param orderBy ORDER BY inside the parentheses
     * @param withinGroup ORDER BY of WITHIN GROUP
     * @param filter the condition of FILTER
     * @param over the window, null where it is no window call
     */
    record Call(
            int from,
            int to,
            List<String> name,
            List<Expr> arguments,
            boolean bare,
            boolean plain,
            boolean star,
            boolean distinct,
            List<SortItem> orderBy,
            List<SortItem> withinGroup,
            @Nullable Expr filter,
            @Nullable Window over)
            implements Expr {
        @Override
        public List<Expr> children() {
            List<Expr> all = new ArrayList<>(arguments);
            orderBy.forEach(item -> all.add(item.expression()));
            withinGroup.forEach(item -> all.add(item.expression()));
            if (filter != null) {
                all.add(filter);
            }
            if (over != null) {
                all.addAll(over.expressions());
            }
            return all;
        }

        /** The name without a schema. */
        public String function() {
            return name.get(name.size() - 1);
        }
    }

    /** {@code CASE}; {@code result} is what names the output column, the ELSE branch, or null. */
    record Case(
            int from, int to, List<Expr> children, @Nullable Expr result) implements Expr {}

    /** {@code x[1]}, {@code (x).f}, {@code (x).*}; {@code field} is the last field's name, null for a subscript. */
    record Indirection(
            int from,
            int to,
            Expr operand,
            List<Expr> subscripts,
            @Nullable String field,
            boolean star) implements Expr {
        @Override
        public List<Expr> children() {
            List<Expr> all = new ArrayList<>(subscripts);
            all.add(0, operand);
            return all;
        }
    }

    /** Anything else made of expressions: BETWEEN, IS DISTINCT FROM, AT TIME ZONE, ... */
    record Other(int from, int to, List<Expr> children) implements Expr {}
}
