package io.pgplex.benchmarks.transfer;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * A transaction on each shard and a plain COMMIT of each, one after the other. Not atomic: a crash between the two loses money,
 * or makes some.
 */
final class SeparateCommits implements Contender {

    private final ShardPools pools;

    SeparateCommits(Bank bank) {
        pools = new ShardPools(bank);
    }

    @Override
    public String name() {
        return "separate commits, not atomic";
    }

    @Override
    public void make(Transfer transfer) throws SQLException {
        try (Connection first = pools.first();
                Connection second = pools.second()) {
            transfer.writeFirst(first);
            transfer.writeSecond(second);
            first.commit();
            second.commit();
        }
    }

    @Override
    public void close() {
        pools.close();
    }
}
