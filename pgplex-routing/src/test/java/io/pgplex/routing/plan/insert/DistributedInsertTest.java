package io.pgplex.routing.plan.insert;

import static io.pgplex.routing.plan.insert.InsertFixture.CODES;
import static io.pgplex.routing.plan.insert.InsertFixture.DOCUMENTS;
import static io.pgplex.routing.plan.insert.InsertFixture.ITEMS;
import static io.pgplex.routing.plan.insert.InsertFixture.MAP;
import static io.pgplex.routing.plan.insert.InsertFixture.ORDERS;
import static io.pgplex.routing.plan.insert.InsertFixture.evaluations;
import static io.pgplex.routing.plan.insert.InsertFixture.insert;
import static io.pgplex.routing.plan.insert.InsertFixture.refusal;
import static io.pgplex.routing.plan.insert.InsertFixture.sharded;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.hash.KeyBuckets;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.routing.bind.InsertBinder;
import io.pgplex.routing.bind.KeySource;
import io.pgplex.routing.bind.Parameters;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.StatementKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DistributedInsertTest {

    private static int owner(long key) {
        return MAP.ownerOf(KeyBuckets.bucketOfLong(KeyType.BIGINT, key, MAP.buckets()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO items VALUES (42, 'a', now())",
                "insert into public.items (v, k) values ('a', 42) returning *",
                "INSERT INTO items (v, \"k\") VALUES (random()::text, '42')",
                "INSERT INTO items (k) VALUES (42::bigint)",
                "INSERT INTO items (k) VALUES (CAST(42 AS pg_catalog.int8))",
                "INSERT INTO items (k) VALUES (((42)))",
                "INSERT INTO items (k) VALUES (bigint '42')",
                "INSERT INTO items (k) VALUES (+42)",
                "INSERT INTO items (k) VALUES (42.0)",
                "INSERT INTO items (k) VALUES (E'4\\x32')",
                "/* c */ INSERT /* ( */ INTO items -- (v)\n (k) VALUES /* (7) */ (42)",
                "INSERT INTO items AS i (k, v) VALUES (42, (SELECT name FROM countries WHERE id = 1)) ON CONFLICT DO NOTHING",
                "WITH x AS (SELECT 1 AS a FROM countries) INSERT INTO items VALUES (42, (SELECT a FROM x))",
                "INSERT INTO items VALUES (42), (42)",
                "INSERT INTO items (k, v) VALUES (42, 'x') ON CONFLICT (k) DO UPDATE SET k = EXCLUDED.k, v = now()",
            })
    void literalKeyRoutesTheOriginalText(String sql) {
        Plan.Sharded plan = sharded(ITEMS, sql);
        assertThat(plan.original()).isEqualTo(Fragment.original(sql, 0));
        assertThat(plan.selector().single(Parameters.NONE, MAP)).isEqualTo(owner(42));
        assertThat(plan.effect()).isEqualTo(Effect.WRITE);
        assertThat(plan.kind()).isEqualTo(StatementKind.INSERT);
        assertThat(plan.returnsRows()).isEqualTo(sql.contains("returning"));
    }

    @Test
    void negativeLiteralsKeepTheirSign() {
        assertThat(sharded(ITEMS, "INSERT INTO items VALUES (-5)").selector().single(Parameters.NONE, MAP))
                .isEqualTo(owner(-5));
        assertThat(sharded(ITEMS, "INSERT INTO items VALUES (-5::bigint)")
                        .selector()
                        .single(Parameters.NONE, MAP))
                .isEqualTo(owner(-5));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO items (v) VALUES ('a')",
                "INSERT INTO items (k) VALUES (NULL)",
                "INSERT INTO items VALUES (DEFAULT, 'x')",
                "INSERT INTO items DEFAULT VALUES",
                "INSERT INTO items (k) VALUES (null::bigint)",
            })
    void aKeyWithoutValueOrDefaultIsNull(String sql) {
        int owner = MAP.ownerOf(KeyBuckets.bucketOfNull(MAP.buckets()));
        assertThat(sharded(ITEMS, sql).selector().single(Parameters.NONE, MAP)).isEqualTo(owner);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO items VALUES (1, 'a'), (2)",
                "INSERT INTO items VALUES (1, 'a', now(), 4)",
                "INSERT INTO items (k, v) VALUES (1)",
                "INSERT INTO items (k) VALUES (1, 2)",
                "INSERT INTO items (k, nothing) VALUES (1, 2)",
                "INSERT INTO items (k, k) VALUES (1, 2)"
            })
    void whatPostgresqlWillRefuseGoesToAnyShard(String sql) {
        assertThat(sharded(ITEMS, sql).selector()).isEqualTo(new ShardSelector.HomeShard());
    }

    @Test
    void aParameterIsHashedWhenItIsBound() {
        for (String value : new String[] {"?", "?::bigint", "CAST(? AS int)", "(?)"}) {
            String sql = "INSERT INTO items (v, k) VALUES (?, " + value + ")";
            Plan.Insert plan = insert(ITEMS, sql);
            assertThat(plan.original()).isEqualTo(Fragment.original(sql, 2));
            assertThat(plan.rows()).hasSize(1);
            assertThat(plan.rows().get(0).key()).isEqualTo(new KeySource.Assigned(1, KeyType.BIGINT, "bigint"));
            assertThat(plan.evaluations()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "now()::text::bigint",
                "(SELECT max(id) FROM countries)",
                "(SELECT id FROM local_table)",
                "my_function(?)",
                "random() * 5"
            })
    void aKeyThatServersComputeDifferentlyIsEvaluatedAndSpliced(String key) {
        Plan.Insert plan = insert(ITEMS, "INSERT INTO items (v, k) VALUES (?, " + key + ") RETURNING k");
        int own = key.contains("?") ? 2 : 1;
        assertThat(plan.original()).isNull();
        assertThat(plan.evaluations()).hasSize(1);
        assertThat(plan.evaluations().get(0).expression().sql()).isEqualTo("CAST(" + key + " AS bigint)");
        assertThat(plan.rows().get(0).values()).isEqualTo(new Fragment("(?, CAST(? AS bigint))", new int[] {0, own}));
        assertThat(plan.rows().get(0).key()).isEqualTo(new KeySource.Assigned(own, KeyType.BIGINT, "bigint"));
        assertThat(plan.tail()).isEqualTo(new Fragment(" RETURNING k", new int[0]));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1 + 1",
                "lower('7')::bigint",
                "?::text::bigint",
                "?::numeric",
                "x'1f'",
                "1.5",
                "abs(?)",
                "?::int8::int4",
                "true"
            })
    void aKeyThatServersComputeAlikeIsEvaluatedButStays(String key) {
        String sql = "INSERT INTO items (v, k) VALUES (?, " + key + ")";
        Plan.Insert plan = insert(ITEMS, sql);
        int own = key.contains("?") ? 2 : 1;
        assertThat(plan.original()).isEqualTo(Fragment.original(sql, own));
        assertThat(plan.evaluations().get(0).expression().sql()).isEqualTo("CAST(" + key + " AS bigint)");
        assertThat(plan.rows().get(0).key()).isEqualTo(new KeySource.Assigned(own, KeyType.BIGINT, "bigint"));
        assertThat(InsertBinder.single(plan, Parameters.NONE, MAP)).isEqualTo(ShardSelector.MANY);
    }

    @Test
    void severalRowsKeepTheirTextAndParameters() {
        Plan.Insert plan = insert(
                ITEMS,
                "INSERT INTO items (v, k) VALUES (? || 'a', ?) , ('?', 7),(?,? ) ON CONFLICT (k) DO UPDATE SET v = ?");
        assertThat(plan.head()).isEqualTo("INSERT INTO items (v, k) VALUES");
        assertThat(plan.rows().get(0).values()).isEqualTo(new Fragment("(? || 'a', ?)", new int[] {0, 1}));
        assertThat(plan.rows().get(1).values()).isEqualTo(new Fragment("('?', 7)", new int[0]));
        assertThat(plan.rows().get(2).values()).isEqualTo(new Fragment("(?,? )", new int[] {2, 3}));
        assertThat(plan.tail()).isEqualTo(new Fragment(" ON CONFLICT (k) DO UPDATE SET v = ?", new int[] {4}));
        assertThat(plan.original()).isNotNull();
    }

    @Test
    void anOmittedSequenceIsFilledInPerRow() {
        Plan.Insert plan = insert(ORDERS, "INSERT INTO orders (customer, note) VALUES (?, ?), (7, DEFAULT)");
        assertThat(plan.original()).isNull();
        assertThat(plan.head()).isEqualTo("INSERT INTO orders (customer, note, \"id\") OVERRIDING SYSTEM VALUE VALUES");
        assertThat(evaluations(plan.evaluations()))
                .containsExactly(
                        "nextval('public.orders_id_seq'::regclass) [] as bigint",
                        "nextval('public.orders_id_seq'::regclass) [] as bigint");
        assertThat(plan.rows().get(0).values())
                .isEqualTo(new Fragment("(?, ?, CAST(? AS bigint))", new int[] {0, 1, 2}));
        assertThat(plan.rows().get(1).values())
                .isEqualTo(new Fragment("(7, DEFAULT, CAST(? AS bigint))", new int[] {3}));
    }

    @Test
    void aDefaultThatIsASequenceIsReplaced() {
        Plan.Insert plan = insert(ORDERS, "INSERT INTO orders VALUES (default, ?)");
        assertThat(plan.head()).isEqualTo("INSERT INTO orders OVERRIDING SYSTEM VALUE VALUES");
        assertThat(plan.rows().get(0).values()).isEqualTo(new Fragment("(CAST(? AS bigint), ?)", new int[] {1, 0}));
        assertThat(plan.rows().get(0).key()).isEqualTo(new KeySource.Assigned(0, KeyType.BIGINT, "bigint"));
    }

    @Test
    void anExplicitSequenceValueNeedsNoFilling() {
        assertThat(sharded(ORDERS, "INSERT INTO orders VALUES (1, 2)").selector())
                .isInstanceOf(ShardSelector.Key.class);
    }

    @Test
    void overridingThatIsThereStays() {
        Plan.Insert plan =
                insert(ORDERS, "INSERT INTO orders (customer) OVERRIDING SYSTEM VALUE VALUES (?) RETURNING id");
        assertThat(plan.head()).isEqualTo("INSERT INTO orders (customer, \"id\") OVERRIDING SYSTEM VALUE VALUES");
        assertThat(refusal(ORDERS, "INSERT INTO orders OVERRIDING USER VALUE VALUES (1, 2)")
                        .message())
                .startsWith("OVERRIDING USER VALUE for column \"id\"");
    }

    @Test
    void sequenceCallsInValuesAreEvaluated() {
        Plan.Insert plan =
                insert(ITEMS, "INSERT INTO items (k, v) VALUES (nextval('s'), 'x' || pg_catalog.nextval(?))");
        assertThat(evaluations(plan.evaluations()))
                .containsExactly("CAST(nextval('s') AS bigint) [] as bigint", "pg_catalog.nextval(?) [0] as bigint");
        assertThat(plan.rows().get(0).values())
                .isEqualTo(new Fragment("(CAST(? AS bigint), 'x' || CAST(? AS bigint))", new int[] {1, 2}));
    }

    @Test
    void aKeyFromItsDefaultIsEvaluatedAndAppended() {
        Plan.Insert plan = insert(DOCUMENTS, "INSERT INTO \"Docs\" (body) VALUES ('a'), (?)");
        assertThat(plan.head()).isEqualTo("INSERT INTO \"Docs\" (body, \"Id\") VALUES");
        assertThat(evaluations(plan.evaluations()))
                .containsExactly("pg_catalog.gen_random_uuid() [] as uuid", "pg_catalog.gen_random_uuid() [] as uuid");
        assertThat(plan.rows().get(1).values()).isEqualTo(new Fragment("(?, CAST(? AS uuid))", new int[] {0, 2}));
        assertThat(plan.rows().get(1).key()).isEqualTo(new KeySource.Assigned(2, KeyType.UUID, "uuid"));
    }

    @Test
    void defaultValuesBecomesARow() {
        Plan.Insert plan = insert(DOCUMENTS, "INSERT INTO \"Docs\" DEFAULT VALUES RETURNING \"Id\"");
        assertThat(plan.head()).isEqualTo("INSERT INTO \"Docs\" (\"Id\") VALUES");
        assertThat(plan.rows().get(0).values()).isEqualTo(new Fragment("(CAST(? AS uuid))", new int[] {0}));
        assertThat(plan.tail().sql()).isEqualTo(" RETURNING \"Id\"");
    }

    @Test
    void aColumnListIsWrittenWhereThereIsNone() {
        Plan.Insert plan = insert(
                InsertFixture.table(
                        "late",
                        new TableDistribution.Distributed("k", KeyType.BIGINT),
                        InsertFixture.column("k", "bigint", null, DefaultKind.NONE),
                        InsertFixture.column("Odd \"name", "integer", "nextval('s')", DefaultKind.SEQUENCE)),
                "INSERT INTO late AS l VALUES (?)");
        assertThat(plan.head())
                .isEqualTo("INSERT INTO late AS l (\"k\", \"Odd \"\"name\") OVERRIDING SYSTEM VALUE VALUES");
    }

    @Test
    void functionsOfTimeAreOneValueForSeveralRows() {
        Plan.Insert plan = insert(
                ITEMS,
                "INSERT INTO items VALUES (1, 'a', now()), (2, 'b', now() + '1 day'), (?, 'now', 'now')"
                        + " ON CONFLICT (k) DO UPDATE SET at = current_timestamp(3) RETURNING now()");
        assertThat(evaluations(plan.evaluations()))
                .containsExactly(
                        "now() [] as timestamp with time zone",
                        "CAST('now' AS timestamp with time zone) [] as timestamp with time zone",
                        "current_timestamp(3) [] as timestamp with time zone");
        assertThat(plan.rows().get(1).values())
                .isEqualTo(new Fragment("(2, 'b', CAST(? AS timestamp with time zone) + '1 day')", new int[] {1}));
        assertThat(plan.rows().get(2).values())
                .isEqualTo(new Fragment("(?, 'now', CAST(? AS timestamp with time zone))", new int[] {0, 2}));
        assertThat(plan.tail())
                .isEqualTo(new Fragment(
                        " ON CONFLICT (k) DO UPDATE SET at = CAST(? AS timestamp with time zone)"
                                + " RETURNING CAST(? AS timestamp with time zone)",
                        new int[] {3, 1}));
    }

    @Test
    void volatileFunctionsRunWithTheirRow() {
        Plan.Insert plan = insert(ITEMS, "INSERT INTO items (k, v) VALUES (?, random()), (?, gen_random_uuid())");
        assertThat(plan.evaluations()).isEmpty();
        assertThat(plan.original()).isNotNull();
    }

    @Test
    void aModifierIsCheckedByTheColumnAndNotByACast() {
        Plan.Insert plan = insert(CODES, "INSERT INTO codes (code) VALUES (my_code())");
        assertThat(plan.rows().get(0).values().sql()).isEqualTo("(CAST(? AS character varying))");
        assertThat(plan.rows().get(0).key())
                .isEqualTo(new KeySource.Assigned(0, KeyType.VARCHAR, "character varying(5)"));
        assertThat(insert(CODES, "INSERT INTO codes (code) VALUES ('abc      ')")
                        .evaluations())
                .hasSize(1);
        assertThat(insert(CODES, "INSERT INTO codes (code) VALUES (?::varchar(2))")
                        .evaluations())
                .hasSize(1);
        assertThat(sharded(CODES, "INSERT INTO codes (code) VALUES ('abc'::text)")
                        .original())
                .isNotNull();
    }

    @Test
    void refusesToMoveARowOnConflict() {
        String head = "INSERT INTO items AS i (k, v) VALUES (1, 'a') ON CONFLICT (k) DO UPDATE SET ";
        assertThat(refusal(ITEMS, head + "k = 5").message())
                .isEqualTo("ON CONFLICT DO UPDATE of distribution key \"k\" is not supported");
        assertThat(refusal(ITEMS, head + "k = EXCLUDED.k + 1").message()).contains("\"k\"");
        assertThat(refusal(ITEMS, head + "v = 'b', \"k\" = DEFAULT").message()).contains("\"k\"");
        assertThat(refusal(ITEMS, head + "(v, k) = ('b', 5)").message()).contains("\"k\"");
        assertThat(refusal(ITEMS, head + "(v, k) = (SELECT 'b', 5)").message()).contains("\"k\"");
        assertThat(sharded(ITEMS, head + "k = i.k")).isNotNull();
        assertThat(sharded(ITEMS, head + "(v, k) = ROW ('b', excluded.k)")).isNotNull();
        assertThat(sharded(ITEMS, head + "v = (SELECT max(code) FROM countries) WHERE i.k = 5"))
                .isNotNull();
    }

    @Test
    void refusesWhatARowsShardDoesNotHave() {
        assertThat(refusal(ITEMS, "INSERT INTO items VALUES (1, (SELECT max(v) FROM items))")
                        .message())
                .isEqualTo("subquery over table \"items\" in VALUES is not supported");
        assertThat(refusal(ITEMS, "INSERT INTO items VALUES (1, (SELECT a FROM countries c, here))")
                        .message())
                .contains("\"here\"");
        assertThat(refusal(ITEMS, "INSERT INTO items VALUES ((SELECT max(k) FROM items))")
                        .position())
                .isEqualTo(47);
        assertThat(refusal(ITEMS, "INSERT INTO items VALUES (1, 'x') RETURNING nextval('s')")
                        .message())
                .contains("nextval");
        assertThat(refusal(ITEMS, "WITH x AS (DELETE FROM items RETURNING k) INSERT INTO items VALUES (1)")
                        .message())
                .contains("WITH");
        assertThat(refusal(ITEMS, "WITH x AS (SELECT 1) INSERT INTO items VALUES (?), (?)")
                        .message())
                .contains("WITH before INSERT");
        assertThat(refusal(ITEMS, "INSERT INTO items SELECT 1").message()).contains("INSERT ... SELECT");
        assertThat(refusal(ITEMS, "INSERT INTO items VALUES (1) UNION VALUES (2)")
                        .message())
                .contains("INSERT ... SELECT");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT a FROM countries c, items",
                "SELECT a FROM countries c JOIN items i ON f(c.a, i.a) = 1",
                "SELECT a FROM countries c JOIN countries d USING (a, b), items",
                "SELECT a FROM ((items i JOIN countries c ON true) JOIN countries d ON true)",
                "SELECT a FROM ((SELECT 1) UNION SELECT k FROM items) x",
                "(SELECT 1) UNION (SELECT k FROM items)",
                "(SELECT 1) UNION SELECT k FROM items",
                "SELECT a FROM unnest(ARRAY[1, 2]) AS u(a, b), items",
                "SELECT a FROM countries WHERE EXISTS (SELECT FROM ONLY (items))",
                "SELECT a FROM countries, LATERAL (SELECT k FROM public . \"items\") l",
                "SELECT a FROM countries WHERE a IN (TABLE items)",
                "TABLE items",
                "WITH items2 AS (SELECT * FROM items) SELECT 1 FROM countries",
                "SELECT a FROM countries GROUP BY a, b HAVING a > (SELECT max(k) FROM items)"
            })
    void findsTheDistributedTableInASubquery(String query) {
        assertThat(refusal(ITEMS, "INSERT INTO items VALUES (1, (" + query + "))")
                        .message())
                .isEqualTo("subquery over table \"items\" in VALUES is not supported");
    }

    @Test
    void refusesValuesThatStandForSeveral() {
        assertThat(refusal(ITEMS, "INSERT INTO items VALUES ((f(1)).*)").message())
                .contains(".*");
        assertThat(sharded(ITEMS, "INSERT INTO items (k, v) VALUES (1, 2 * 3)")).isNotNull();
    }

    @Test
    void withStaysBeforeOneRow() {
        String sql = "WITH x AS (SELECT ?::int AS a) INSERT INTO items VALUES (?, (SELECT a FROM x))";
        assertThat(insert(ITEMS, sql).original()).isEqualTo(Fragment.original(sql, 2));
        assertThat(insert(ITEMS, sql).rows().get(0).key())
                .isEqualTo(new KeySource.Assigned(1, KeyType.BIGINT, "bigint"));
    }

    @Test
    void fromInAFunctionIsNoTable() {
        assertThat(sharded(
                        ITEMS,
                        "INSERT INTO items VALUES (1, (SELECT extract(year FROM d) FROM countries"
                                + " WHERE substring(a FROM 1) IS DISTINCT FROM b))"))
                .isNotNull();
    }

    @Test
    void aThousandRowsArePlannedInLinearTime() {
        long small = time(1_000);
        long large = time(20_000);
        assertThat(large).isLessThan(20 * 8 * Math.max(small, 500_000));
    }

    private static long time(int rows) {
        StringBuilder sql = new StringBuilder("INSERT INTO orders (customer, note) VALUES (?, now())");
        sql.append(", (?, 'x' || now())".repeat(rows - 1));
        long best = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long begin = System.nanoTime();
            assertThat(insert(ORDERS, sql.toString()).rows()).hasSize(rows);
            best = Math.min(best, System.nanoTime() - begin);
        }
        return best;
    }
}
