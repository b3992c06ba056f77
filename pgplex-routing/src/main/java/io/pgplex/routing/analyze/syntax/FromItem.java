package io.pgplex.routing.analyze.syntax;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One item of FROM. */
public sealed interface FromItem {

    /** A relation by name; {@code names} are folded, {@code from} is the first name's token. */
    record Relation(
            int from, int to, List<String> names, @Nullable String alias, List<String> columns, boolean sampled)
            implements FromItem {
        public String name() {
            return names.get(names.size() - 1);
        }
    }

    /** A query in parentheses. */
    record Derived(Query query, boolean lateral, @Nullable String alias, List<String> columns) implements FromItem {}

    /** One or more function calls as a relation. */
    record Function(List<Expr> calls, @Nullable String alias, List<String> columns, boolean ordinality)
            implements FromItem {}

    /** A join; without ON, USING and NATURAL it is a cross join. */
    record Join(
            FromItem left,
            FromItem right,
            Type type,
            boolean natural,
            @Nullable List<String> using,
            @Nullable Expr on,
            @Nullable String alias)
            implements FromItem {
        /** Which side's rows survive without a partner. */
        public enum Type {
            INNER,
            LEFT,
            RIGHT,
            FULL
        }
    }
}
