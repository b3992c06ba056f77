package io.pgplex.testkit;

import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Starts a cluster on this machine, prints how to connect to it, and keeps it running until Ctrl-C or
 * SIGTERM, after which no process and no directory of it is left.
 */
public final class LocalClusterMain {
    static final String USAGE = """
            usage: LocalClusterMain [--shards=3] [--standbys=0] [--synchronous] [--memory] [--locale=icu:en-US]
              --shards=N       primaries, each a shard of its own
              --standbys=N     standbys of each primary
              --synchronous    commits wait for a standby
              --memory         no etcd: the metadata live in the program that connects
              --locale=NAME    collation of the database, code point order if not given""";

    private LocalClusterMain() {}

    public static void main(String[] arguments) throws InterruptedException {
        if (List.of(arguments).contains("--help")) {
            System.out.println(USAGE);
            return;
        }
        Topology topology;
        try {
            topology = Arguments.parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage() + "\n" + USAGE);
            System.exit(2);
            return;
        }
        try {
            start(topology, System.out);
        } catch (ServerException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
        System.out.println("Press Ctrl-C to stop and remove everything.");
        // the run directory's shutdown hook ends the servers
        new CountDownLatch(1).await();
    }

    private static void start(Topology topology, PrintStream out) {
        Servers servers = Servers.start(topology);
        String database = "app";
        if (servers.hasEtcd() && ClusterFormation.hasDriver("jdbc:pgplex://127.0.0.1/app")) {
            LocalCluster cluster = LocalCluster.of(servers, "default", database, Login.SUPERUSER);
            printServers(servers, out);
            out.println("URL: " + cluster.jdbcUrl());
            return;
        }
        servers.primaries().forEach(server -> server.createDatabase(database));
        printServers(servers, out);
        String store = servers.hasEtcd() ? "//127.0.0.1:" + servers.etcd().port() : "mem:local";
        out.println("URL: jdbc:pgplex:" + store + "/" + database + "?user=" + Login.SUPERUSER);
        out.println(
                servers.hasEtcd()
                        ? "pgplex-jdbc is not on the classpath. To form the cluster, add &createCluster=true and run:"
                        : "The in-memory store is the connecting program's own. There, add &createCluster=true and run:");
        ClusterFormation.statements(servers.shards(), database)
                .forEach(statement -> out.println("  " + statement + ";"));
    }

    private static void printServers(Servers servers, PrintStream out) {
        for (Servers.Shard shard : servers.shards()) {
            out.println("shard " + shard.name() + ": " + shard.primary() + " " + shard.standbys());
        }
        if (servers.hasEtcd()) {
            out.println(servers.etcd());
        }
    }

    /** The command line. */
    static final class Arguments {
        private Arguments() {}

        /** The topology asked for; both {@code --shards=2} and {@code --shards 2} are understood. */
        static Topology parse(String... arguments) {
            Topology topology = Topology.ofShards(3).withEtcd(Topology.EtcdUse.REQUIRED);
            boolean synchronous = List.of(arguments).contains("--synchronous");
            for (int i = 0; i < arguments.length; i++) {
                String[] parts = arguments[i].split("=", 2);
                boolean flag = parts[0].equals("--synchronous") || parts[0].equals("--memory");
                String value = parts.length == 2 ? parts[1] : flag ? "" : next(arguments, ++i);
                topology = apply(topology, parts[0], value, synchronous);
            }
            return topology;
        }

        private static String next(String[] arguments, int index) {
            if (index >= arguments.length) {
                throw new IllegalArgumentException(arguments[index - 1] + " needs a value or is unknown");
            }
            return arguments[index];
        }

        private static Topology apply(Topology topology, String option, String value, boolean synchronous) {
            return switch (option) {
                case "--shards" -> topology.withShards(number(option, value));
                case "--standbys" -> topology.withStandbys(number(option, value), synchronous);
                case "--locale" -> topology.withLocale(DatabaseLocale.parse(value));
                case "--memory" -> topology.withEtcd(Topology.EtcdUse.NONE);
                case "--synchronous" -> topology;
                default -> throw new IllegalArgumentException("unknown option " + option);
            };
        }

        private static int number(String option, String value) {
            try {
                return Integer.parseInt(value);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(option + " must be a number, not " + value, e);
            }
        }
    }
}
