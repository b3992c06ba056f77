package io.pgplex.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A stock PostgreSQL server on a loopback port, with its own data directory, which is removed on close.
 *
 * <p>Everybody on the machine may connect, as superuser {@code postgres} without a password. The methods
 * that start and end the server are for one thread at a time; all others are thread-safe.
 */
public final class PostgresServer implements AutoCloseable {
    /** The superuser, who never needs a password. */
    public static final String SUPERUSER = "postgres";

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    /** What a server says while the last process of a killed one is still letting go of its memory. */
    private static final String MEMORY_IN_USE = "pre-existing shared memory block";

    private static final int MEMORY_RETRIES = 50;
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private final String name;
    private final int port;
    private final Path directory;
    private final Path data;
    private final @Nullable NetworkLink link;
    private final @Nullable NetworkLink replicationLink;
    private volatile @Nullable ServerProcess process;

    PostgresServer(String name, Path directory, boolean withLink) {
        this.name = name;
        this.port = Ports.free();
        this.directory = directory;
        this.data = directory.resolve("data");
        this.link = withLink ? NetworkLink.toPostgres(port) : null;
        this.replicationLink = withLink ? NetworkLink.to(port) : null;
    }

    /** Starts a server with everything as it is by default. */
    public static PostgresServer start(String name) {
        return builder(name).start();
    }

    /** A server to be; the name is only for people who read logs and directories. */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /** What a server may be given before it first starts. Not thread-safe. */
    public static final class Builder {
        private final String name;
        private DatabaseLocale locale = DatabaseLocale.CODE_POINT;
        private boolean passwords;
        private boolean link;
        private final Map<String, String> settings = new LinkedHashMap<>();

        private Builder(String name) {
            this.name = name;
        }

        public Builder locale(DatabaseLocale value) {
            locale = value;
            return this;
        }

        /** Asks every role but the superuser for its password (SCRAM-SHA-256). */
        public Builder passwords(boolean value) {
            passwords = value;
            return this;
        }

        /** Puts {@link NetworkLink}s in front: conninfo and standbys use one each, {@link #connect} does not. */
        public Builder link(boolean value) {
            link = value;
            return this;
        }

        /** Sets a server parameter, as in postgresql.conf. */
        public Builder setting(String parameter, String value) {
            settings.put(parameter, value);
            return this;
        }

        /**
         * Creates the server and waits until it accepts connections.
         *
         * @throws ServerException when it does not start; the message holds the end of its log
         */
        public PostgresServer start() {
            Path directory = RunDirectory.current().newSubdirectory(name);
            PostgresServer server = new PostgresServer(name, directory, link);
            PostgresTemplate.of(locale).copyTo(server.data);
            Map<String, String> all =
                    PostgresSettings.defaults(PostgresBinaries.installed().majorVersion());
            all.put("cluster_name", name);
            all.put("port", Integer.toString(server.port));
            all.putAll(settings);
            PostgresSettings.append(server.data.resolve("postgresql.conf"), all);
            if (passwords) {
                server.askForPasswords();
            }
            server.startOrRemove();
            return server;
        }
    }

