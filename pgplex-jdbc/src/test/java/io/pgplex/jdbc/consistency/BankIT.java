package io.pgplex.jdbc.consistency;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.EtcdServer;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transfers over three shards from several processes while all kinds of things fail; {@code make soak} goes on for longer. */
@PgplexCluster(shards = 3, links = true, exclusive = true)
class BankIT {

    @Test
    @Timeout(600)
    void keepsItsSumWhateverFails(LocalCluster cluster, EtcdServer etcd) throws Exception {
        assertThat(etcd.isRunning())
                .as("other processes can reach the metadata")
                .isTrue();

        Ledger ledger = new BankRun(cluster, 1).run(2);

        System.out.println(ledger);
        assertThat(ledger.violations()).isEmpty();
        assertThat(ledger.commits()).isGreaterThan(800);
        assertThat(ledger.sums()).isGreaterThan(80);
    }
}
