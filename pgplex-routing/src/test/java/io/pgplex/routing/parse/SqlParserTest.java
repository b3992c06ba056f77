package io.pgplex.routing.parse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.SqlSyntaxException;
import io.pgplex.routing.scan.StatementScanner;
import java.time.Duration;
import java.util.List;
import net.sf.jsqlparser.expression.BinaryExpression;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.NotExpression;
import net.sf.jsqlparser.expression.operators.conditional.AndExpression;
import net.sf.jsqlparser.expression.operators.conditional.OrExpression;
import net.sf.jsqlparser.parser.AbstractJSqlParser.Dialect;
import net.sf.jsqlparser.parser.CCJSqlParserUtil;
import net.sf.jsqlparser.schema.Column;
import net.sf.jsqlparser.schema.Table;
import net.sf.jsqlparser.statement.select.PlainSelect;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqlParserTest {
    private static ScannedStatement scan(String sql) {
        return StatementScanner.scan(sql).get(0);
    }

    private static PlainSelect select(String sql) {
        return (PlainSelect) SqlParser.parse(scan(sql));
    }

    private static PlainSelect uncured(String sql) throws Exception {
        return (PlainSelect) CCJSqlParserUtil.newParser(sql)
                .withDialect(Dialect.POSTGRESQL)
                .withAllowComplexParsing(true)
                .Statement();
    }

    /** AND, OR and NOT of a condition, with {@code .} for everything else. */
    private static String shape(Expression expression) {
        if (expression instanceof AndExpression || expression instanceof OrExpression) {
            BinaryExpression binary = (BinaryExpression) expression;
            String name = expression instanceof AndExpression ? "and" : "or";
            return "(" + shape(binary.getLeftExpression()) + " " + name + " " + shape(binary.getRightExpression())
                    + ")";
        }
        return expression instanceof NotExpression not ? "not " + shape(not.getExpression()) : ".";
    }

    @ParameterizedTest
    @ValueSource(strings = {"->", "->>", "#>", "#>>"})
    void doesNotLetJsonOperatorsSwallowWhatFollows(String operator) throws Exception {
        String sql = "select 1 from t where k = ? and j " + operator + " 'x' = '1' or k = 9";
        assertThat(shape(uncured(sql).getWhere())).isEqualTo("(. and .)");
        assertThat(shape(select(sql).getWhere())).isEqualTo("((. and .) or .)");
    }

    @Test
    void doesNotDropWhatFollowsThreeLineFeeds() throws Exception {
        String sql = "select 1 from t\n\n\nwhere k = 1";
        assertThat(uncured(sql).getWhere()).isNull();
        assertThat(select(sql).getWhere()).isNotNull();
    }

    @Test
    void doesNotTakeADoubledSlashForAComment() {
        assertThat(shape(select("select 1 from t where a // b = 1 or c = 2").getWhere()))
                .isEqualTo("(. or .)");
    }

    @Test
    void doesNotTakeOperatorCharactersIntoNames() throws Exception {
        String sql = "select 1 from t where a@>b and k = 1";
        assertThat(uncured(sql).getWhere().toString()).startsWith("a@ >");
        assertThat(select(sql).getWhere().toString()).startsWith("a | b");
    }

    @Test
    void doesNotTakeAColumnForOraclesPrior() {
        assertThat(shape(select("select 1 from t where prior in (1, 2) and k = 1")
                        .getWhere()))
                .isEqualTo("(. and .)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = "  =>  ",
            value = {
                "a ~ 'x' and b = 1 or c = 2  =>  ((. and .) or .)",
                "not a @> b and c = 1  =>  (not . and .)",
                "a && b or c <-> d < 5 and e  =>  (. or (. and .))",
                "a ?? 'x' or b ??& ? and c ??| array['y']  =>  (. or (. and .))",
                "a between b and c and d  =>  (. and .)",
                "a between b -> 'x' and c -> 'y' or d = 1  =>  (. or .)",
                "a like b escape '!' and not c similar to d or e  =>  ((. and not .) or .)",
                "a is not distinct from b and c isnull or d notnull  =>  ((. and .) or .)",
                "(a, b) = (1, 2) and (a, b) in ((1, 2), (3, 4)) or row(a, b) = row(1, 2)  =>  ((. and .) or .)",
                "a = any(?) and b <> all(array[1, 2]) or c in (select d from u where e or f)  =>  ((. and .) or .)",
                "a = E'\\' or 1 = 1 --' and b = 1  =>  (. and .)",
                "a = $$' or $$ and b = U&'\\0061' or c = $x$ and $x$  =>  ((. and .) or .)",
                "a::double precision = 1 and b::numeric(10, 2)[] is null or c::int[] = d  =>  ((. and .) or .)",
                "a at time zone 'UTC' = b and c collate \"C\" < d or interval '1' day > e  =>  ((. and .) or .)",
                "case when a or b then c and d else e end and f  =>  (. and .)",
                "a OPERATOR(pg_catalog.=) b and c or - d = + e  =>  ((. and .) or .)",
                "exists (select 1) and a[1] = 2 or b[1:2] = c  =>  ((. and .) or .)",
            })
    void groupsConditionsAsPostgresDoes(String condition, String shape) {
        assertThat(shape(select("select 1 from t where " + condition).getWhere()))
                .isEqualTo(shape);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select count(*) filter (where a), percentile_cont(0.5) within group (order by b) from t",
                "select a, sum(b) from t group by grouping sets ((a), ()) having sum(b) > 1",
                "select * from only t tablesample bernoulli (10) order by a desc nulls first fetch first 5 rows only",
                "select * from t, lateral (select 1) x for update of t skip locked",
                "with a as not materialized (select 1), b as materialized (select 2) select * from a, b",
                "select sum(a) over (partition by b order by c rows between 1 preceding and current row) from t",
                "select distinct on (a) a, b from t order by a, b limit ? offset ?",
                "values (1, 'a'), (2, default)",
                "table t",
                "insert into t as x (a, b) values (?, ?), (1, 2) on conflict (a) do update set b = excluded.b returning *",
                "insert into t (a) select a from u",
                "update t as x set a = 1, d = default from u where x.a = u.a returning x.a",
                "delete from only t as x using u where x.a = u.a returning *",
                "select a, b from t union all select c, d from u order by 1 limit 3",
            })
    void parsesWhatApplicationsWrite(String sql) {
        assertThat(SqlParser.parse(scan(sql))).isNotNull();
    }

    @Test
    void saysWhereItGivesUp() {
        SqlSyntaxException e =
                (SqlSyntaxException) catchThrowable(() -> select("select 1 from t where a = b garbage c"));
        assertThat(e).isInstanceOf(UnparsableException.class);
        assertThat(e.sqlState()).isEqualTo("0A000");
        assertThat(e.position()).isEqualTo(29);
    }

    @Test
    void neverReturnsATreeOfAPartOfTheText() {
        assertThat(catchThrowable(() -> select("select 1 from t where a = 1 garbage here and more")))
                .isInstanceOf(UnparsableException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "f(", "array[", "case when a then ", "(select 1 from t where a in ", "not ", "- "})
    void refusesDeepNestingWithoutExhaustingTheStack(String opening) {
        String sql = "select " + opening.repeat(20_000) + "1";
        Throwable thrown = assertTimeoutPreemptively(Duration.ofSeconds(10), () -> catchThrowable(() -> select(sql)));
        assertThat(thrown).isInstanceOf(SqlSyntaxException.class);
        if (!opening.equals("- ")) {
            assertThat(((SqlSyntaxException) thrown).sqlState()).isEqualTo("54001");
        }
    }

    @Test
    void parsesLongFlatTexts() {
        String or = "select 1 from t where a = 1" + " or a = 2".repeat(15_000);
        PlainSelect select = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> select(or));
        assertThat(AstPositions.span(select.getWhere())).isEqualTo(new Span(22, or.length()));
    }

    @Test
    void refusesMoreTokensThanTheLimit() {
        String sql = "select 1" + ",1".repeat(SqlParser.MAX_TOKENS / 2);
        assertThat(((SqlSyntaxException) catchThrowable(() -> select(sql))).sqlState())
                .isEqualTo("54001");
    }

    @Test
    void findsNodesInTheOriginalText() {
        String sql = "select U&\"\\0061\" , 'x' from \"S.x\".Sample where \"c\"\"d\" -> 'k' = $$v$$ and t.final = ?";
        ScannedStatement statement = scan(sql);
        PlainSelect select = (PlainSelect) SqlParser.parse(statement);
        assertThat(AstPositions.name(statement, (Column) select.getSelectItem(0).getExpression()))
                .isEqualTo(List.of("a"));
        assertThat(AstPositions.name(statement, (Table) select.getFromItem())).isEqualTo(List.of("S.x", "sample"));
        BinaryExpression and = (BinaryExpression) select.getWhere();
        assertThat(text(and, sql)).isEqualTo("\"c\"\"d\" -> 'k' = $$v$$ and t.final = ?");
        assertThat(text(and.getLeftExpression(), sql)).isEqualTo("\"c\"\"d\" -> 'k' = $$v$$");
        BinaryExpression right = (BinaryExpression) and.getRightExpression();
        assertThat(AstPositions.name(statement, (Column) right.getLeftExpression()))
                .isEqualTo(List.of("t", "final"));
        assertThat(text(right.getRightExpression(), sql)).isEqualTo("?");
    }

    private static String text(Expression node, String sql) {
        Span span = AstPositions.span(node);
        return span == null ? "" : span.in(sql);
    }
}
