package io.pgplex.jdbc.execute;

import io.pgplex.routing.bind.Parameters;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** One execution's parameters, as routing reads them and as they are handed on to a physical statement. */
public interface BoundParameters extends Parameters {

    /**
     * Passes a parameter on, by the same setter that the application called.
     *
     * @param index the parameter here, from 0
     * @param target a physical statement
     * @param position the parameter there, from 1
     * @throws SQLException 22023 when the parameter was never set, or what the setter throws
     */
    void apply(int index, PreparedStatement target, int position) throws SQLException;
}
