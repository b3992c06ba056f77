package io.pgplex.metadata.store.etcd;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How to reach an etcd cluster. Immutable.
 *
 * @param endpoints its client URLs, {@code http://host:2379} or {@code https://host:2379}, all with one scheme
 * @param user the user, or null where etcd has no authentication
 * @param password the user's password, or null; {@link #toString()} does not show it
 * @param caFile certificates (PEM) to trust under https, or null for the JVM's own
 * @param certFile the client's certificate (PEM), or null
 * @param keyFile the client's key (PEM, PKCS#8), present exactly when the certificate is
 * @param authority the name that the servers' certificates must carry, or null for the endpoints' hosts
 * @param timeout the limit of every call, also the first
 */
public record EtcdOptions(
        List<URI> endpoints,
        @Nullable String user,
        @Nullable String password,
        @Nullable Path caFile,
        @Nullable Path certFile,
        @Nullable Path keyFile,
        @Nullable String authority,
        Duration timeout) {

    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);

    public EtcdOptions {
        endpoints = List.copyOf(endpoints);
        Objects.requireNonNull(timeout, "timeout");
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("no etcd endpoint given");
        }
        String scheme = endpoints.get(0).getScheme();
        for (URI endpoint : endpoints) {
            if (endpoint.getHost() == null || endpoint.getPort() < 0 || !Objects.equals(endpoint.getScheme(), scheme)) {
                throw new IllegalArgumentException("not an etcd endpoint of the form " + scheme + "://host:port");
            }
        }
        if (!Objects.equals(scheme, "http") && !Objects.equals(scheme, "https")) {
            throw new IllegalArgumentException("etcd endpoints need scheme http or https");
        }
        if ((user == null) != (password == null)) {
            throw new IllegalArgumentException("etcd needs both user and password, or neither");
        }
        if ((certFile == null) != (keyFile == null)) {
            throw new IllegalArgumentException("etcd needs both a client certificate and its key, or neither");
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("the etcd timeout must be positive");
        }
    }

    /** Options without authentication and TLS files. */
    public static EtcdOptions of(Duration timeout, URI... endpoints) {
        return new EtcdOptions(List.of(endpoints), null, null, null, null, null, null, timeout);
    }

    /** Whether the connection is encrypted. */
    public boolean usesTls() {
        return "https".equals(endpoints.get(0).getScheme());
    }

    @Override
    public String toString() {
        return "EtcdOptions[endpoints=" + endpoints + ", user=" + user + ", caFile=" + caFile + ", certFile=" + certFile
                + ", authority=" + authority + ", timeout=" + timeout + "]";
    }
}
