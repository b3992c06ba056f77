package io.pgplex.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.model.View;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.hint.HintParser;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.SqlSyntaxException;
import io.pgplex.routing.scan.StatementScanner;
import io.pgplex.routing.statistics.Statistics;
import java.util.List;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Texts that are large, deep or strange: each gets its plan or one clear error. That it ends is left to the build's limit
 * for all tests; what planning costs is counted in {@code EffortTest}.
 */
class HostileTextTest {

    /** Enough for every text; see {@link Router#needsLargeStack}. */
    private static final long LARGE_STACK = 16L << 20;

    private static final long SMALL_STACK = 256L << 10;

    private static final ClusterMap MAP = views(OrderEntry.map());
    private static final RoutingScope SCOPE = new RoutingScope(List.of("public"), Set.of());

    /**
     * A text and what becomes of it.
     *
     * @param outcome the plan's selector, or an error's SQLState
     */
    private record Hostile(String name, String sql, String outcome) {
        @Override
        public String toString() {
            return name + " of " + sql.length() + " characters: " + outcome;
        }
    }

    private static Hostile text(String name, String outcome, String... parts) {
        return new Hostile(name, String.join("", parts), outcome);
    }

    private static String list(int count, String separator, IntFunction<String> element) {
        return IntStream.range(0, count).mapToObj(element).collect(Collectors.joining(separator));
    }

    private static ClusterMap views(ClusterMap map) {
        ClusterMap views = map;
        for (int i = 0; i < 20; i++) {
            String below = i == 0 ? "public.customers" : "public.v" + (i - 1);
            views = views.withView(new View(
                    new TableName("public", "v" + i),
                    "SELECT a.id FROM " + below + " a JOIN " + below + " b ON a.id = b.id",
                    List.of(new Column("id", "bigint", false, null, null, DefaultKind.NONE))));
        }
        return views;
    }

