package io.pgplex.jdbc;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.etcd.EtcdOptions;
import io.pgplex.metadata.store.etcd.EtcdStore;
import io.pgplex.metadata.store.memory.MemoryStore;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
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
        String user = PgplexProperty.ETCD_USER.text(properties);
        String password = PgplexProperty.ETCD_PASSWORD.text(properties);
        together(PgplexProperty.ETCD_USER, user, PgplexProperty.ETCD_PASSWORD, password);
        together(PgplexProperty.ETCD_CERT_FILE, certFile, PgplexProperty.ETCD_KEY_FILE, keyFile);
        String scheme = caFile != null || certFile != null ? "https://" : "http://";
        List<URI> endpoints = new ArrayList<>();
        for (PgplexUrl.Address address : etcd.addresses()) {
            endpoints.add(endpoint(scheme, address));
        }
        return new EtcdOptions(endpoints, user, password, caFile, certFile, keyFile, null, timeout(properties));
    }

    private static URI endpoint(String scheme, PgplexUrl.Address address) throws SQLException {
        try {
            URI endpoint = new URI(scheme + address);
            if (endpoint.getHost() != null) {
                return endpoint;
            }
        } catch (URISyntaxException e) {
            throw invalidHost(e);
        }
        throw invalidHost(null);
    }

    private static SQLException invalidHost(@Nullable Throwable cause) {
        return PgplexErrors.error(
                SqlState.INVALID_PARAMETER,
                "invalid URL: an etcd address of the URL has no valid host",
                null,
                "A host is a name of letters, digits and hyphens with dots between, or an IP address.",
                cause);
    }

    private static void together(
            PgplexProperty one, @Nullable Object first, PgplexProperty other, @Nullable Object second)
            throws SQLException {
        if ((first == null) != (second == null)) {
            throw PgplexErrors.error(
                    SqlState.INVALID_PARAMETER,
                    "properties \"" + one.key() + "\" and \"" + other.key() + "\" belong together",
                    "Give both or neither.");
        }
    }

    /** No call may outlast the login; a little less, so that it is etcd's silence that is reported. */
    private static Duration timeout(Properties properties) throws SQLException {
        Duration call = PgplexProperty.ETCD_TIMEOUT_MILLIS.duration(properties);
        Duration login = PgplexProperty.LOGIN_TIMEOUT.duration(properties);
        return !login.isZero() && login.compareTo(call) <= 0
                ? login.multipliedBy(3).dividedBy(4)
                : call;
    }

    private static SQLException unreadable(PgplexProperty property, @Nullable Throwable cause) {
        return PgplexErrors.error(
                SqlState.INVALID_PARAMETER,
                "the file of property \"" + property.key() + "\" cannot be read",
                null,
                "Name a PEM file that the application may read.",
                cause);
    }

    private static @Nullable Path path(PgplexProperty property, Properties properties) throws SQLException {
        String file = property.text(properties);
        if (file == null) {
            return null;
        }
        try {
            Path path = Path.of(file);
            if (Files.isReadable(path) && !Files.isDirectory(path)) {
                return path;
            }
        } catch (InvalidPathException e) {
            throw unreadable(property, e);
        }
        throw unreadable(property, null);
    }

    /** Opens the store; the caller closes it. */
    MetadataStore open() throws MetadataException {
        if (etcd != null) {
            return EtcdStore.open(etcd);
        }
        return MemoryStore.named(String.valueOf(memory)).anotherClient();
    }
}
