package io.pgplex.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LocalClusterMainTest {
    @Test
    void readsItsArguments() {
        Topology topology = LocalClusterMain.Arguments.parse(
                "--synchronous", "--shards", "4", "--standbys=2", "--locale=icu:tr-TR");
        assertThat(topology)
                .isEqualTo(Topology.ofShards(4)
                        .withStandbys(2, true)
                        .withLocale(DatabaseLocale.icu("tr-TR"))
                        .withEtcd(Topology.EtcdUse.REQUIRED));
        assertThat(LocalClusterMain.Arguments.parse("--memory").etcd()).isEqualTo(Topology.EtcdUse.NONE);
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThatThrownBy(() -> LocalClusterMain.Arguments.parse("--shard=4")).hasMessage("unknown option --shard");
        assertThatThrownBy(() -> LocalClusterMain.Arguments.parse("--shards"))
                .hasMessage("--shards needs a value or is unknown");
        assertThatThrownBy(() -> LocalClusterMain.Arguments.parse("--shards=many"))
                .hasMessage("--shards must be a number, not many");
        assertThatThrownBy(() -> LocalClusterMain.Arguments.parse("--shards=65"))
                .hasMessage("shards must be 0 to 64, not 65");
    }
}
