package io.pgplex.metadata.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.Client;
import io.pgplex.metadata.store.Lease;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.MetadataStoreContract;
import io.pgplex.testkit.EtcdServer;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class EtcdStoreIT extends MetadataStoreContract {

    private static EtcdServer etcd;

    @BeforeAll
    static void startEtcd() {
        etcd = EtcdServer.launch();
    }

    @AfterAll
    static void stopEtcd() {
        etcd.close();
    }

    @Override
    protected MetadataStore newClient() throws MetadataException {
        return open();
    }

    private static EtcdStore open() throws MetadataException {
        return EtcdStore.open(EtcdOptions.of(Duration.ofSeconds(5), URI.create(etcd.endpoint())));
    }

    @Override
    protected void compact(long revision) throws MetadataException {
        try (EtcdStore client = open()) {
            client.compact(revision);
        }
    }

    @Override
    protected void expire(Lease lease) throws Exception {
        try (Client client = Client.builder().endpoints(etcd.endpoint()).build()) {
            client.getLeaseClient().revoke(lease.id()).get();
        }
    }

    @Test
    void hostNamesAreResolved() throws Exception {
        URI endpoint = URI.create("http://localhost:" + etcd.port());
        try (EtcdStore client = EtcdStore.open(EtcdOptions.of(Duration.ofSeconds(5), endpoint))) {
            assertThat(client.read("/none").pairs()).isEmpty();
        }
    }

    @Test
    void oneOfSeveralEndpointsIsEnough() throws Exception {
        EtcdOptions options =
                EtcdOptions.of(Duration.ofSeconds(5), URI.create("http://127.0.0.1:1"), URI.create(etcd.endpoint()));
        try (EtcdStore client = EtcdStore.open(options)) {
            for (int i = 0; i < 20; i++) {
                assertThat(client.read("/none").pairs()).isEmpty();
            }
        }
    }
}
