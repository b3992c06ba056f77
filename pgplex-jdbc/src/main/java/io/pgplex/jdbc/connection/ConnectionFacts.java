package io.pgplex.jdbc.connection;

import java.sql.SQLException;
import java.util.Properties;

/**
 * What a connection says about itself.
 *
 * @param url the URL that it was opened with, without secrets
 * @param user the PostgreSQL role
 * @param database the database's name, without the cluster
 * @param properties the connection's properties as pgjdbc knows them; a copy is kept
 * @param driverVersion the driver's version, such as 0.1.0
 * @param driverMajorVersion its first number
 * @param driverMinorVersion its second number
 */
public record ConnectionFacts(
        String url,
        String user,
        String database,
        Properties properties,
        String driverVersion,
        int driverMajorVersion,
        int driverMinorVersion) {

    public ConnectionFacts {
        Properties copy = new Properties();
        for (String name : properties.stringPropertyNames()) {
            copy.setProperty(name, properties.getProperty(name));
        }
        properties = copy;
    }

    /** A whole number among the properties. */
    int number(String name, int otherwise) throws SQLException {
        String value = properties.getProperty(name);
        try {
            return value == null ? otherwise : Integer.parseInt(value.trim());
        } catch (NumberFormatException notANumber) {
            throw JdbcErrors.invalidValue("ERROR: invalid value for parameter \"" + name + "\": \"" + value + "\"");
        }
    }

    /** A word among the properties. */
    String word(String name, String otherwise) {
        return properties.getProperty(name, otherwise);
    }

    /** Without the properties, which hold a password. */
    @Override
    public String toString() {
        return "ConnectionFacts[url=" + url + ", user=" + user + ", database=" + database + "]";
    }
}
