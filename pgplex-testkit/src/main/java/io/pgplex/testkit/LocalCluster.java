package io.pgplex.testkit;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pgplex cluster on servers of this machine: {@link Servers}, a database on each, and the cluster that
 * pgplex's JOIN commands make of them.
 *
 * <p>Thread-safe, but for {@link #close()}.
 */
public final class LocalCluster implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(LocalCluster.class);
    private static final String NAME_RULE = "[a-z][a-z0-9_]{0,62}";
    private static final AtomicInteger LAST_STORE = new AtomicInteger();

    private final Servers servers;
    private final boolean ownsServers;
    private final String cluster;
    private final String database;
    private final Login login;
    private final String parameters;
    private final String jdbcUrl;
    private final String managementUrl;

    private LocalCluster(
            Servers servers, boolean ownsServers, String cluster, String database, Login login, String parameters) {
        this.servers = servers;
        this.ownsServers = ownsServers;
        this.cluster = cluster;
        this.database = database;
        this.login = login;
        this.parameters = parameters;
        String store = "jdbc:pgplex:" + store(servers) + "/";
        String rest = "@" + cluster + "?" + login.urlParameters() + (parameters.isEmpty() ? "" : "&" + parameters);
        this.jdbcUrl = store + database + rest;
        this.managementUrl = store + "pgplex" + rest;
    }

    /** Where the metadata are: in etcd, or in a store of this JVM that no other cluster uses. */
    private static String store(Servers servers) {
        return servers.hasEtcd()
                ? "//"
                        + servers.etcdMembers().stream()
                                .map(member -> member.host() + ":" + member.port())
                                .collect(Collectors.joining(","))
                : "mem:testkit" + LAST_STORE.incrementAndGet();
    }

    /** Three shards without standbys, with etcd, unless told otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    /** A cluster to be. Not thread-safe. */
    public static final class Builder {
        private Topology topology = Topology.ofShards(3).withEtcd(Topology.EtcdUse.REQUIRED);
        private String cluster = "default";
        private String database = "app";
        private Login login = Login.SUPERUSER;

        private Builder() {}

        public Builder topology(Topology value) {
            topology = value;
            return this;
        }

        public Builder shards(int count) {
            topology = topology.withShards(count);
            return this;
        }

        /** Standbys of each shard. */
        public Builder standbys(int count, boolean synchronous) {
            topology = topology.withStandbys(count, synchronous);
            return this;
        }

        public Builder locale(DatabaseLocale locale) {
            topology = topology.withLocale(locale);
            return this;
        }

        /** Keeps the metadata in this JVM: nothing but the servers is started. */
        public Builder inMemory() {
            topology = topology.withEtcd(Topology.EtcdUse.NONE);
            return this;
        }

        /** Keeps the metadata in etcd, or in this JVM where no etcd can be had; the log says so then. */
        public Builder etcdIfAvailable() {
            topology = topology.withEtcd(Topology.EtcdUse.PREFERRED);
            return this;
        }

        /** Gives the etcd several members, one of which may be lost. */
        public Builder etcdMembers(int count) {
            topology = topology.withEtcdMembers(count);
            return this;
        }

        /** Puts {@link NetworkLink}s in front of each server, through which it can be cut off. */
        public Builder links() {
            topology = topology.withLinks();
            return this;
        }

        public Builder cluster(String name) {
            cluster = checkedName(name);
            return this;
        }

        public Builder database(String name) {
            database = checkedName(name);
            return this;
        }

        /** Connects as an ordinary role, which is created, owns the database, and is asked for its password. */
        public Builder user(String user, String password) {
            login = new Login(user, password);
            topology = topology.withPasswords();
            return this;
        }

        /**
         * Starts the servers and forms the cluster.
         *
         * @throws ServerException when there is no pgplex driver on the classpath, among other causes;
         *     nothing is left running then
         */
        public LocalCluster start() {
            Servers servers = Servers.start(topology);
            try {
                return form(servers, true, cluster, database, login, "");
            } catch (RuntimeException e) {
                servers.close();
                throw e;
            }
        }
    }

    /** Forms a cluster of servers that somebody else started, and closes. */
    public static LocalCluster of(Servers servers, String cluster, String database, Login login) {
        return of(servers, cluster, database, login, "");
    }

    /** The same, with more parameters of the URL, such as {@code arbiter=false}. */
    public static LocalCluster of(Servers servers, String cluster, String database, Login login, String parameters) {
        return form(servers, false, checkedName(cluster), checkedName(database), login, parameters);
    }

    private static LocalCluster form(
            Servers servers, boolean ownsServers, String cluster, String database, Login login, String parameters) {
        LocalCluster formed = new LocalCluster(servers, ownsServers, cluster, database, login, parameters);
        servers.primaries().parallelStream().forEach(formed::createDatabase);
        servers.shards().forEach(shard -> shard.standbys().forEach(standby -> standby.awaitReplay(shard.primary())));
        ClusterFormation.form(formed.jdbcUrl, ClusterFormation.statements(servers.shards(), database));
        return formed;
    }

    private static String checkedName(String name) {
        if (!name.matches(NAME_RULE)) {
            throw new IllegalArgumentException("a name must match " + NAME_RULE + ": " + name);
        }
        return name;
    }

    private void createDatabase(PostgresServer server) {
        if (login.password() != null) {
            server.createRoleIfMissing(login.user(), login.password());
        }
        server.createDatabase(database, login.user());
    }

    /**
     * Forms another, empty cluster on the same servers: a database on each, under the new cluster's name.
     *
     * <p>This is how tests are kept apart at the price of a CREATE DATABASE. Closing it removes the databases
     * and leaves the servers running.
     */
    public LocalCluster fresh(String name) {
        return of(servers, name, name, login, parameters);
    }

    /** The URL that an application would use, with the user. */
    public String jdbcUrl() {
        return jdbcUrl;
    }

    /** The URL of the cluster's management database. */
    public String managementUrl() {
        return managementUrl;
    }

    /** A new connection to the cluster. */
    public Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl);
    }

    public String cluster() {
        return cluster;
    }

    public String database() {
        return database;
    }

    public Login login() {
        return login;
    }

    public Servers servers() {
        return servers;
    }

    /** A primary or standby by its node's name, such as pg1 or pg1_r1. */
    public PostgresServer server(String node) {
        return servers.server(node);
    }

    /** The servers that were started as primaries, shard by shard. */
    public List<PostgresServer> primaries() {
        return servers.primaries();
    }

    public EtcdServer etcd() {
        return servers.etcd();
    }

    /** The plain server to compare answers with, on which this cluster's database exists too. */
    public PostgresServer reference() {
        PostgresServer reference = servers.reference();
        if (!reference.hasDatabase(database)) {
            createDatabase(reference);
        }
        return reference;
    }

    /** The URL for pgjdbc of this cluster's database on the {@link #reference()} server. */
    public String referenceUrl() {
        return reference().jdbcUrl(database);
    }

    @Override
    public void close() {
        if (ownsServers) {
            servers.close();
        } else {
            servers.primaries().parallelStream().forEach(this::dropDatabase);
        }
    }

    private void dropDatabase(PostgresServer server) {
        try {
            server.dropDatabase(database);
        } catch (ServerException e) {
            // a test may have left the server dead or the database in a prepared transaction's hands
            LOGGER.debug("could not drop {} on {}", database, server, e);
        }
    }
}
