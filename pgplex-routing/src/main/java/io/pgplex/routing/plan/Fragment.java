package io.pgplex.routing.plan;

import java.util.Arrays;

/**
 * SQL for one shard. Immutable.
 *
 * @param sql the text, its parameters as {@code ?}
 * @param parameters which value each {@code ?} takes, in order: an index from 0 into the statement's own parameters
 *     followed by the results of the plan's evaluations
 */
public record Fragment(String sql, int[] parameters) {

    /** The application's own text with its own parameters. */
    public static Fragment original(String sql, int parameterCount) {
        int[] identity = new int[parameterCount];
        Arrays.setAll(identity, i -> i);
        return new Fragment(sql, identity);
    }

    /** Whether the parameters are the statement's own, each once and in order. */
    public boolean hasOwnParameters(int parameterCount) {
        if (parameters.length != parameterCount) {
            return false;
        }
        for (int i = 0; i < parameters.length; i++) {
            if (parameters[i] != i) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Fragment fragment
                && fragment.sql.equals(sql)
                && Arrays.equals(fragment.parameters, parameters);
    }

    @Override
    public int hashCode() {
        return 31 * sql.hashCode() + Arrays.hashCode(parameters);
    }

    @Override
    public String toString() {
        return sql + " " + Arrays.toString(parameters);
    }
}