    private void askForPasswords() {
        try {
            Files.writeString(data.resolve("pg_hba.conf"), """
                    host all postgres 127.0.0.1/32 trust
                    host replication postgres 127.0.0.1/32 trust
                    host all all 127.0.0.1/32 scram-sha-256
                    """);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For a data directory that is complete: hands it to the server, starts it, removes it on failure. */
    void startOrRemove() {
        try {
            Privileges.current().handOver(data);
            start();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    public String name() {
        return name;
    }

    public String host() {
        return "127.0.0.1";
    }

    public int port() {
        return port;
    }

    /** The server's own log, for tests that look at what it was sent, or at why it failed. */
    public Path logFile() {
        return ServerProcess.log(directory);
    }

    Path data() {
        return data;
    }

    /** The URL for pgjdbc, as the superuser. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://" + host() + ":" + port + "/" + database + "?user=" + SUPERUSER;
    }

    /** libpq's connection string, without a user; it leads through the link, if there is one. */
    public String conninfo(String database) {
        return address() + " dbname=" + database;
    }

    /** Host and port in libpq's form, by way of the link. */
    private String address() {
        return "host=" + host() + " port=" + (link == null ? port : link.port());
    }

    /** Host and port in libpq's form as standbys use them, by way of the link for replication. */
    String replicationAddress() {
        return "host=" + host() + " port=" + (replicationLink == null ? port : replicationLink.port());
    }

    boolean hasLinks() {
        return link != null;
    }

    /** The network between this server and whoever uses its {@link #conninfo}; an error when it has none. */
    public NetworkLink link() {
        if (link == null) {
            throw new ServerException(name + " was started without a link");
        }
        return link;
    }

    /** The network between this server and the standbys that were made of it; an error when it has none. */
    public NetworkLink replicationLink() {
        if (replicationLink == null) {
            throw new ServerException(name + " was started without a link");
        }
        return replicationLink;
    }

    /** A new connection with bare pgjdbc, as the superuser. */
    public Connection connect(String database) throws SQLException {
        return superuser(database).connect();
    }

    /** Runs statements in a database, each on its own, as the superuser. */
    public void execute(String database, String... statements) {
        superuser(database).execute(statements);
    }

    /** The first column of a query's first row as text; null when that is null or there is no row. */
    public @Nullable String query(String database, String sql) {
        return superuser(database).query(sql);
    }

    private Superuser superuser(String database) {
        return new Superuser(name, jdbcUrl(database));
    }

    public void createDatabase(String database) {
        createDatabase(database, SUPERUSER);
    }

    public void createDatabase(String database, String owner) {
        execute("postgres", "CREATE DATABASE " + quoted(database) + " OWNER " + quoted(owner));
    }

    /** Removes a database, whoever is connected to it. */
    public void dropDatabase(String database) {
        execute("postgres", "DROP DATABASE IF EXISTS " + quoted(database) + " WITH (FORCE)");
    }

    /** Creates a role that may log in, and needs the password only on a server that asks for passwords. */
    public void createRole(String role, String password) {
        execute("postgres", "CREATE ROLE " + quoted(role) + " LOGIN PASSWORD '" + password.replace("'", "''") + "'");
    }

    void createRoleIfMissing(String role, String password) {
        if (query("postgres", "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = '" + role + "'") == null) {
            createRole(role, password);
        }
    }

    boolean hasDatabase(String database) {
        return query("postgres", "SELECT 1 FROM pg_catalog.pg_database WHERE datname = '" + database + "'") != null;
    }

    static String quoted(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    /**
     * Creates and starts a standby that streams from this server, and waits until it does.
     *
     * @param synchronous whether this server's commits wait for it, or for another synchronous standby
     */
    public PostgresServer createStandby(String standby, boolean synchronous) {
        return Standby.create(this, standby, synchronous);
    }

    /**
     * Makes this server, which has ended or is ended now, a standby of another: what it stored is replaced by a fresh copy, as
     * an operator would who has no pg_rewind. Ports, links and name stay. Returns when it streams.
     *
     * @param synchronous whether the primary's commits wait for it, or for another synchronous standby
     */
    public void rejoin(PostgresServer primary, boolean synchronous) {
        if (isRunning()) {
            resume();
            kill();
        }
        PostmasterFile.removeSharedMemory(data);
        Directories.delete(data);
        Standby.fill(primary, this, synchronous);
    }

    /** Makes a standby a primary. */
    public void promote() {
        execute("postgres", "SELECT pg_catalog.pg_promote()");
    }

    /** Waits until this standby has replayed all that its primary has written by now. */
    public void awaitReplay(PostgresServer primary) {
        String position = primary.query("postgres", "SELECT pg_catalog.pg_current_wal_lsn()");
        String reached = "SELECT pg_catalog.pg_last_wal_replay_lsn() >= '" + position + "'";
        Waiting.until(
                () -> "t".equals(query("postgres", reached)),
                START_LIMIT,
                () -> name + " did not replay up to " + position);
    }

    /** Starts the server, on the port it always had, and waits until it accepts connections. */
    public void start() {
        if (isRunning()) {
            throw new ServerException(name + " is running already");
        }
        ServerProcess started = launch();
        for (int retry = 0; retry < MEMORY_RETRIES && !started.isAlive() && isMemoryInUse(); retry++) {
            started = launch();
        }
        if (!started.isAlive()) {
            throw new ServerException(name + " did not start\n" + ServerProcess.endOfLog(directory));
        }
    }

    /** Starts the server once, and waits until it accepts connections or has ended. */
    private ServerProcess launch() {
        List<String> command =
                List.of(PostgresBinaries.installed().program("postgres").toString(), "-D", data.toString());
        ServerProcess started = ServerProcess.start(Privileges.current().run(command), directory, "QUIT");
        process = started;
        Waiting.until(
                () -> !started.isAlive() || PostmasterFile.isReady(data, started.pid()),
                START_LIMIT,
                () -> name + " did not start in time\n" + ServerProcess.endOfLog(directory));
        return started;
    }

    private boolean isMemoryInUse() {
        return ServerProcess.endOfLog(directory).contains(MEMORY_IN_USE);
    }

    public boolean isRunning() {
        ServerProcess current = process;
        return current != null && current.isAlive();
    }

    /** Shuts down in PostgreSQL's fast mode: transactions are rolled back, sessions ended, data written. */
    public void stop() {
        running().stop("INT", STOP_LIMIT);
    }

    /** Kills the postmaster with {@code kill -9}; its sessions end as soon as they notice. */
    public void kill() {
        running().kill();
    }

    /** Stops every process of the server where it stands, as a stalled machine would. */
    public void pause() {
        running().pause();
    }

    /** Lets a paused server go on. */
    public void resume() {
        running().resume();
    }

    /** Stops the server, if it runs, and starts it again. */
    public void restart() {
        if (isRunning()) {
            stop();
        }
        start();
    }

    private ServerProcess running() {
        ServerProcess current = process;
        if (current == null || !current.isAlive()) {
            throw new ServerException(name + " is not running");
        }
        return current;
    }

    /** Ends the server at once, however it is, and removes its directory. */
    @Override
    public void close() {
        ServerProcess current = process;
        if (current != null && current.isAlive()) {
            current.quit();
        }
        if (link != null) {
            link.close();
        }
        if (replicationLink != null) {
            replicationLink.close();
        }
        PostmasterFile.removeSharedMemory(data);
        Directories.delete(directory);
    }

    @Override
    public String toString() {
        return name + " (" + host() + ":" + port + ")";
    }
}
