package io.pgplex.jdbc.cluster;

import java.sql.Connection;
import java.sql.SQLException;

/** Opens a physical connection to a server, with the session's own user, password and TLS settings. */
@FunctionalInterface
public interface NodeConnector {

    /**
     * A new connection, outside any pool, that the caller closes.
     *
     * @throws SQLException 08001 when the server cannot be reached, or what the server says
     */
    Connection connect(String host, int port, String database) throws SQLException;
}
