package io.pgplex.jdbc.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pgplex.metadata.model.BucketRange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.ClusterProperties;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution.Distributed;
import io.pgplex.metadata.model.TableDistribution.Replicated;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.model.View;
import io.pgplex.routing.command.StatementClassifier;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.StatementScanner;
import io.pgplex.testkit.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DefinitionExecutorIT {

    private static PostgresServer server;

    private ClusterMap map;

    @BeforeAll
    static void start() {
        server = PostgresServer.start("defined");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void emptyCluster() {
        for (String database : List.of("d1", "d2")) {
            server.dropDatabase(database);
            server.createDatabase(database);
        }
        Node first = new Node(1, "pg1", server.host(), server.port(), "d1");
        Node second = new Node(2, "pg2", "localhost", server.port(), "d2");
        map = new ClusterMap(
                "default",
                1,
                new ClusterProperties("shop", 4096, "C.UTF-8", true, 15),
                List.of(
                        new Shard("s1", 0, "pg1", List.of(), 1, List.of(new BucketRange(0, 2047))),
                        new Shard("s2", 1, "pg2", List.of(), 1, List.of(new BucketRange(2048, 4095)))),
                Map.of("pg1", first, "pg2", second),
                Map.of(),
                Map.of());
    }

    private DefinitionScopeForTests scope() {
        return new DefinitionScopeForTests(map, (host, port, database) -> server.connect(database));
    }

    /** Runs definitions, each in a transaction of its own. */
    private void run(String... definitions) throws SQLException {
        for (String definition : definitions) {
            try (DefinitionScopeForTests scope = scope()) {
                execute(definition, scope);
                map = scope.commit();
            }
        }
    }

    private static void execute(String definition, DefinitionScopeForTests scope) throws SQLException {
        ScannedStatement statement = StatementScanner.scan(definition).get(0);
        new DefinitionExecutor().execute(StatementClassifier.classify(statement), statement, scope);
    }

    /** CREATE DISTRIBUTED or REPLICATED TABLE, from what PostgreSQL's CREATE TABLE would be. */
    private void create(String name, @Nullable String key, @Nullable String colocateWith, String sql)
            throws SQLException {
        String kind = key == null ? "REPLICATED " : "DISTRIBUTED ";
        run(sql.replace("CREATE ", "CREATE " + kind)
                + (key == null ? "" : " BY HASH (" + key + ")")
                + (colocateWith == null ? "" : " COLOCATE WITH " + colocateWith));
    }

    private void distributed(String name, String key, String elements) throws SQLException {
        create(name, key, null, "CREATE TABLE " + name + " (" + elements + ")");
    }

    private void replicated(String name, String elements) throws SQLException {
        create(name, null, null, "CREATE TABLE " + name + " (" + elements + ")");
    }

    private interface Action {
        void run() throws SQLException;
    }

    private void assertRefused(String message, Action action) {
        assertRefused("0A000", message, action);
    }

    /** An error that leaves the map as it was; a scope that is closed without a commit has rolled back. */
    private void assertRefused(String sqlState, String message, Action action) {
        ClusterMap before = map;
        SQLException e = catchThrowableOfType(SQLException.class, action::run);
        assertThat((Throwable) e).as("refusal: %s", message).isNotNull();
        assertThat(e.getMessage()).contains(message);
        assertThat(e.getSQLState()).isEqualTo(sqlState);
        assertThat(map).isSameAs(before);
    }

    private void assertRefused(String message, String sql) {
        assertRefused(message, () -> run(sql));
    }

    private Table table(String name) {
        return Objects.requireNonNull(map.table(new TableName("public", name)), name);
    }

    private List<String> onShards(String query) {
        return List.of(
                Objects.requireNonNullElse(server.query("d1", query), "-"),
                Objects.requireNonNullElse(server.query("d2", query), "-"));
    }

    private List<String> whereIs(String relation) {
        return onShards("SELECT to_regclass('" + relation + "') IS NOT NULL");
    }

    private static final List<String> EVERYWHERE = List.of("t", "t");
    private static final List<String> AT_HOME = List.of("t", "f");
    private static final List<String> NOWHERE = List.of("f", "f");

    @Test
    void makesDistributedTablesOnEveryShard() throws SQLException {
        distributed("orders", "customer", "customer bigint, id bigserial, note text, PRIMARY KEY (customer, id)");
        assertThat(whereIs("orders")).isEqualTo(EVERYWHERE);
        Table orders = table("orders");
        assertThat(orders.distribution()).isEqualTo(new Distributed("customer", KeyType.BIGINT));
        assertThat(orders.columns()).extracting(Column::name).containsExactly("customer", "id", "note");
        assertThat(orders.columns().get(0).notNull()).isTrue();
        assertThat(orders.columns().get(1).defaultKind()).isEqualTo(DefaultKind.SEQUENCE);
    }

    @Test
    void readsDefaultsWithEveryNameQualified() throws SQLException {
        run("CREATE FUNCTION mine() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'", "CREATE SEQUENCE seq");
        run("CREATE DOMAIN stamped AS timestamptz DEFAULT now()");
        distributed(
                "t",
                "k",
                "k text COLLATE \"C\", a int DEFAULT 5, b timestamptz DEFAULT now(), c int DEFAULT mine(),"
                        + " d bigint DEFAULT nextval('seq'), e int GENERATED ALWAYS AS IDENTITY,"
                        + " f int GENERATED ALWAYS AS (a + 1) STORED, g stamped, h numeric(10,2) DEFAULT 1.5,"
                        + " i date DEFAULT CURRENT_DATE, j text DEFAULT 'x', \"K L\" uuid DEFAULT gen_random_uuid()");
        assertThat(table("t").columns())
                .extracting(Column::defaultKind)
                .containsExactly(
                        DefaultKind.NONE,
                        DefaultKind.CONSTANT,
                        DefaultKind.VOLATILE,
                        DefaultKind.VOLATILE,
                        DefaultKind.SEQUENCE,
                        DefaultKind.SEQUENCE,
                        DefaultKind.GENERATED,
                        DefaultKind.VOLATILE,
                        DefaultKind.CONSTANT,
                        DefaultKind.VOLATILE,
                        DefaultKind.CONSTANT,
                        DefaultKind.VOLATILE);
        assertThat(Objects.requireNonNull(table("t").column("k")).collation()).isEqualTo("pg_catalog.\"C\"");
        assertThat(Objects.requireNonNull(table("t").column("d")).defaultExpression())
                .isEqualTo("nextval('public.seq'::regclass)");
        assertThat(Objects.requireNonNull(table("t").column("e")).defaultExpression())
                .isEqualTo("pg_catalog.nextval('public.t_e_seq'::pg_catalog.regclass)");
        assertThat(Objects.requireNonNull(table("t").column("h")).type()).isEqualTo("numeric(10,2)");
    }

    @Test
    void refusesKeysWhoseHashIsNotExact() throws SQLException {
        run(
                "CREATE TYPE mood AS ENUM ('a')",
                "CREATE DOMAIN number AS int",
                "CREATE COLLATION ndet (provider = icu, locale = 'und', deterministic = false)");
        assertRefused("type public.mood of column \"k\"", () -> distributed("t", "k", "k mood"));
        assertRefused("type public.number of column \"k\"", () -> distributed("t", "k", "k number"));
        assertRefused("type integer[] of column \"k\"", () -> distributed("t", "k", "k int[]"));
        assertRefused("type double precision", () -> distributed("t", "k", "k float8"));
        assertRefused("type money", () -> distributed("t", "k", "k money"));
        assertRefused("nondeterministic collation", () -> distributed("t", "k", "k text COLLATE ndet"));
        assertRefused("42703", "column \"x\" of table", () -> distributed("t", "x", "k int"));
        assertThat(whereIs("t")).isEqualTo(NOWHERE);
        for (String type : List.of(
                "smallint",
                "varchar(9)",
                "char(3)",
                "uuid",
                "date",
                "timestamp",
                "timestamptz",
                "numeric(9,2)",
                "boolean",
                "bytea")) {
            String name = "k_" + type.replaceAll("[^a-z]", "");
            distributed(name, "k", "k " + type + " PRIMARY KEY");
        }
        assertThat(map.tables()).hasSize(10);
    }

    @Test
    void refusesConstraintsThatAShardCannotCheck() throws SQLException {
        assertRefused("primary key \"t_pkey\"", () -> distributed("t", "k", "k int, id int PRIMARY KEY"));
        assertRefused("unique constraint \"t_a_key\"", () -> distributed("t", "k", "k int, a int UNIQUE"));
        assertRefused(
                "exclusion constraint",
                () -> distributed("t", "k", "k int, r int4range, EXCLUDE USING gist (r WITH &&)"));
        distributed("t", "k", "k int, a int, UNIQUE (a, k)");
        assertRefused("unique index \"u\"", "CREATE UNIQUE INDEX u ON t (a)");
        assertRefused("unique index \"u\"", "CREATE UNIQUE INDEX u ON t (a, (k + 0))");
        assertRefused("unique index \"u\"", "CREATE UNIQUE INDEX u ON t (a) INCLUDE (k)");
        assertRefused("unique constraint \"u\"", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)");
        run("CREATE UNIQUE INDEX u ON t (a, k)", "CREATE INDEX i ON t (a)");
        assertThat(whereIs("i")).isEqualTo(EVERYWHERE);
        run("DROP INDEX i", "ALTER INDEX u RENAME TO u2");
        assertThat(whereIs("i")).isEqualTo(NOWHERE);
        assertThat(whereIs("u2")).isEqualTo(EVERYWHERE);
        replicated("r", "id int PRIMARY KEY, name text UNIQUE");
        assertThat(table("r").distribution()).isEqualTo(new Replicated());
    }

    @Test
    void allowsForeignKeysThatStayOnAShard() throws SQLException {
        replicated("products", "id int PRIMARY KEY");
        distributed("customers", "id", "id bigint PRIMARY KEY");
        distributed(
                "orders",
                "customer",
                "customer int REFERENCES customers ON DELETE CASCADE, id int, product int REFERENCES products,"
                        + " PRIMARY KEY (customer, id)");
        run("CREATE TABLE local (id int PRIMARY KEY, product int REFERENCES products)");
        assertThat(whereIs("local")).isEqualTo(AT_HOME);
        assertRefused("does not pair", () -> distributed("x", "k", "k bigint, c bigint REFERENCES customers"));
        assertRefused("does not pair", () -> distributed("x", "k", "k text, c bigint REFERENCES customers"));
        assertRefused(
                "would change the distribution key",
                () -> distributed("x", "k", "k bigint REFERENCES customers ON DELETE SET NULL"));
        assertRefused("from replicated table", () -> replicated("x", "c bigint REFERENCES customers"));
        assertRefused("to local table", () -> distributed("x", "k", "k int REFERENCES local"));
        assertRefused("to local table", () -> replicated("x", "k int REFERENCES local"));
        assertRefused("from local table", "CREATE TABLE x (c bigint REFERENCES customers)");
        assertRefused("from local table", "ALTER TABLE local ADD FOREIGN KEY (id) REFERENCES customers (id)");
        assertThat(whereIs("x")).isEqualTo(NOWHERE);
    }

    @Test
    void colocatesByTheKeysType() throws SQLException {
        distributed("a", "k", "k bigint");
        create("b", "k", "a", "CREATE TABLE b (k smallint)");
        assertRefused("cannot be colocated", () -> create("c", "k", "a", "CREATE TABLE c (k text)"));
        assertRefused("42P01", "is not a distributed table", () -> create("c", "k", "z", "CREATE TABLE c (k text)"));
        replicated("r", "k bigint");
        assertRefused("42809", "is not a distributed table", () -> create("c", "k", "r", "CREATE TABLE c (k int)"));
    }

    @Test
    void refusesTablesThatDoNotStandAlone() throws SQLException {
        run("CREATE TABLE parent (k int)");
        assertRefused("inheritance", () -> create("t", "k", null, "CREATE TABLE t (a int) INHERITS (parent)"));
        assertRefused(
                "partitioned table", () -> create("t", "k", null, "CREATE TABLE t (k int) PARTITION BY HASH (k)"));
        distributed("d", "k", "k int");
        assertRefused("inheritance", "CREATE TABLE child () INHERITS (d)");
        assertRefused("rule \"r\"", "CREATE RULE r AS ON INSERT TO d DO INSTEAD NOTHING");
        assertRefused("rule on", "CREATE RULE r AS ON INSERT TO parent DO ALSO DELETE FROM d");
        distributed("u", "k", "k int");
        run("ALTER TABLE u SET UNLOGGED");
        create("l", "k", null, "CREATE TABLE l (LIKE d INCLUDING ALL)");
        create("u", "k", null, "CREATE TABLE IF NOT EXISTS u (k int)");
        assertRefused(
                "42P07", "is local", () -> create("parent", "k", null, "CREATE TABLE IF NOT EXISTS parent (k int)"));
        assertThat(map.tables()).hasSize(3);
    }

    @Test
    void followsAlterTable() throws SQLException {
        distributed("t", "k", "k int, a text, b int");
        run("CREATE VIEW v AS SELECT a FROM t");
        run(
                "ALTER TABLE t ADD COLUMN c date NOT NULL DEFAULT '2020-01-01'",
                "ALTER TABLE t DROP COLUMN b",
                "ALTER TABLE t RENAME COLUMN a TO \"A a\"",
                "ALTER TABLE t RENAME k TO key",
                "ALTER TABLE t ALTER key TYPE bigint",
                "ALTER TABLE t RENAME TO t2");
        Table t2 = table("t2");
        assertThat(map.tables()).hasSize(1);
        assertThat(t2.distribution()).isEqualTo(new Distributed("key", KeyType.BIGINT));
        assertThat(t2.columns()).extracting(Column::name).containsExactly("key", "A a", "c");
        assertThat(map.views().get(new TableName("public", "v")))
                .extracting(View::definition)
                .asString()
                .contains("public.t2");
        run("CREATE SCHEMA s", "ALTER TABLE t2 SET SCHEMA s", "ALTER SCHEMA s RENAME TO s2");
        assertThat(map.tables()).containsOnlyKeys(new TableName("s2", "t2"));
        assertThat(whereIs("s2.t2")).isEqualTo(EVERYWHERE);
        run("ALTER VIEW v RENAME TO v2");
        assertThat(map.views()).containsOnlyKeys(new TableName("public", "v2"));
        run("DROP SCHEMA s2 CASCADE");
        assertThat(map.tables()).isEmpty();
        assertThat(map.views()).isEmpty();
        assertThat(whereIs("v2")).isEqualTo(NOWHERE);
    }

    @Test
    void followsPrimaryKeys() throws SQLException {
        distributed("t", "k", "k int, a text, b int, PRIMARY KEY (b, k)");
        replicated("r", "code text, name text, UNIQUE (code)");
        assertThat(table("t").primaryKey()).containsExactly("b", "k");
        assertThat(table("r").primaryKey()).isEmpty();
        run("ALTER TABLE t RENAME k TO \"K k\"", "ALTER TABLE r ADD CONSTRAINT rk PRIMARY KEY (code)");
        assertThat(table("t").primaryKey()).containsExactly("b", "K k");
        assertThat(table("r").primaryKey()).containsExactly("code");
        run("ALTER TABLE t DROP COLUMN b", "ALTER TABLE r DROP CONSTRAINT rk");
        assertThat(table("t").primaryKey()).isEmpty();
        assertThat(table("r").primaryKey()).isEmpty();
        // PostgreSQL concludes nothing from a key that may be broken for a while
        run(
                "ALTER TABLE r ADD PRIMARY KEY (code) DEFERRABLE",
                "CREATE UNIQUE INDEX tk ON t (\"K k\")",
                "ALTER TABLE t ADD PRIMARY KEY USING INDEX tk");
        assertThat(table("r").primaryKey()).isEmpty();
        assertThat(table("t").primaryKey()).containsExactly("K k");
    }

    @Test
    void followsTheSequencesOfDefaults() throws SQLException {
        run("CREATE SEQUENCE s1");
        distributed("t", "k", "k int, n bigint DEFAULT nextval('s1')");
        run("ALTER SEQUENCE s1 RENAME TO s2");
        assertThat(Objects.requireNonNull(table("t").column("n")).defaultExpression())
                .isEqualTo("nextval('public.s2'::regclass)");
        run("ALTER TABLE s2 RENAME TO s3");
        assertThat(Objects.requireNonNull(table("t").column("n")).defaultExpression())
                .isEqualTo("nextval('public.s3'::regclass)");
        run("DROP SEQUENCE s3 CASCADE");
        assertThat(Objects.requireNonNull(table("t").column("n")).defaultKind()).isEqualTo(DefaultKind.NONE);
        assertThat(whereIs("s3")).isEqualTo(NOWHERE);
        run("ALTER TABLE t ALTER n SET DEFAULT 3");
        assertThat(Objects.requireNonNull(table("t").column("n")).defaultKind()).isEqualTo(DefaultKind.CONSTANT);
    }

    @Test
    void remembersTemporaryRelations() throws SQLException {
        try (DefinitionScopeForTests scope = scope()) {
            execute("CREATE TEMP TABLE a (k int)", scope);
            execute("CREATE TABLE pg_temp.b AS SELECT 1 AS one", scope);
            execute("CREATE VIEW c AS SELECT * FROM a", scope);
            assertThat(scope.routingScope().temporaryRelations()).containsExactlyInAnyOrder("a", "b", "c");
        }
    }

    @Test
    void keepsTheDistributionKey() throws SQLException {
        distributed("t", "k", "k int, a int");
        assertRefused("cannot drop column \"k\"", "ALTER TABLE t DROP COLUMN k");
        assertRefused("cannot change the type", "ALTER TABLE t ALTER k TYPE text");
        assertRefused("type double precision", "ALTER TABLE t ALTER k TYPE float8");
        assertRefused("cannot compute new values", "ALTER TABLE t ALTER COLUMN k SET DATA TYPE int USING k + 1");
        assertThat(table("t").columns()).hasSize(2);
        assertThat(onShards("SELECT count(*) FROM information_schema.columns WHERE table_name = 't'"))
                .containsExactly("2", "2");
    }

    @Test
    void refusesColumnsThatShardsWouldFillDifferently() throws SQLException {
        replicated("r", "id int");
        distributed("d", "k", "k int");
        run("ALTER TABLE r ADD COLUMN u uuid DEFAULT gen_random_uuid()", "ALTER TABLE d ADD COLUMN s serial");
        server.execute("d1", "INSERT INTO r VALUES (1)");
        server.execute("d2", "INSERT INTO r VALUES (1)", "INSERT INTO d VALUES (1)");
        assertRefused("cannot add column \"w\"", "ALTER TABLE r ADD COLUMN w timestamptz DEFAULT now()");
        assertRefused("cannot add column \"w\"", "ALTER TABLE r ADD COLUMN w serial");
        assertRefused("cannot add column \"w\"", "ALTER TABLE d ADD COLUMN w bigserial");
        assertRefused("USING with a function", "ALTER TABLE r ALTER id TYPE text USING random()::text");
        run(
                "ALTER TABLE r ADD COLUMN w int DEFAULT 7",
                "ALTER TABLE d ADD COLUMN w timestamptz DEFAULT now()",
                "ALTER TABLE r ALTER id TYPE text USING upper(id::text)");
    }

    @Test
    void dropsTables() throws SQLException {
        distributed("d", "k", "k int");
        replicated("r", "k int");
        run("CREATE TABLE l (k int)", "CREATE VIEW v AS SELECT * FROM d JOIN r USING (k)");
        assertThat(map.views()).hasSize(1);
        assertRefused("together with local relation", "DROP TABLE d, l");
        assertRefused("2BP01", "cannot drop table d", () -> run("DROP TABLE d"));
        assertRefused("42809", "not a distributed", () -> run("DROP DISTRIBUTED TABLE l"));
        assertRefused("0A000", "together with local", () -> run("DROP DISTRIBUTED TABLE l, d"));
        run("DROP DISTRIBUTED TABLE IF EXISTS d, r CASCADE");
        assertThat(map.tables()).isEmpty();
        assertThat(map.views()).isEmpty();
        assertThat(whereIs("v")).isEqualTo(NOWHERE);
        run("DROP TABLE l", "DROP TABLE IF EXISTS d");
        assertRefused("42P01", "does not exist", () -> run("DROP TABLE d"));
    }

    @Test
    void putsViewsWhereTheirTablesAre() throws SQLException {
        distributed("d", "k", "k int");
        run(
                "CREATE TABLE l (k int)",
                "CREATE VIEW over_local AS SELECT * FROM l",
                "CREATE VIEW over_sharded AS SELECT k, lower('X') AS x FROM d",
                "CREATE VIEW over_view AS SELECT * FROM over_sharded",
                "CREATE VIEW over_nothing AS SELECT 1 AS one",
                "CREATE MATERIALIZED VIEW m AS SELECT * FROM l");
        assertThat(whereIs("over_local")).isEqualTo(AT_HOME);
        assertThat(whereIs("over_sharded")).isEqualTo(EVERYWHERE);
        assertThat(whereIs("over_view")).isEqualTo(EVERYWHERE);
        assertThat(whereIs("over_nothing")).isEqualTo(AT_HOME);
        assertThat(whereIs("m")).isEqualTo(AT_HOME);
        assertThat(map.views().keySet())
                .containsExactly(new TableName("public", "over_sharded"), new TableName("public", "over_view"));
        assertRefused("view over local table", "CREATE VIEW x AS SELECT k FROM l UNION SELECT k FROM d");
        assertRefused(
                "view over local table", "CREATE VIEW x AS SELECT l.k FROM over_local l JOIN over_view USING (k)");
        assertRefused("materialized view over", "CREATE MATERIALIZED VIEW x AS SELECT * FROM over_view");
        assertRefused("temporary view over", "CREATE TEMP VIEW x AS SELECT * FROM d");
        assertRefused("cannot become one over local", "CREATE OR REPLACE VIEW over_view AS SELECT k, 'y' AS x FROM l");
        run(
                "CREATE OR REPLACE VIEW over_local AS SELECT k FROM d",
                "REFRESH MATERIALIZED VIEW m",
                "DROP VIEW over_view");
        assertThat(map.views()).hasSize(2);
        assertThat(whereIs("over_local")).isEqualTo(EVERYWHERE);
        assertThat(whereIs("over_view")).isEqualTo(NOWHERE);
    }

    @Test
    void refusesTablesFromDistributedQueries() throws SQLException {
        distributed("d", "k", "k int");
        replicated("r", "k int");
        run("CREATE VIEW v AS SELECT * FROM d");
        assertRefused("from distributed table or view \"public.d\"", "CREATE TABLE x AS SELECT * FROM d");
        assertRefused("TABLE AS is not supported", "CREATE REPLICATED TABLE x AS SELECT 1 AS one");
        assertRefused("TABLE AS is not supported", "CREATE DISTRIBUTED TABLE x AS SELECT 1 AS one BY HASH (one)");
        assertRefused("\"public.d\"", "CREATE TEMP TABLE x (k) AS SELECT k FROM public.d");
        assertRefused("\"public.v\"", "CREATE TABLE x AS TABLE v");
        run("CREATE TABLE x AS SELECT k, 'd'::text AS t FROM r");
        assertThat(whereIs("x")).isEqualTo(AT_HOME);
    }

    @Test
    void putsOtherObjectsOnEveryShard() throws SQLException {
        run(
                "CREATE SCHEMA s",
                "CREATE TYPE s.pair AS (a int, b int)",
                "CREATE EXTENSION IF NOT EXISTS citext",
                "CREATE TABLE l (k int)",
                "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
                "CREATE FUNCTION of_local() RETURNS SETOF l LANGUAGE sql AS 'SELECT * FROM l'",
                "CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM l'",
                "CREATE SEQUENCE seq");
        assertThat(onShards("SELECT to_regtype('s.pair') IS NOT NULL")).isEqualTo(EVERYWHERE);
        assertThat(onShards("SELECT to_regtype('citext') IS NOT NULL")).isEqualTo(EVERYWHERE);
        assertThat(onShards("SELECT to_regproc('f') IS NOT NULL")).isEqualTo(EVERYWHERE);
        assertThat(onShards("SELECT to_regproc('g') IS NOT NULL")).isEqualTo(EVERYWHERE);
        assertThat(onShards("SELECT to_regproc('of_local') IS NOT NULL")).isEqualTo(AT_HOME);
        assertThat(onShards("SHOW check_function_bodies")).containsExactly("on", "on");
        run("DROP FUNCTION of_local", "ALTER SEQUENCE seq OWNED BY l.k", "DROP TABLE l");
        assertThat(onShards("SELECT to_regproc('of_local') IS NOT NULL")).isEqualTo(NOWHERE);
        assertRefused("CREATE SCHEMA with elements", "CREATE SCHEMA x CREATE TABLE t (a int)");
        assertRefused("through a cluster", "CREATE DATABASE x");
        assertRefused("through a cluster", "ALTER SYSTEM SET work_mem = '1MB'");
        run("COMMENT ON DATABASE shop IS 'two shops'");
        assertThat(onShards("SELECT shobj_description(oid, 'pg_database') FROM pg_database"
                        + " WHERE datname = current_database()"))
                .containsExactly("two shops", "two shops");
    }

    @Test
    void makesRolesOnceForEachServer() throws SQLException {
        distributed("d", "k", "k int");
        run("CREATE TABLE l (k int)", "CREATE ROLE clerk", "GRANT SELECT ON d TO clerk", "GRANT SELECT ON l TO clerk");
        assertThat(onShards("SELECT has_table_privilege('clerk', 'd', 'SELECT')"))
                .isEqualTo(EVERYWHERE);
        assertRefused("together with local", "GRANT SELECT ON d, l TO clerk");
        run("REVOKE ALL ON d FROM clerk", "DROP OWNED BY clerk", "DROP ROLE clerk");
        assertThat(map.tables()).hasSize(1);
    }

    @Test
    void runsWhatBelongsToATableOnItsShards() throws SQLException {
        distributed("d", "k", "k int, a int");
        run(
                "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                "CREATE TRIGGER tr BEFORE INSERT ON d FOR EACH ROW EXECUTE FUNCTION tf()",
                "CREATE POLICY p ON d USING (true)",
                "CREATE STATISTICS st ON k, a FROM d",
                "COMMENT ON TABLE d IS 'x'",
                "COMMENT ON COLUMN d.k IS 'key'",
                "COMMENT ON TRIGGER tr ON d IS 'x'",
                "ALTER TABLE d ENABLE ROW LEVEL SECURITY",
                "ALTER TABLE d DISABLE TRIGGER tr",
                "TRUNCATE d",
                "REINDEX TABLE d");
        assertThat(onShards("SELECT count(*) FROM pg_trigger WHERE tgname = 'tr' AND tgenabled = 'D'"))
                .containsExactly("1", "1");
        assertThat(onShards("SELECT col_description('d'::regclass, 1)")).containsExactly("key", "key");
        assertThat(onShards("SELECT count(*) FROM pg_statistic_ext")).containsExactly("1", "1");
        run("DROP STATISTICS st", "DROP TRIGGER tr ON d", "DROP POLICY p ON d");
        assertThat(onShards("SELECT count(*) FROM pg_statistic_ext")).containsExactly("0", "0");
        assertThat(onShards("SELECT count(*) FROM pg_policy")).containsExactly("0", "0");
    }

    @Test
    void runsMaintenanceOutsideTransactions() throws SQLException {
        distributed("d", "k", "k int, a int");
        run(
                "CREATE TABLE l (k int)",
                "VACUUM",
                "VACUUM (ANALYZE) d",
                "VACUUM l",
                "ANALYZE d (k)",
                "REINDEX DATABASE shop");
        run("CREATE INDEX CONCURRENTLY i ON d (a)");
        assertThat(whereIs("i")).isEqualTo(EVERYWHERE);
        server.execute("d2", "DROP INDEX i");
        run("CREATE INDEX CONCURRENTLY i ON d (a)");
        assertThat(whereIs("i")).isEqualTo(EVERYWHERE);
        assertRefused("42P07", "already exists", () -> run("CREATE INDEX CONCURRENTLY i ON d (a)"));
        assertRefused("lacks the distribution key", "CREATE UNIQUE INDEX CONCURRENTLY u ON d (a, (k + 1))");
        assertRefused("without a name", "CREATE INDEX CONCURRENTLY ON d (a)");
        run("CREATE UNIQUE INDEX CONCURRENTLY u ON d ((a + 1), k DESC)", "REINDEX INDEX CONCURRENTLY u");
        server.execute("d2", "DROP INDEX i");
        run("DROP INDEX CONCURRENTLY i");
        assertThat(whereIs("i")).isEqualTo(NOWHERE);
        try (DefinitionScopeForTests scope = scope()) {
            scope.inApplicationTransaction = true;
            assertRefused("25001", "transaction block", () -> execute("VACUUM d", scope));
            execute("LOCK TABLE d IN SHARE MODE", scope);
            assertThat(onShards("SELECT count(*) FROM pg_locks WHERE mode = 'ShareLock' AND relation = 'd'::regclass"))
                    .containsExactly("1", "1");
        }
        assertRefused("25P01", "transaction blocks", () -> run("LOCK d"));
    }

    @Test
    void keepsItsOwnSchemaToItself() throws SQLException {
        server.execute("d1", io.pgplex.jdbc.sql.ServerSql.schema());
        assertRefused("42501", "belongs to pgplex", () -> run("DROP TABLE pgplex.commit_record"));
        assertRefused("42501", "belongs to pgplex", () -> run("CREATE TABLE pgplex.x (a int)"));
        assertRefused("42501", "belongs to pgplex", () -> run("ALTER SCHEMA pgplex RENAME TO x"));
        assertRefused("42501", "belongs to pgplex", () -> run("DROP SCHEMA IF EXISTS a, pgplex CASCADE"));
        assertRefused("42501", "belongs to pgplex", () -> replicated("pgplex.x", "a int"));
        assertRefused("42501", "belongs to pgplex", () -> run("CREATE VIEW pg_cluster AS SELECT 1"));
    }

    @Test
    void refusesATableWhoseSchemaIsNotEverywhere() {
        server.execute("d1", "CREATE SCHEMA app");
        assertRefused("3F000", "app", () -> replicated("app.t", "a int"));
    }
}