    static Stream<Hostile> longTexts() {
        return Stream.of(
                text("OR", "Or", "select 1 from customers where id = 1", " or id = 2".repeat(15_000)),
                text("OR too long", "54001", "select 1 from customers where id = 1", " or id = 2".repeat(50_000)),
                text("AND", "Key", "select 1 from customers where id = 1", " and name = 'x'".repeat(15_000)),
                text("plus", "54001", "select 1 from customers where id = 1", " + 1".repeat(50_000)),
                text("plus, short enough", "AllShards", "select 1 from customers where id = 1", " + 1".repeat(4_000)),
                text("plus without tables", "HomeShard", "select 1", " + 1".repeat(50_000)),
                text("IS NULL", "54001", "select 1 from customers where id", " is null".repeat(20_000)),
                text("COLLATE", "54001", "select name", " collate \"C\"".repeat(20_000), " from customers"),
                text("IN", "Or", "select 1 from customers where id in (", list(20_000, ", ", i -> "" + i), ")"),
                text("IN of parameters", "OneOf", "select 1 from customers where id in (?", ",?".repeat(65_534), ")"),
                text(
                        "IN, mixed",
                        "OneOf",
                        "select 1 from customers where id in (",
                        list(20_000, ", ", i -> i % 3 == 0 ? "?" : i % 3 == 1 ? "-" + i : "'" + i + "'"),
                        ")"),
                text(
                        "IN of rows",
                        "Or",
                        "select 1 from customers where (id, name) in (",
                        list(20_000, ", ", i -> "(" + i + ", 'x')"),
                        ")"),
                text(
                        "ANY",
                        "Or",
                        "select 1 from customers where id = any (array[",
                        list(20_000, ", ", i -> "" + i),
                        "])"),
                text("IN of sums", "54001", "select 1 from customers where id in (1+1", ", 1+1".repeat(20_000), ")"),
                text("columns", "AllShards", "select ", list(1_600, ", ", i -> "id + " + i), " from customers"),
                text(
                        "sorted columns",
                        "AllShards",
                        "select ",
                        list(1_600, ", ", i -> "id as c" + i),
                        " from customers order by ",
                        list(1_600, ", ", i -> "c" + (1_599 - i))),
                text("now()", "AllShards", "select now()", ", now()".repeat(10_000), " from customers"),
                text("CASE", "AllShards", "select case", " when id = 1 then 2".repeat(10_000), " end from customers"),
                text(
                        "unions",
                        "54001",
                        "select id from customers",
                        " union all select id from customers".repeat(9_000)),
                text(
                        "unions, few",
                        "AllShards",
                        "select id from customers",
                        " union all select id from customers".repeat(500)),
                text("unions of nothing", "HomeShard", "select 1", " union select 1".repeat(100_000)),
                text(
                        "joins",
                        "54001",
                        "select 1 from customers c",
                        list(5_000, "", i -> " join customers c" + i + " on c.id = c" + i + ".id")),
                text(
                        "joins, few",
                        "And",
                        "select 1 from customers c",
                        list(100, "", i -> " join customers c" + i + " on c.id = c" + i + ".id"),
                        " where c.id = 7 and c99.id = ?"),
                text(
                        "joins in reverse",
                        "54001",
                        "select 1 from ",
                        list(1_500, ", ", i -> "customers c" + i),
                        " where ",
                        list(1_499, " and ", i -> "c" + (1_498 - i) + ".id = c" + (1_499 - i) + ".id")),
                text("joins of nothing", "HomeShard", "select 1 from nowhere", " join nowhere on true".repeat(10_000)),
                text(
                        "stars",
                        "AnyShard",
                        "select *",
                        ", *".repeat(1_500),
                        " from countries",
                        ", countries".repeat(1_500)),
                text(
                        "CTEs",
                        "54001",
                        "with c0 as (select * from customers)",
                        list(
                                10_000,
                                "",
                                i -> ", c" + (i + 1) + " as (select a.id from c" + i + " a, c" + i
                                        + " b where a.id = b.id)"),
                        " select * from c10000"),
                text(
                        "CTEs, few",
                        "54001",
                        "with c0 as (select * from customers)",
                        list(
                                20,
                                "",
                                i -> ", c" + (i + 1) + " as (select a.id from c" + i + " a, c" + i
                                        + " b where a.id = b.id)"),
                        " select * from c20"),
                text(
                        "CTEs of nothing",
                        "HomeShard",
                        "with c0 as (select 1)",
                        list(10_000, "", i -> ", c" + (i + 1) + " as (select 1 from c" + i + ", c" + i + " b)"),
                        " select * from c10000"),
                text("views over views", "54001", "select * from v19"),
                text(
                        "VALUES",
                        "AllShards",
                        "insert into products (id, name) values ",
                        list(5_000, ", ", i -> "(" + i + ", 'x')")),
                text(
                        "VALUES by key",
                        "Insert",
                        "insert into customers (id, name) values ",
                        list(5_000, ", ", i -> "(?, 'x')")),
                text(
                        "VALUES of calls",
                        "Insert",
                        "insert into customers (id, created) values (1, now())",
                        ", (?, now())".repeat(5_000)),
                text(
                        "VALUES of parameters",
                        "Insert",
                        "insert into customers (id, name) values (?, ?)",
                        ", (?, ?)".repeat(32_767)),
                text(
                        "VALUES too long",
                        "54001",
                        "insert into customers (id, created) values (1, now())",
                        ", (?, now())".repeat(10_000)));
    }

