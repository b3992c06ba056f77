package io.pgplex.benchmarks.transfer;

import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Apache ShardingSphere-JDBC with XA transactions, which its default transaction manager, Atomikos, coordinates and logs in a
 * directory, forcing the log to disk as it does by default. Its libraries are there only in the Maven profile
 * {@code bench-transfer}; therefore the one call of them is by reflection.
 */
final class ShardingSphereXa implements Contender {

    private static final String FACTORY =
            "org.apache.shardingsphere.driver.api.yaml.YamlShardingSphereDataSourceFactory";

    private final DataSource dataSource;

    /** Reads both shards' metadata. */
    ShardingSphereXa(Bank bank, Path logDirectory) {
        System.setProperty("com.atomikos.icatch.log_base_dir", logDirectory.toString());
        dataSource = dataSource(configuration(bank));
    }

    private static DataSource dataSource(String yaml) {
        try {
            return (DataSource) Class.forName(FACTORY)
                    .getMethod("createDataSource", byte[].class)
                    .invoke(null, (Object) yaml.getBytes(StandardCharsets.UTF_8));
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("ShardingSphere does not start", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(
                    "ShardingSphere is not on the classpath: use the profile bench-transfer", e);
        }
    }

    private static String configuration(Bank bank) {
        return """
                dataSources:
                %s%srules:
                - !SHARDING
                  tables:
                    account:
                      actualDataNodes: shard_${0..1}.account
                      databaseStrategy:
                        standard:
                          shardingColumn: id
                          shardingAlgorithmName: parity
                  shardingAlgorithms:
                    parity:
                      type: INLINE
                      props:
                        algorithm-expression: shard_${id %% 2}
                - !TRANSACTION
                  defaultType: XA
                  providerType: Atomikos
                """.formatted(dataSource(bank, 0), dataSource(bank, 1));
    }

    private static String dataSource(Bank bank, int shard) {
        return """
                  shard_%d:
                    dataSourceClassName: com.zaxxer.hikari.HikariDataSource
                    driverClassName: org.postgresql.Driver
                    jdbcUrl: %s
                    username: %s
                    maximumPoolSize: %d
                """.formatted(shard, bank.plainUrl(shard), Bank.USER, ShardPools.SIZE)
                .indent(2);
    }

    @Override
    public String name() {
        return "ShardingSphere-JDBC XA";
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
        try {
            ((AutoCloseable) dataSource).close();
        } catch (Exception e) {
            throw new SQLException("ShardingSphere does not close", e);
        }
    }
}
