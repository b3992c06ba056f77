package io.pgplex.jdbc.connection;

import java.sql.PreparedStatement;
import java.sql.SQLException;

/** A setter that an application called, to be repeated on any number of physical statements. */
@FunctionalInterface
interface ParameterSetter {

    void apply(PreparedStatement target, int position) throws SQLException;
}
