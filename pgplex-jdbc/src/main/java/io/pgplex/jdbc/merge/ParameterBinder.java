package io.pgplex.jdbc.merge;

import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Passes a statement's parameters and evaluated values on to a physical statement. */
@FunctionalInterface
public interface ParameterBinder {

    /**
     * Sets one parameter.
     *
     * @param index which value, from 0, as plans count them
     * @param position the parameter of the target, from 1
     */
    void apply(int index, PreparedStatement target, int position) throws SQLException;
}
