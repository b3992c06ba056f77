package io.pgplex.jdbc;

import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.etcd.EtcdOptions;
import io.pgplex.metadata.store.etcd.EtcdStore;
import io.pgplex.metadata.store.memory.MemoryStore;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Which cluster a connection belongs to, and how its metadata is reached; equal keys share everything. Immutable.
 *
 * @param memory the in-memory store's name, or null
 * @param etcd how to reach etcd, or null
 * @param cluster the cluster's name
 * @param planCacheSize most plans kept
 */
record ClusterKey(@Nullable String memory, @Nullable EtcdOptions etcd, String cluster, int planCacheSize) {

    static ClusterKey of(PgplexUrl url, Properties properties) throws SQLException {
        int planCacheSize = PgplexProperty.PLAN_CACHE_SIZE.integer(properties);
        if (url.store() instanceof PgplexUrl.Memory memory) {
            return new ClusterKey(memory.name(), null, url.cluster(), planCacheSize);
        }
        return new ClusterKey(null, etcd((PgplexUrl.Etcd) url.store(), properties), url.cluster(), planCacheSize);
    }

    private static EtcdOptions etcd(PgplexUrl.Etcd etcd, Properties properties) throws SQLException {
        Path caFile = path(PgplexProperty.ETCD_CA_FILE, properties);
        Path certFile = path(PgplexProperty.ETCD_CERT_FILE, properties);
        Path keyFile = path(PgplexProperty.ETCD_KEY_FILE, properties);
        String scheme = caFile != null || certFile != null ? "https://" : "http://";
        List<URI> endpoints = new ArrayList<>();
        for (PgplexUrl.Address address : etcd.addresses()) {
            endpoints.add(URI.create(scheme + address));
        }
        return new EtcdOptions(
                endpoints,
                PgplexProperty.ETCD_USER.text(properties),
                PgplexProperty.ETCD_PASSWORD.text(properties),
                caFile,
                certFile,
                keyFile,
                null,
                timeout(properties));
    }

    /** No call may outlast the login. */
    private static Duration timeout(Properties properties) throws SQLException {
        Duration call = PgplexProperty.ETCD_TIMEOUT_MILLIS.duration(properties);
        Duration login = PgplexProperty.LOGIN_TIMEOUT.duration(properties);
        return !login.isZero() && login.compareTo(call) < 0 ? login : call;
    }

    private static @Nullable Path path(PgplexProperty property, Properties properties) {
        String file = property.text(properties);
        return file == null ? null : Path.of(file);
    }

    /** Opens the store; the caller closes it. */
    MetadataStore open() throws MetadataException {
        if (etcd != null) {
            return EtcdStore.open(etcd);
        }
        return MemoryStore.named(String.valueOf(memory)).anotherClient();
    }
}
