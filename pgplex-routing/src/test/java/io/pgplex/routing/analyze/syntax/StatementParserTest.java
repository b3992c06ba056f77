package io.pgplex.routing.analyze.syntax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.StatementScanner;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatementParserTest {

    private static ScannedStatement scan(String sql) {
        return StatementScanner.scan(sql).get(0);
    }

    private static Query.Select select(ScannedStatement text) {
        Query query = Objects.requireNonNull(StatementParser.parse(text).query());
        return (Query.Select) query.body();
    }

    private static List<String> statements(String resource) throws IOException {
        try (InputStream in = Objects.requireNonNull(StatementParserTest.class.getResourceAsStream(resource))) {
            String all = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return StatementScanner.scan(all).stream()
                    .map(ScannedStatement::text)
                    .collect(Collectors.toList());
        }
    }

    static List<String> readStatements() throws IOException {
        return statements("read.sql");
    }

    static List<String> unreadStatements() throws IOException {
        return statements("unread.sql");
    }

    @ParameterizedTest
    @MethodSource("readStatements")
    void readsWhatPostgresReads(String sql) {
        ScannedStatement text = scan(sql);
        StatementParser.Statement statement = StatementParser.parse(text);
        int to = statement.query() == null
                ? Objects.requireNonNull(statement.modification()).to()
                : statement.query().to();
        assertThat(to).isEqualTo(text.tokenCount());
    }

    @ParameterizedTest
    @MethodSource("unreadStatements")
    void guessesNothing(String sql) {
        assertThatThrownBy(() -> StatementParser.parse(scan(sql))).isInstanceOf(UnknownSyntaxException.class);
    }

    /** The condition with all its parentheses, in which other expressions than operators stand as they are written. */
    private static String shape(ScannedStatement text, Expr expr) {
        if (expr instanceof Expr.Logical logical) {
            return logical.operands().stream()
                    .map(operand -> shape(text, operand))
                    .collect(Collectors.joining(logical.and() ? " and " : " or ", "(", ")"));
        }
        if (expr instanceof Expr.Not not) {
            return "(not " + shape(text, not.operand()) + ")";
        }
        if (expr instanceof Expr.Operation operation) {
            String left = operation.left() == null ? "" : shape(text, operation.left()) + " ";
            return "(" + left + operation.operator() + " " + shape(text, operation.right()) + ")";
        }
        if (expr instanceof Expr.Cast cast) {
            return "(" + shape(text, cast.operand()) + ")::" + cast.type().written();
        }
        if (expr instanceof Expr.Collate collate) {
            return "(" + shape(text, collate.operand()) + " collate)";
        }
        if (expr instanceof Expr.IsNull test) {
            return "(" + shape(text, test.operand()) + (test.negated() ? " is not null)" : " is null)");
        }
        if (expr instanceof Expr.In || expr instanceof Expr.Other) {
            List<String> children = new ArrayList<>();
            expr.children().forEach(child -> children.add(shape(text, child)));
            return "[" + String.join(", ", children) + "]";
        }
        return text.text(expr.from(), expr.to());
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = "  =>  ",
            quoteCharacter = '`',
            value = {
                "a or b and not c or d  =>  (a or (b and (not c)) or d)",
                "not a = b and c  =>  ((not (a = b)) and c)",
                "not (a or b) and (c or d)  =>  ((not (a or b)) and (c or d))",
                "k = ? and j ->> 'x' = '1' or k = 9  =>  (((k = ?) and ((j ->> 'x') = '1')) or (k = 9))",
                "a + b * c - d / e % f ^ 2 < g  =>  (((a + (b * c)) - ((d / e) % (f ^ 2))) < g)",
                "a || b @> c && d  =>  (((a || b) @> c) && d)",
                "a -> b + c = d  =>  ((a -> (b + c)) = d)",
                "a OPERATOR(pg_catalog.=) b  =>  (a OPERATOR() b)",
                "@ a + b = ~ c  =>  ((@ (a + b)) = (~ c))",
                "-a ^ b < -1::int  =>  (((- a) ^ b) < (- (1)::int4))",
                "a = b is not true  =>  [(a = b)]",
                "a = b is null or c isnull  =>  (((a = b) is null) or (c is null))",
                "not a is not null  =>  (not (a is not null))",
                "a between b and c and d  =>  ([a, b, c] and d)",
                "a in (b, c + 1) is false or d  =>  ([[a, b, (c + 1)]] or d)",
                "a like b || c escape 'x' and d  =>  ([a, (b || c), 'x'] and d)",
                "a is distinct from b or c  =>  ([a, b] or c)",
                "a < b collate \"C\" and -c collate \"D\" = d  =>  ((a < (b collate)) and (((- c) collate) = d))",
                "a::text collate pg_catalog.default > b  =>  (((a)::text collate) > b)",
                "not exists (select 1) and a  =>  ((not exists (select 1)) and a)",
            })
    void groupsAsPostgresDoes(String condition, String shape) {
        ScannedStatement text = scan("select 1 from t where " + condition);
        assertThat(shape(text, Objects.requireNonNull(select(text).where()))).isEqualTo(shape);
    }

    @Test
    void takesNamesAndValuesFromTheText() {
        ScannedStatement text =
                scan("select U&\"\\0061\".\"B\"\"c\", E'x\\'y' || $$z$$ as \"Q\", 0x1F from \"S.x\".Final f");
        Query.Select select = select(text);
        assertThat(((Expr.Column) select.items().get(0).expression()).names()).isEqualTo(List.of("a", "B\"c"));
        assertThat(select.items().get(1).alias()).isEqualTo("Q");
        Expr.Operation concatenation = (Expr.Operation) select.items().get(1).expression();
        assertThat(((Expr.Literal) concatenation.right()).value()).isEqualTo("z");
        assertThat(((Expr.Literal) Objects.requireNonNull(concatenation.left())).value())
                .isEqualTo("x'y");
        FromItem.Relation relation = (FromItem.Relation) select.relations().get(0);
        assertThat(relation.names()).isEqualTo(List.of("S.x", "final"));
        assertThat(relation.alias()).isEqualTo("f");
    }

    @Test
    void numbersParametersByTheirPlaceInTheText() {
        ScannedStatement text = scan("select 1 from t where a = ? offset ? limit ?");
        Query.Limit limit = Objects.requireNonNull(
                Objects.requireNonNull(StatementParser.parse(text).query()).limit());
        assertThat(limit.offset()).isInstanceOfSatisfying(Expr.Parameter.class, p -> assertThat(p.index())
                .isEqualTo(1));
        assertThat(limit.count()).isInstanceOfSatisfying(Expr.Parameter.class, p -> assertThat(p.index())
                .isEqualTo(2));
    }

    @Test
    void givesTheLimitOfASetOperationToAllOfIt() {
        Query query =
                Objects.requireNonNull(StatementParser.parse(scan("select a from t union all select b from u limit 7"))
                        .query());
        assertThat(query.limit()).isNotNull();
        assertThat(((Query.SetOperation) query.body()).right().limit()).isNull();
    }

    @Test
    void nestsJoinsByWhereTheirConditionsStand() {
        Query.Select select = select(scan("select 1 from a left join b join c on b.x = c.x on a.x = b.x, d"));
        FromItem.Join outer = (FromItem.Join) select.relations().get(0);
        assertThat(outer.type()).isEqualTo(FromItem.Join.Type.LEFT);
        assertThat(outer.right()).isInstanceOf(FromItem.Join.class);
        assertThat(select.relations()).hasSize(2);
    }

    @Test
    void readsLongChains() {
        ScannedStatement text = scan("select 1 from t where a = 1" + " or a = 2".repeat(15_000));
        assertThat(((Expr.Logical) Objects.requireNonNull(select(text).where())).operands())
                .hasSize(15_001);
        select(scan("select a" + " + b * c || d".repeat(2_000) + " from t"));
        select(scan("select a from t where a in (1" + ", 2".repeat(20_000) + ")"));
    }

    /** JSqlParser is shown the first and the last of these only; a sum among them ends what is hidden. */
    @ParameterizedTest
    @ValueSource(strings = {"", "1 + 1, ", "f(2), ", "(1, 2 + 3), "})
    void readsEveryElementOfALongList(String between) {
        String list = "1, " + "-2, 'a', ?, null, (true), (1, 'b'), +3, E'\\'', $$x$$, ".repeat(12) + between
                + "7, ".repeat(90) + "8";
        ScannedStatement text = scan("select 1 from t where a in (" + list + ") and b = array[" + list + "]");
        List<Expr> conjuncts =
                ((Expr.Logical) Objects.requireNonNull(select(text).where())).operands();
        List<Expr> in = ((Expr.In) conjuncts.get(0)).list();
        Expr.ArrayOf array = (Expr.ArrayOf) ((Expr.Operation) conjuncts.get(1)).right();
        assertThat(in).hasSize(200 + (between.isEmpty() ? 0 : 1));
        assertThat(in.stream().map(each -> written(text, each))).containsExactlyElementsOf(elements(list));
        assertThat(array.elements().stream().map(each -> written(text, each)))
                .containsExactlyElementsOf(elements(list));
        assertThat(in.get(1)).isInstanceOf(Expr.Operation.class);
        assertThat(in.get(6)).isInstanceOf(Expr.Row.class);
        assertThat(in.stream().filter(Expr.Parameter.class::isInstance).map(each -> ((Expr.Parameter) each).index()))
                .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    }

    @Test
    void readsEveryRowOfLongValues() {
        Query query = Objects.requireNonNull(
                StatementParser.parse(scan("values (1, 'a'), " + "(?, -2), ".repeat(100) + "(3, null) limit 5"))
                        .query());
        List<List<Expr>> rows = ((Query.Values) query.body()).rows();
        assertThat(rows).hasSize(102).allMatch(row -> row.size() == 2);
        assertThat(((Expr.Parameter) rows.get(100).get(0)).index()).isEqualTo(99);
        assertThat(query.limit()).isNotNull();
    }

    private static String written(ScannedStatement text, Expr expression) {
        String written = text.text(expression.from(), expression.to());
        return written.equals("true") ? "(true)" : written;
    }

    /** What stands between the commas outside parentheses. */
    private static List<String> elements(String list) {
        return List.of(list.split(", (?![^(]*\\))"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"(", "f(", "array[", "not ", "- ", "~ ", "(select ", "case when a then ", "a = ", "a::int::"})
    void refusesWhatIsNestedTooDeep(String opening) {
        String sql = "select " + opening.repeat(5_000) + "1";
        assertThatThrownBy(() -> StatementParser.parse(scan(sql))).isInstanceOf(UnknownSyntaxException.class);
    }
}
