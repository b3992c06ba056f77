package io.pgplex.benchmarks.transfer;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;

/** HikariCP around pgjdbc, one pool for each shard, as an application without pgplex has it. Autocommit is off. */
final class ShardPools implements AutoCloseable {

    /** As many as pgplex has by default, and more than there are threads: nobody ever waits for a connection. */
    static final int SIZE = 10;

    private final HikariDataSource first;
    private final HikariDataSource second;

    ShardPools(Bank bank) {
        first = pool(bank.plainUrl(0));
        second = pool(bank.plainUrl(1));
    }

    private static HikariDataSource pool(String url) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(SIZE);
        config.setAutoCommit(false);
        return new HikariDataSource(config);
    }

    Connection first() throws SQLException {
        return first.getConnection();
    }

    Connection second() throws SQLException {
        return second.getConnection();
    }

    @Override
    public void close() {
        first.close();
        second.close();
    }
}