    static Stream<Hostile> deepTexts() {
        return Stream.of(
                text(
                        "parentheses",
                        "54001",
                        "select ",
                        "(".repeat(100_000),
                        "1",
                        ")".repeat(100_000),
                        " from customers"),
                text("parentheses of nothing", "HomeShard", "select ", "(".repeat(100_000), "1", ")".repeat(100_000)),
                text(
                        "parentheses, few",
                        "AllShards",
                        "select ",
                        "(".repeat(190),
                        "1",
                        ")".repeat(190),
                        " from customers"),
                text("open parentheses", "54001", "select id from customers where ", "(".repeat(100_000)),
                text(
                        "brackets that do not match",
                        "54001",
                        "select id from customers where ",
                        "([".repeat(100_000),
                        "])".repeat(9)),
                text("calls", "54001", "select ", "abs(".repeat(100_000), "id", ")".repeat(100_000), " from customers"),
                text("subqueries", "54001", "select (".repeat(20_000), "select id from customers", ")".repeat(20_000)),
                text("subqueries in FROM", "54001", "select * from (".repeat(20_000), "customers", ")".repeat(20_000)),
                text(
                        "EXISTS",
                        "54001",
                        "select 1 from customers where ",
                        "exists (select 1 from customers where ".repeat(9_000),
                        "true",
                        ")".repeat(9_000)),
                text(
                        "CASE",
                        "54001",
                        "select ",
                        "case when true then ".repeat(50_000),
                        "id",
                        " end".repeat(50_000),
                        " from customers"),
                text(
                        "CASE, few",
                        "AllShards",
                        "select ",
                        "case when true then ".repeat(190),
                        "id",
                        " end".repeat(190),
                        " from customers"),
                text("NOT", "54001", "select id from customers where ", "not ".repeat(100_000), "true"),
                text("casts", "54001", "select id", "::bigint".repeat(20_000), " from customers"),
                text("subscripts", "54001", "select info", "['a']".repeat(20_000), " from customers"),
                text(
                        "EXTRACT",
                        "54001",
                        "select ",
                        "extract(year from ".repeat(20_000),
                        "created",
                        ")".repeat(20_000),
                        " from customers"),
                text("names", "AllShards", "select customers", ".int".repeat(100_000), " from customers"),
                text("EXPLAIN", "42601", "explain ".repeat(100_000), "select 1"),
                text("EXPLAIN with options", "42601", "explain (costs off) ".repeat(50_000), "select 1"),
                text("comments", "AllShards", "select id from customers ", "/*".repeat(100_000), "*/".repeat(100_000)));
    }

    static Stream<Hostile> strangeTexts() {
        return Stream.of(
                text("a literal", "Key", "select 1 from notes where title = '", "x".repeat(1 << 20), "'"),
                text("a literal with quotes", "Key", "select 1 from notes where title = '", "''".repeat(1 << 19), "'"),
                text("a number", "AllShards", "select 1 from customers where id = ", "1".repeat(1 << 20)),
                text("a hexadecimal number", "AllShards", "select 1 from customers where id = 0x", "f".repeat(1 << 20)),
                text("a number as a key", "Insert", "insert into customers (id) values (", "1".repeat(1 << 20), ")"),
                text("an exponent", "AllShards", "select 1 from customers where id = 1e999999999"),
                text("a name", "AllShards", "select id as ", "a".repeat(1 << 20), " from customers"),
                text("a quoted name", "AllShards", "select id as \"", "\"\"".repeat(1 << 19), "\" from customers"),
                text(
                        "a tag",
                        "AllShards",
                        "select $",
                        "a".repeat(1 << 19),
                        "$x$",
                        "a".repeat(1 << 19),
                        "$ from customers"),
                text(
                        "a tag without its end",
                        "42601",
                        "select $",
                        "a".repeat(1 << 19),
                        "$",
                        ("$" + "a".repeat(99)).repeat(5_000)),
                text("tags", "AllShards", "select $a$$a$", ", $b$ $a$ $b$".repeat(9_000), " from customers"),
                text("a literal without its end", "42601", "select '", "x".repeat(1 << 20)),
                text("a name without its end", "42601", "select \"", "x".repeat(1 << 20)),
                text("a comment without its end", "42601", "select 1 ", "/*".repeat(1 << 19)),
                text("line comments", "AllShards", "select id from customers ", "--\n".repeat(100_000)),
                text("block comments", "AllShards", "select id from customers ", "/* */".repeat(100_000)),
                text("hints", "NamedShard", "--!pgplex shard=s2\n".repeat(50_000), "select id from customers"),
                text(
                        "a hint before what cannot be read",
                        "NamedShard",
                        "/*!pgplex shard=s2 */ select ",
                        "(".repeat(100_000),
                        " from customers"),
                text(
                        "a key before what cannot be read",
                        "Key",
                        "/*!pgplex key=5 */ select id",
                        " + 1".repeat(100_000),
                        " from customers"),
                text("semicolons", "nothing", ";".repeat(1_000_000)),
                text("operators", "HomeShard", "select 1 ", "+-".repeat(100_000), "1"),
                text("an operator", "42601", "select 1 ", "@".repeat(100_000), " 1"),
                text("commas", "54001", "select ", ",".repeat(100_000), " from customers"),
                text("dots", "AllShards", "select ", ".".repeat(100_000), " from customers"),
                text("words", "AllShards", "select ", "customers ".repeat(50_000)),
                text("SELECT", "HomeShard", "select ".repeat(50_000)),
                text("a null character", "42601", "select '\0' from customers"),
                text(
                        "half surrogates",
                        "AllShards",
                        "select 1 from notes where title = '",
                        "\ud800".repeat(1_000),
                        "'"),
                text(
                        "spaces that are letters",
                        "Utility",
                        "select\u3000id from\u00a0customers, customers ",
                        "\u2003".repeat(1_000),
                        " where"),
                text("FOR UPDATE", "AllShards", "select id from customers ", "for update ".repeat(20_000)));
    }

