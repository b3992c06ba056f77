package io.pgplex.benchmarks.transfer;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * One transaction's work. Every contender writes the first shard's account before the second's, so that no two transfers can
 * wait for each other.
 *
 * @param first an account on the first shard
 * @param second an account on the second shard
 * @param amount what the second account gives to the first; negative for the other way
 */
record Transfer(long first, long second, long amount) {

    /** The same text for everybody: pgjdbc has the server prepare it on its fifth execution on a connection. */
    private static final String ADD = "UPDATE account SET balance = balance + ? WHERE id = ?";

    /** Writes the first account, in the connection's transaction. */
    void writeFirst(Connection connection) throws SQLException {
        add(connection, first, amount);
    }

    /** Writes the second account, in the connection's transaction. */
    void writeSecond(Connection connection) throws SQLException {
        add(connection, second, -amount);
    }

    private static void add(Connection connection, long account, long amount) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ADD)) {
            statement.setLong(1, amount);
            statement.setLong(2, account);
            int written = statement.executeUpdate();
            if (written != 1) {
                throw new IllegalStateException("account " + account + " was written " + written + " times");
            }
        }
    }
}
