package io.pgplex.benchmarks.transfer;

import io.pgplex.jdbc.PgplexDataSource;
import java.sql.Connection;
import java.sql.SQLException;

/** A logical connection for each transaction, straight from pgplex's data source, with every property at its default. */
final class Pgplex implements Contender {

    private final PgplexDataSource dataSource = new PgplexDataSource();

    /** Does nothing but keep the cluster's pools open while others have their turns, as their own pools stay open. */
    private final Connection idle;

    Pgplex(Bank bank) throws SQLException {
        dataSource.setUrl(bank.pgplexUrl());
        idle = dataSource.getConnection();
    }

    @Override
    public String name() {
        return "pgplex";
    }

    @Override
    public void make(Transfer transfer) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            transfer.writeFirst(connection);
            transfer.writeSecond(connection);
            connection.commit();
        }
    }

    @Override
    public void close() throws SQLException {
        idle.close();
    }
}