    @ParameterizedTest
    @MethodSource({"longTexts", "deepTexts", "strangeTexts"})
    void getsAPlanOrOneClearError(Hostile hostile) throws Exception {
        assertThat(on(LARGE_STACK, hostile.sql)).isEqualTo(hostile.outcome);
    }

    /** What is not handed to a large stack runs on a small one. */
    @ParameterizedTest
    @MethodSource({"longTexts", "deepTexts", "strangeTexts"})
    void needsLittleStackWhenItIsShort(Hostile hostile) throws Exception {
        String sql = hostile.sql;
        for (int length = Math.min(2_000, sql.length()); length > 0; length -= 499) {
            String part = sql.substring(0, length);
            Throwable unreadable = catchThrowable(() -> StatementScanner.scan(part));
            if (unreadable == null) {
                List<ScannedStatement> statements = StatementScanner.scan(part);
                if (!statements.isEmpty() && !Router.needsLargeStack(statements.get(0))) {
                    assertThat(on(SMALL_STACK, part)).isNotEqualTo("StackOverflowError");
                }
            }
        }
    }

    private static @Nullable String on(long stack, String sql) throws Exception {
        FutureTask<String> task = new FutureTask<>(() -> outcome(sql));
        Thread thread = new Thread(null, task, "hostile", stack);
        thread.start();
        return task.get();
    }

    private static String outcome(String sql) {
        try {
            List<ScannedStatement> statements = StatementScanner.scan(sql);
            if (statements.isEmpty()) {
                return "nothing";
            }
            ScannedStatement statement = statements.get(0);
            Plan plan = Router.plan(statement, HintParser.parse(statement.hintTexts()), MAP, SCOPE, Statistics.UNKNOWN);
            ShardSelector selector = plan instanceof Plan.Sharded sharded ? sharded.selector() : null;
            return (selector == null ? plan : selector).getClass().getSimpleName();
        } catch (RoutingException e) {
            return e.refusal().sqlState();
        } catch (SqlSyntaxException e) {
            return e.sqlState();
        } catch (StackOverflowError e) {
            return "StackOverflowError";
        }
    }

    @Test
    void saysWhatToDo() {
        Throwable thrown = catchThrowable(() -> Router.plan(
                StatementScanner.scan("select id from customers where " + "(".repeat(500))
                        .get(0),
                HintParser.parse(List.of()),
                MAP,
                SCOPE,
                Statistics.UNKNOWN));
        assertThat(thrown).isInstanceOfSatisfying(RoutingException.class, refused -> {
            assertThat(refused.refusal().message()).isEqualTo("statement is too complex to be routed");
            assertThat(refused.refusal().hint()).contains("/*!pgplex shard=... */");
            assertThat(refused.refusal().position()).isEqualTo(232);
        });
    }
}
