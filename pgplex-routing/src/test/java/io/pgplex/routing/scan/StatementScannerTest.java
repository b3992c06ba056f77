package io.pgplex.routing.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatementScannerTest {
    static ScannedStatement one(String sql) {
        List<ScannedStatement> statements = StatementScanner.scan(sql);
        assertThat(statements).as(sql).hasSize(1);
        return statements.get(0);
    }

    private static List<String> texts(String sql) {
        ScannedStatement statement = one(sql);
        return statement.tokens().stream()
                .map(token -> statement.text().substring(token.begin(), token.end()))
                .toList();
    }

    private static List<TokenKind> kinds(String sql) {
        return one(sql).tokens().stream().map(Token::kind).toList();
    }

    private static List<String> statements(String sql) {
        return StatementScanner.scan(sql).stream().map(ScannedStatement::text).toList();
    }

    @Test
    void keepsTheTextOfASingleStatementAsItIs() {
        String sql = " /* a */ select 1 -- b";
        assertThat(one(sql).text()).isSameAs(sql);
    }

    @Test
    void splitsAtSemicolonsAndDropsEmptyStatements() {
        assertThat(statements(" ; select ';' ; /* ; */ ; select \";\" -- ;\n"))
                .containsExactly(" select ';' ", " select \";\" -- ;\n");
        assertThat(StatementScanner.scan("")).isEmpty();
        assertThat(StatementScanner.scan(" -- nothing\n;;")).isEmpty();
    }

    @Test
    void countsOffsetsFromTheStatement() {
        ScannedStatement second = StatementScanner.scan("select 1; select x").get(1);
        assertThat(second.offset()).isEqualTo(9);
        assertThat(second.token(1)).isEqualTo(new Token(TokenKind.WORD, 8, 9));
        assertThat(second.tokenAt(8)).isEqualTo(1);
        assertThat(second.tokenAt(7)).isEqualTo(-1);
        assertThat(second.tokenFrom(7)).isEqualTo(1);
    }

    @Test
    void doesNotSplitInsideParentheses() {
        assertThat(statements("create rule r as on insert to t do (delete from a; delete from b); select 1"))
                .hasSize(2);
    }

    @Test
    void doesNotSplitInsideABodyOfASqlRoutine() {
        String function =
                "create or replace function f(a int default case when true then 1 end) returns int begin atomic "
                        + "select case when a = 1 then 2 end as end; insert into t select x.end from x; end";
        assertThat(statements(function + "; select 1")).containsExactly(function, " select 1");
        assertThat(statements("CREATE PROCEDURE p() BEGIN ATOMIC; END; BEGIN; END"))
                .hasSize(3);
    }

    @Test
    void splitsBeginOutsideARoutine() {
        assertThat(statements("begin; select 1; end")).hasSize(3);
        assertThat(statements("create table begin (a int); create table atomic(a int)"))
                .hasSize(2);
    }

    @Test
    void readsWordsAndQuotedIdentifiers() {
        assertThat(texts("select a$b$c, \"x\"\"y\", _z1, größe"))
                .containsExactly("select", "a$b$c", ",", "\"x\"\"y\"", ",", "_z1", ",", "größe");
        assertThat(kinds("a$b$ \"c\"")).containsExactly(TokenKind.WORD, TokenKind.QUOTED_IDENTIFIER);
    }

    @Test
    void foldsIdentifiersAsPostgresDoes() {
        assertThat(one("TITLE").identifier(0)).isEqualTo("title");
        assertThat(one("ÄB").identifier(0)).isEqualTo("Äb");
        assertThat(one("\"A\"\"b\"").identifier(0)).isEqualTo("A\"b");
        assertThat(one("U&\"d\\0061t\\+000061\"").identifier(0)).isEqualTo("data");
        assertThat(one("u&\"d!0061t!!\" /* c */ UESCAPE '!'").identifier(0)).isEqualTo("dat!");
        assertThat(one("U&\"d\\0061\" uescaped").tokenCount()).isEqualTo(2);
        assertThat(one("x".repeat(70)).identifier(0)).isEqualTo("x".repeat(63));
        assertThat(one("x" + "ä".repeat(40)).identifier(0)).isEqualTo("x" + "ä".repeat(31));
        assertThat(one("xx" + "ä".repeat(40)).identifier(0)).isEqualTo("xx" + "ä".repeat(30));
    }

    @Test
    void comparesWordsWithoutALocale() {
        ScannedStatement statement = one("insert InSeRt ınsert \u017felect");
        assertThat(statement.is(0, "UPDATE", "INSERT")).isTrue();
        assertThat(statement.is(1, "INSERT")).isTrue();
        assertThat(statement.is(2, "INSERT")).isFalse();
        assertThat(statement.is(3, "SELECT")).isFalse();
        assertThat(statement.word(1)).isEqualTo("INSERT");
        assertThat(statement.word(2)).isEqualTo("ıNSERT");
        assertThat(statement.is(9, "INSERT")).isFalse();
        assertThat(one("\"insert\"").word(0)).isEmpty();
        assertThat(one("a order BY").isSequence(1, "ORDER", "BY")).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'a'|a",
                "'a''b'|a'b",
                "''|``",
                "'a\\'|a\\",
                "E'a\\'b\\n\\\\\\q'|`a'b\n\\q`",
                "e'\\x41\\101\\u0042\\U00000043'|AABC",
                "E'\\303\\244\\xc3\\xa4'|ää",
                "E'\\uD83D\\uDE00'|😀",
                "U&'d\\0061t\\+000061'|data",
                "U&'d!0061\\' UESCAPE '!'|da\\",
                "U&'\\D83D\\DE00'|😀",
                "N'x'|x",
                "B'101'|101",
                "X'1f'|1f",
                "$$a'b$$|a'b",
                "$t$a$$b$x$$t$|a$$b$x$"
            })
    void decodesLiterals(String literal, String value) {
        ScannedStatement statement = one(literal);
        assertThat(statement.tokenCount()).isEqualTo(1);
        assertThat(statement.kind(0)).isEqualTo(TokenKind.STRING);
        assertThat(statement.stringValue(0)).isEqualTo(value);
    }

    @Test
    void continuesLiteralsOnTheNextLineOnly() {
        assertThat(one("'a' \n 'b'").stringValue(0)).isEqualTo("ab");
        assertThat(one("'a' -- c 'x\n -- d\n 'b'").stringValue(0)).isEqualTo("ab");
        assertThat(one("E'a\\n'\n'b\\t'").stringValue(0)).isEqualTo("a\nb\t");
        assertThat(one("'a' 'b'").tokenCount()).isEqualTo(2);
        assertThat(one("'a' /* c */\n 'b'").tokenCount()).isEqualTo(2);
        assertThat(one("X'1f''2'").tokenCount()).isEqualTo(2);
        assertThat(one("'a'\nE'b'").tokenCount()).isEqualTo(2);
        assertThat(one("$$a$$\n$$b$$").tokenCount()).isEqualTo(2);
        assertThat(one("U&'a'\n'\\0062' uescape\n'\\'").stringValue(0)).isEqualTo("ab");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1",
                "1.",
                "1.5",
                ".5",
                "1.5e10",
                "1e-5",
                "1E+05",
                "0x1F",
                "0b01",
                "0o17",
                "1_000",
                "0x_1F",
                "1_0.5_0e1_0",
                "012"
            })
    void readsNumbers(String number) {
        assertThat(texts("+" + number + "*")).containsExactly("+", number, "*");
        assertThat(one(number).kind(0)).isEqualTo(TokenKind.NUMBER);
    }

    @Test
    void readsRangesAndDots() {
        assertThat(texts("1..2")).containsExactly("1", "..", "2");
        assertThat(texts("a.b.*")).containsExactly("a", ".", "b", ".", "*");
        assertThat(texts("x[1:2]::int")).containsExactly("x", "[", "1", ":", "2", "]", "::", "int");
        assertThat(texts("f(a := 1, b => 2)")).containsExactly("f", "(", "a", ":=", "1", ",", "b", "=>", "2", ")");
    }

    @Test
    void cutsOperatorsAsPostgresDoes() {
        assertThat(texts("a=-1")).containsExactly("a", "=", "-", "1");
        assertThat(texts("a@-1")).containsExactly("a", "@-", "1");
        assertThat(texts("a<=+-1")).containsExactly("a", "<=", "+", "-", "1");
        assertThat(texts("a<--x")).containsExactly("a", "<");
        assertThat(texts("a*/*c*/b")).containsExactly("a", "*", "b");
        assertThat(texts("a!=b<>c||d")).containsExactly("a", "!=", "b", "<>", "c", "||", "d");
        assertThat(texts("a|/b")).containsExactly("a", "|/", "b");
    }

    @Test
    void tellsParametersFromOperators() {
        assertThat(texts("a=?")).containsExactly("a", "=", "?");
        assertThat(texts("a??b")).containsExactly("a", "??", "b");
        assertThat(texts("a??|?")).containsExactly("a", "??|", "?");
        assertThat(texts("a???")).containsExactly("a", "??", "?");
        assertThat(texts("a=-?")).containsExactly("a", "=", "-", "?");
        assertThat(one("a ??| ? and '?' = \"?\" /* ? */ -- ?").parameterCount()).isEqualTo(1);
        assertThat(one("a ??| b").isOperator(1, "?|")).isTrue();
        ScannedStatement plain =
                StatementScanner.scan("j ? 'a' ?? ?| ?", QuestionMark.OPERATOR).get(0);
        assertThat(plain.parameterCount()).isZero();
        assertThat(plain.isOperator(1, "?")).isTrue();
        assertThat(plain.isOperator(3, "?")).isTrue();
        assertThat(plain.isOperator(4, "?|")).isTrue();
    }

    @Test
    void nestsComments() {
        assertThat(texts("select /* a /* b */ ' */ 1 --/* x\r+ 2")).containsExactly("select", "1", "+", "2");
    }

    @Test
    void pairsBrackets() {
        ScannedStatement statement = one("f(a[1], (b))) (");
        assertThat(statement.matching(1)).isEqualTo(10);
        assertThat(statement.matching(3)).isEqualTo(5);
        assertThat(statement.matching(7)).isEqualTo(9);
        assertThat(statement.matching(10)).isEqualTo(1);
        assertThat(statement.matching(11)).isEqualTo(-1);
        assertThat(statement.matching(12)).isEqualTo(-1);
    }

    @Test
    void findsHintsOutsideLiteralsOnly() {
        ScannedStatement statement =
                one("--!pgplex shard=s1\nselect '--!pgplex shard=s2', /*!pgplex key=1 */ 'a' --!pgplex x=y\n'b'"
                        + " /* pgplex a=b */ -- !pgplex c=d\n --!pgplexes e=f");
        assertThat(statement.hintTexts()).containsExactly("--!pgplex shard=s1", "/*!pgplex key=1 */", "--!pgplex x=y");
        assertThat(statement.text().substring(statement.hintOffset(1))).startsWith("/*!pgplex key");
        assertThat(StatementScanner.scan("select 1 --!pgplex a=b\n; select 2")
                        .get(1)
                        .hintTexts())
                .isEmpty();
        assertThat(one("select U&'a' --!pgplex a=b\n + 1").hintTexts()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "select 'a|unterminated quoted string|8",
                "select 'a''|unterminated quoted string|8",
                "select E'a\\'|unterminated quoted string|8",
                "select $a$ $b$|unterminated dollar-quoted string|8",
                "select \"a|unterminated quoted identifier|8",
                "select \"\"|zero-length delimited identifier|8",
                "😀 /* /* */|unterminated /* comment|3",
                "select 1a|trailing junk after numeric literal|8",
                "select 1_|trailing junk after numeric literal|8",
                "select 1e+|trailing junk after numeric literal|8",
                "select 0xFF$|trailing junk after numeric literal|8",
                "select 1e5$2|trailing junk after numeric literal|8",
                "select 0xG|invalid hexadecimal integer|8",
                "select $1a|trailing junk after parameter|8",
                "select U&'a' uescape x|UESCAPE must be followed by a simple string literal|22",
                "select U&'a' uescape 'a'|invalid Unicode escape character|22",
            })
    void refusesMalformedText(String sql, String message, int position) {
        SqlSyntaxException e = catchThrowableOfType(SqlSyntaxException.class, () -> StatementScanner.scan(sql));
        assertThat(e).as(sql).hasMessage(message);
        assertThat(e.sqlState()).isEqualTo("42601");
        assertThat(e.position()).isEqualTo(position);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "U&'\\00'",
                "U&'\\D83Dx'",
                "E'\\uD83D'",
                "E'\\u12'",
                "U&'\\0000'",
                "E'\\xff'",
                "E'\\400'",
                "E'\\v'"
            })
    void refusesMalformedEscapes(String literal) {
        assertThat(catchThrowableOfType(
                        SqlSyntaxException.class, () -> one(literal).stringValue(0)))
                .as(literal)
                .isNotNull();
    }

    @Test
    void refusesNul() {
        assertThat(catchThrowableOfType(SqlSyntaxException.class, () -> StatementScanner.scan("select '\0'")))
                .hasMessage("null character not permitted");
    }

    @Test
    void scansLongTextsInLinearTime() {
        for (String unit : List.of(
                "select a.b, 'x', ? + 1;",
                "((((",
                "/*",
                "$a",
                "'a'\n",
                "\"a\" ",
                "U&'a' ",
                "+-",
                "=+",
                "a$$ ",
                "x",
                "1 ")) {
            String sql = unit.repeat(1_000_000 / unit.length());
            assertTimeoutPreemptively(
                    Duration.ofSeconds(2),
                    () -> {
                        try {
                            StatementScanner.scan(sql);
                        } catch (SqlSyntaxException e) {
                            assertThat(e.position()).isPositive();
                        }
                    },
                    unit);
        }
    }
}
