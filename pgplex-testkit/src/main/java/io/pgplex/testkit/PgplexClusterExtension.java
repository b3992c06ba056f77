package io.pgplex.testkit;

import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.opentest4j.TestAbortedException;

/**
 * Resolves the parameters that {@link PgplexCluster} promises.
 *
 * <p>Servers live in the store of the test run, one set per {@link Topology}; clusters, and servers that
 * are exclusive, in that of the annotated class. JUnit closes what is in a store together with it.
 */
public final class PgplexClusterExtension implements ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(PgplexClusterExtension.class);
    private static final int NAME_LIMIT = 40;
    private static final AtomicInteger LAST_CLUSTER = new AtomicInteger();

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == LocalCluster.class
                || type == Servers.class
                || type == PostgresServer.class
                || type == EtcdServer.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        Annotated annotated = annotated(context);
        Servers servers = servers(annotated);
        if (type == LocalCluster.class) {
            return cluster(annotated, servers);
        }
        if (type == Servers.class) {
            return servers;
        }
        return type == EtcdServer.class ? etcd(annotated, servers) : first(servers);
    }

    /** The class that bears the annotation, which a nested test class inherits from the one around it. */
    private record Annotated(Class<?> type, PgplexCluster cluster, ExtensionContext context) {
        Store store() {
            return context.getStore(NAMESPACE);
        }

        Topology topology() {
            return new Topology(
                    cluster.shards(),
                    cluster.standbys(),
                    cluster.synchronous(),
                    DatabaseLocale.parse(cluster.locale()),
                    cluster.etcd() ? Topology.EtcdUse.PREFERRED : Topology.EtcdUse.NONE,
                    cluster.passwords(),
                    cluster.links(),
                    cluster.etcdMembers());
        }
    }

    private static Annotated annotated(ExtensionContext context) {
        Optional<ExtensionContext> current = Optional.of(context);
        while (current.isPresent()) {
            Class<?> type = current.get().getTestClass().orElse(null);
            PgplexCluster cluster = type == null ? null : type.getAnnotation(PgplexCluster.class);
            // a method's context has the class too, but ends with the method
            boolean isOfClass = current.get().getTestMethod().isEmpty();
            if (type != null && cluster != null && isOfClass) {
                return new Annotated(type, cluster, current.get());
            }
            current = current.get().getParent();
        }
        throw new ParameterResolutionException("the test class is not annotated with @PgplexCluster");
    }

    // a store falls back on its parent's, so what belongs to a class bears the class in its key
    private record ServersKey(Topology topology, @Nullable Class<?> exclusiveTo) {}

    private record ClusterKey(Class<?> type) {}

    private static Servers servers(Annotated annotated) {
        Topology topology = annotated.topology();
        boolean exclusive = annotated.cluster().exclusive();
        Store store =
                exclusive ? annotated.store() : annotated.context().getRoot().getStore(NAMESPACE);
        ServersKey key = new ServersKey(topology, exclusive ? annotated.type() : null);
        return store.computeIfAbsent(key, absent -> Servers.start(topology), Servers.class);
    }

    private static LocalCluster cluster(Annotated annotated, Servers servers) {
        String name = clusterName(annotated.type());
        return annotated
                .store()
                .computeIfAbsent(
                        new ClusterKey(annotated.type()),
                        absent -> LocalCluster.of(
                                servers,
                                name,
                                name,
                                Login.SUPERUSER,
                                annotated.cluster().parameters()),
                        LocalCluster.class);
    }

    /** Named after the class, so that logs are readable, and numbered, so that no two are the same. */
    private static String clusterName(Class<?> type) {
        String name = type.getSimpleName().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
        return "t_" + name.substring(0, Math.min(name.length(), NAME_LIMIT)) + "_" + LAST_CLUSTER.incrementAndGet();
    }

    private static EtcdServer etcd(Annotated annotated, Servers servers) {
        if (!servers.hasEtcd() && annotated.cluster().etcd()) {
            throw new TestAbortedException("no etcd can be had on this machine");
        }
        return servers.etcd();
    }

    private static PostgresServer first(Servers servers) {
        return servers.primaries().stream()
                .findFirst()
                .orElseThrow(() -> new ParameterResolutionException("@PgplexCluster(shards = 0) has no server"));
    }
}
