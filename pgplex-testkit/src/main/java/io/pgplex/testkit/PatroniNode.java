package io.pgplex.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A member of a {@link PatroniCluster}: Patroni's process, and the PostgreSQL server that it keeps. Everybody may connect to
 * that, as superuser {@code postgres} without a password.
 *
 * <p>The methods that start and end processes are for one thread at a time; all others are thread-safe.
 */
public final class PatroniNode {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);
    private static final Duration SWITCHOVER_LIMIT = Duration.ofSeconds(60);
    private static final Duration END_LIMIT = Duration.ofSeconds(20);
    private static final int OK = 200;

    private final String name;
    private final int port = Ports.free();
    private final int restPort = Ports.free();
    private final Path directory;
    private final HttpClient client;
    private volatile @Nullable ServerProcess patroni;

    PatroniNode(String name, HttpClient client) {
        this.name = name;
        this.client = client;
        this.directory = RunDirectory.current().newSubdirectory("patroni-" + name);
    }

    void configure(String scope, int etcdPort, Path programs) {
        try {
            Files.writeString(
                    configuration(), """
                    scope: %1$s
                    name: %2$s
                    restapi: {listen: '127.0.0.1:%3$d', connect_address: '127.0.0.1:%3$d'}
                    etcd3: {hosts: '127.0.0.1:%4$d'}
                    bootstrap:
                      dcs:
                        ttl: 5
                        loop_wait: 1
                        retry_timeout: 2
                        primary_start_timeout: 0
                        maximum_lag_on_failover: 16777216
                        postgresql:
                          use_pg_rewind: true
                          parameters: {max_connections: 200, max_prepared_transactions: 64, max_worker_processes: 16}
                      initdb: [{encoding: UTF8}, {locale: C.UTF-8}, no-sync]
                    postgresql:
                      listen: '127.0.0.1:%5$d'
                      connect_address: '127.0.0.1:%5$d'
                      data_dir: '%6$s/data'
                      bin_dir: '%7$s'
                      pgpass: '%6$s/pgpass'
                      pg_hba: ['host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust']
                      authentication:
                        superuser: {username: postgres}
                        replication: {username: postgres}
                        rewind: {username: postgres}
                      parameters:
                        unix_socket_directories: ''
                        fsync: 'off'
                        shared_buffers: 32MB
                        wal_retrieve_retry_interval: 100ms
                        dynamic_shared_memory_type: mmap
                    """.formatted(scope, name, restPort, etcdPort, port, directory, programs));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Privileges.current().handOver(directory);
    }

    private Path configuration() {
        return directory.resolve("patroni.yml");
    }

    private Path data() {
        return directory.resolve("data");
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

    /** Patroni's log, and PostgreSQL's. */
    public Path logFile() {
        return ServerProcess.log(directory);
    }

    String endOfLog() {
        return ServerProcess.endOfLog(directory);
    }

    /** libpq's connection string, without a user. */
    public String conninfo(String database) {
        return "host=" + host() + " port=" + port + " dbname=" + database;
    }

    /** The URL for pgjdbc, as the superuser. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://" + host() + ":" + port + "/" + database + "?user=" + PostgresServer.SUPERUSER;
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

    /** Starts Patroni, which starts PostgreSQL when it finds what it is to be. */
    public void startPatroni() {
        if (isPatroniRunning()) {
            throw new ServerException(name + " is running already");
        }
        patroni = ServerProcess.start(
                Privileges.current().run(PatroniPrograms.get().patroni(configuration())), directory, "TERM");
    }

    public boolean isPatroniRunning() {
        ServerProcess current = patroni;
        return current != null && current.isAlive();
    }

    /** Kills Patroni with {@code kill -9}; PostgreSQL goes on. */
    public void killPatroni() {
        ServerProcess current = patroni;
        if (current != null && current.isAlive()) {
            current.kill();
        }
    }

    /** Kills the postmaster with {@code kill -9}; its sessions end as soon as they notice. */
    public void killPostgres() {
        long pid = PostmasterFile.pid(data());
        Signals.send("KILL", LongStream.of(pid));
        awaitEnd(pid);
    }

    /** Kills Patroni and PostgreSQL, as the end of their machine would. */
    public void kill() {
        killPatroni();
        killPostgres();
    }

    private void awaitEnd(long pid) {
        Waiting.until(() -> !isPostgresRunning(pid), END_LIMIT, () -> name + ": process " + pid + " did not end");
    }

    /** Whether the postmaster with that pid is this server's: pids are used again. */
    private boolean isPostgresRunning(long pid) {
        return pid > 0
                && ProcessHandle.of(pid)
                        .flatMap(process -> process.info().commandLine())
                        .filter(line -> line.contains(directory.toString()))
                        .isPresent();
    }

    /** Whether Patroni says that this is the leader, and it has been promoted. */
    public boolean isLeader() {
        return answer("GET", "/primary", "", ANSWER_LIMIT) == OK && isPromoted();
    }

    /** Patroni calls a member the leader before it promotes it. */
    private boolean isPromoted() {
        try {
            return "f".equals(query("postgres", "SELECT pg_catalog.pg_is_in_recovery()"));
        } catch (ServerException e) {
            return false;
        }
    }

    /** Whether Patroni says that this is a replica that runs. */
    public boolean isReplica() {
        return answer("GET", "/replica", "", ANSWER_LIMIT) == OK;
    }

    /** Makes another member the leader; returns when Patroni has done that. */
    void switchover(String to) {
        int status = answer(
                "POST",
                "/switchover",
                "{\"leader\": \"" + name + "\", \"candidate\": \"" + to + "\"}",
                SWITCHOVER_LIMIT);
        if (status != OK) {
            throw new ServerException("Patroni answered " + status + " to a switchover from " + name + " to " + to);
        }
    }

    /** Patroni's maintenance mode, in which it leaves PostgreSQL alone. */
    void setPaused(boolean paused) {
        int status = answer("PATCH", "/config", "{\"pause\": " + (paused ? "true" : "null") + "}", ANSWER_LIMIT);
        if (status != OK) {
            throw new ServerException("Patroni answered " + status + " to pause or resume at " + name);
        }
    }

    /** The HTTP status of an answer of Patroni's REST API, or -1 where there was none. */
    private int answer(String method, String path, String body, Duration limit) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + restPort + path))
                .timeout(limit)
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            throw Waiting.interrupted(e);
        }
    }

    /** Ends both processes at once, however they are, and removes their directory. */
    void close() {
        killPatroni();
        long pid = PostmasterFile.pid(data());
        if (isPostgresRunning(pid)) {
            Signals.send("CONT", LongStream.of(pid));
            Signals.send("QUIT", LongStream.of(pid));
            awaitEnd(pid);
        }
        PostmasterFile.removeSharedMemory(data());
        Directories.delete(directory);
    }

    @Override
    public String toString() {
        return name + " (" + host() + ":" + port + ")";
    }
}
