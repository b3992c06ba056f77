package io.pgplex.metadata.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.cache.CacheStatus.State;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.Transaction;
import io.pgplex.metadata.store.etcd.EtcdOptions;
import io.pgplex.metadata.store.etcd.EtcdStore;
import io.pgplex.testkit.EtcdServer;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The cluster map's cache on a real etcd that comes and goes. */
@Timeout(120)
class ClusterMapCacheFaultIT {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final long SEED = 20_261_121;

    private EtcdServer etcd;
    private EtcdStore reader;
    private EtcdStore writer;

    @BeforeEach
    void startEtcd() throws Exception {
        etcd = EtcdServer.launch();
        reader = open();
        writer = open();
        assertThat(Samples.commit(writer, Samples.newCluster(writer, "c", 3))).isPositive();
    }

    @AfterEach
    void stopEtcd() {
        reader.close();
        writer.close();
        etcd.close();
    }

    private EtcdStore open() throws MetadataException {
        return EtcdStore.open(EtcdOptions.of(Duration.ofSeconds(2), URI.create(etcd.endpoint())));
    }

    private long put(String table) throws MetadataException {
        return Samples.commit(writer, ClusterMapChanges.read(writer, "c").putTable(Samples.table(table)));
    }

    private long putOnceEtcdIsBack(String table) throws MetadataException {
        long deadline = System.nanoTime() + LONG.toNanos();
        while (true) {
            try {
                return put(table);
            } catch (MetadataException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
            }
        }
    }

    @Test
    void changesAreVisibleWithinMilliseconds() throws Exception {
        try (ClusterMapCache cache = ClusterMapCache.open(reader, "c")) {
            long[] micros = new long[200];
            for (int i = 0; i < micros.length; i++) {
                Transaction transaction = ClusterMapChanges.read(writer, "c")
                        .putTable(Samples.table("t" + i % 20))
                        .putTable(Samples.replicated("u" + i))
                        .toTransaction();
                ClusterMap before = cache.current();
                long start = System.nanoTime();
                assertThat(writer.commit(transaction)).isNotNull();
                cache.awaitChange(before, LONG);
                micros[i] = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - start);
            }
            Arrays.sort(micros);
            System.out.printf(
                    "put to visible: median %d us, 95 %% %d us, worst %d us%n", micros[100], micros[190], micros[199]);
            assertThat(micros[100]).isLessThan(100_000);
        }
    }

    @Test
    void theLastMapStaysWhileEtcdIsGoneAndFollowsAgainAfterwards() throws Exception {
        Random random = new Random(SEED);
        try (ClusterMapCache cache = ClusterMapCache.open(reader, "c")) {
            for (int round = 0; round < 8; round++) {
                ClusterMap before = cache.awaitRevision(put("before" + round), LONG);
                etcd.kill();
                awaitState(cache, State.DETACHED);
                assertThat(cache.current()).isSameAs(before);
                assertThat(cache.status().reason()).isNotBlank();
                etcd.start();
                String table = "after" + round;
                if (random.nextBoolean()) {
                    awaitState(cache, State.FOLLOWING);
                }
                ClusterMap after = cache.awaitRevision(putOnceEtcdIsBack(table), LONG);
                assertThat(after.table(new TableName("public", table)))
                        .as("round %s", round)
                        .isNotNull();
            }
            assertThat(cache.current().tables()).hasSize(16);
        }
    }

    @Test
    void aPausedEtcdDelaysButLosesNothing() throws Exception {
        try (ClusterMapCache cache = ClusterMapCache.open(reader, "c")) {
            ClusterMap before = cache.current();
            etcd.pause();
            assertThat(cache.current()).isSameAs(before);
            etcd.resume();
            assertThat(cache.awaitRevision(putOnceEtcdIsBack("t"), LONG).tables())
                    .hasSize(1);
        }
    }

    private static void awaitState(ClusterMapCache cache, State state) throws InterruptedException {
        long deadline = System.nanoTime() + LONG.toNanos();
        while (cache.status().state() != state) {
            assertThat(System.nanoTime()).as("waiting for %s", state).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }
}
