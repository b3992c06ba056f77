package io.pgplex.jdbc.execute;

import java.util.List;

/** Which generated keys an execution returns. Immutable. */
public sealed interface GeneratedKeys {

    /** None. */
    record None() implements GeneratedKeys {}

    /** {@link java.sql.Statement#RETURN_GENERATED_KEYS}. */
    record All() implements GeneratedKeys {}

    /** The named columns. */
    record Columns(List<String> names) implements GeneratedKeys {
        public Columns {
            names = List.copyOf(names);
        }
    }

    GeneratedKeys NONE = new None();
    GeneratedKeys ALL = new All();
}
