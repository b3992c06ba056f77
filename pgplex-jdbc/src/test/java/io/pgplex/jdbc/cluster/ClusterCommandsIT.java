package io.pgplex.jdbc.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.model.BucketRange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.memory.MemoryStore;
import io.pgplex.testkit.PostgresServer;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ClusterCommandsIT {

    private static PostgresServer server;

    private MemoryStore store;
    private ClusterMapCache cache;
    private ClusterCommands commands;

    @BeforeAll
    static void start() {
        server = PostgresServer.start("joined");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void open() throws MetadataException {
        for (String database : List.of("d1", "d2", "d3")) {
            server.dropDatabase(database);
            server.createDatabase(database);
        }
        MemoryStore.drop("joins");
        store = MemoryStore.named("joins");
        cache = ClusterMapCache.open(store, "default");
        commands = commands(cache);
    }

    @AfterEach
    void close() {
        cache.close();
        store.close();
    }

    private ClusterCommands commands(ClusterMapCache of) {
        NodeConnector connector = (host, port, database) -> DriverManager.getConnection(
                "jdbc:postgresql://" + host + ":" + port + "/" + database + "?user=postgres&connectTimeout=5");
        return new ClusterCommands(store, of, connector, "shop", Duration.ofSeconds(10));
    }

    private ClusterMap map() {
        return Objects.requireNonNull(cache.current());
    }

    private void join(String database) throws SQLException {
        commands.join(server.conninfo(database), null, null, null, false);
    }

    private static void assertRefused(String sqlState, String message, Executable action) {
        SQLException e = catchThrowableOfType(SQLException.class, action::execute);
        assertThat((Throwable) e).isNotNull();
        assertThat(e.getMessage()).contains(message);
        assertThat(e.getSQLState()).isEqualTo(sqlState);
    }

    @Test
    void createsTheClusterWithItsFirstNode() throws SQLException {
        join("d1");
        ClusterMap map = map();
        assertThat(map.properties().database()).isEqualTo("shop");
        assertThat(map.properties().bytewiseCollation()).isTrue();
        assertThat(map.buckets()).isEqualTo(4096);
        Shard shard = map.homeShard();
        assertThat(shard.name()).isEqualTo("s1");
        assertThat(shard.buckets()).containsExactly(new BucketRange(0, 4095));
        assertThat(map.primary(shard).name()).isEqualTo("pg1");
        assertThat(server.query("d1", "SELECT cluster || ' ' || shard FROM pgplex.membership"))
                .isEqualTo("default s1");
    }

    @Test
    void spreadsBucketsOverMoreShards() throws SQLException {
        join("d1");
        commands.join(server.conninfo("d2"), "zwei", "nord", null, false);
        join("d3");
        assertThat(map().shards()).extracting(Shard::name).containsExactly("s1", "nord", "s2");
        assertThat(map().nodes()).containsOnlyKeys("pg1", "zwei", "pg2");
        assertThat(map().shards().stream()
                        .mapToInt(shard -> shard.buckets().get(0).size()))
                .containsExactly(1365, 1365, 1366);
    }

    @Test
    void refusesNamesAndServersThatAreThereAlready() throws SQLException {
        join("d1");
        assertRefused("42710", "is node \"pg1\" already", () -> join("d1"));
        String otherName = server.conninfo("d1").replace("127.0.0.1", "localhost");
        assertRefused("42710", "is node \"pg1\" already", () -> commands.join(otherName, null, null, null, false));
        assertRefused(
                "42710",
                "node \"pg1\" already exists",
                () -> commands.join(server.conninfo("d2"), "pg1", null, null, false));
        assertRefused(
                "42710",
                "shard \"s1\" already exists",
                () -> commands.join(server.conninfo("d2"), null, "s1", null, false));
        assertRefused(
                "22023", "not a node's name", () -> commands.join(server.conninfo("d2"), "a:b", null, null, false));
        // what a refused JOIN wrote is gone
        assertThat(server.query("d2", "SELECT count(*) FROM pgplex.membership")).isEqualTo("0");
        assertThat(map().shards()).hasSize(1);
    }

    @Test
    void refusesAPatroniClusterWithoutAnEtcd() {
        assertRefused(
                "0A000",
                "a cluster in this JVM's memory cannot have a Patroni shard",
                () -> commands.joinPatroni(server.conninfo("d1"), null, null, "batman", false));
        assertRefused(
                "22023",
                "\"\" is not a Patroni scope",
                () -> commands.joinPatroni(server.conninfo("d1"), null, null, "", false));
        assertRefused(
                "25001",
                "JOIN CLUSTER cannot run inside a transaction block",
                () -> commands.joinPatroni(server.conninfo("d1"), null, null, "batman", true));
        assertThat(cache.current()).isNull();
    }

    @Test
    void letsServersJoinAtTheSameTime() throws Exception {
        join("d1");
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (ClusterMapCache other = ClusterMapCache.open(store, "default")) {
            ClusterCommands rival = commands(other);
            Future<?> first = threads.submit(() -> commands.join(server.conninfo("d2"), null, null, null, false));
            Future<?> second = threads.submit(() -> rival.join(server.conninfo("d3"), null, null, null, false));
            first.get();
            second.get();
            ClusterMap map = ClusterMapChanges.read(store, "default").map();
            assertThat(map.shards()).extracting(Shard::name).containsExactly("s1", "s2", "s3");
            for (Shard shard : map.shards()) {
                assertThat(server.query(map.primary(shard).database(), "SELECT shard FROM pgplex.membership"))
                        .isEqualTo(shard.name());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void takesAServerOfAnEarlierClusterOfItsName() throws Exception {
        join("d1");
        join("d2");
        cache.close();
        MemoryStore.drop("joins");
        store = MemoryStore.named("joins");
        cache = ClusterMapCache.open(store, "default");
        commands = commands(cache);
        join("d2");
        join("d1");
        assertThat(map().primary(map().homeShard()).database()).isEqualTo("d2");
    }

    @Test
    void refusesServersThatDoNotFit() throws SQLException {
        join("d1");
        server.dropDatabase("d2");
        server.execute("postgres", "CREATE DATABASE d2 TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'");
        assertRefused("55000", "default collation differs", () -> join("d2"));
        server.execute(
                "d3",
                "CREATE SCHEMA pgplex",
                "CREATE TABLE pgplex.membership (cluster text, shard text)",
                "INSERT INTO pgplex.membership VALUES ('other', 's1')");
        assertRefused("55000", "belongs to cluster \"other\"", () -> join("d3"));
        assertRefused("3D000", "does not exist", () -> join("nowhere"));
        assertRefused(
                "08001",
                "cannot reach the server",
                () -> commands.join("host=127.0.0.1 port=1 dbname=d3", null, null, null, false));
        assertRefused("25001", "transaction block", () -> commands.join(server.conninfo("d3"), null, null, null, true));
    }

    @Test
    void refusesShardsWhileThereAreTables() throws Exception {
        join("d1");
        join("d2");
        ClusterMapChanges changes = ClusterMapChanges.read(store, "default");
        TableName name = new TableName("public", "t");
        changes.putTable(new Table(name, new TableDistribution.Replicated(), List.of(), Table.State.ACTIVE));
        store.commit(changes.toTransaction());
        assertRefused("0A000", "distributed or replicated tables", () -> join("d3"));
        assertRefused("55006", "holds rows", () -> commands.leave("pg2", false));
    }

    @Test
    void letsEmptyShardsLeaveTheHomeShardLast() throws SQLException {
        join("d1");
        join("d2");
        join("d3");
        assertRefused("42704", "node \"pg9\" does not exist", () -> commands.leave("pg9", false));
        assertRefused("55006", "home shard", () -> commands.leave("pg1", false));
        assertRefused("42601", "which node", () -> commands.leave(null, false));
        commands.leave("pg2", false);
        assertThat(map().shards()).extracting(Shard::name).containsExactly("s1", "s3");
        assertThat(server.query("d2", "SELECT count(*) FROM pgplex.membership")).isEqualTo("0");
        commands.leave("pg3", false);
        commands.leave(null, false);
        assertThat(cache.current()).isNull();
        join("d2");
        assertThat(map().homeShard().name()).isEqualTo("s1");
    }

    @Test
    void joinsStandbysOfTheirPrimaryOnly() throws SQLException {
        try (PostgresServer standby = server.createStandby("joined_standby", false)) {
            standby.awaitReplay(server);
            join("d1");
            join("d2");
            standby.awaitReplay(server);
            assertRefused(
                    "55000", "is a standby", () -> commands.join(standby.conninfo("d3"), null, null, null, false));
            assertRefused(
                    "55000", "not a standby", () -> commands.join(server.conninfo("d3"), null, null, "pg1", false));
            assertRefused(
                    "55000", "not a standby of", () -> commands.join(standby.conninfo("d2"), null, null, "pg1", false));
            assertRefused(
                    "42704",
                    "\"pg7\" does not exist",
                    () -> commands.join(standby.conninfo("d1"), null, null, "pg7", false));
            commands.join(standby.conninfo("d1"), "r1", null, "pg1", false);
            assertThat(map().homeShard().standbys()).containsExactly("r1");
            assertThat(commands.discover(standby.conninfo("d1")).state()).isEqualTo("standby");
            commands.leave("pg2", false);
            assertRefused("55006", "has standbys", () -> commands.leave("pg1", false));
            commands.leave("r1", false);
            assertThat(map().homeShard().standbys()).isEmpty();
        }
    }

    @Test
    void discoversWithoutChangingAnything() throws SQLException {
        var before = commands.discover(server.conninfo("d1"));
        assertThat(before.state()).isEqualTo("primary, not joined");
        assertThat(before.oid()).isNull();
        assertThat(server.query("d1", "SELECT to_regnamespace('pgplex')")).isNull();
        join("d1");
        var after = commands.discover(server.conninfo("d1"));
        assertThat(after.name()).isEqualTo("pg1");
        assertThat(after.state()).isEqualTo("primary");
        assertThat(after.conn()).isEqualTo(server.conninfo("d1"));
    }
}
