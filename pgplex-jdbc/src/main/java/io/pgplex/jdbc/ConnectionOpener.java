package io.pgplex.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;

/** Opens logical connections: the seam between the driver's front and the clusters behind it. Thread-safe. */
@FunctionalInterface
public interface ConnectionOpener {

    /**
     * Opens a logical connection within the properties' login timeout.
     *
     * @param properties the URL's parameters over the application's properties, names and values checked; not kept
     */
    Connection open(PgplexUrl url, Properties properties) throws SQLException;
}
