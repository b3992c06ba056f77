package io.pgplex.routing.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParserTextTest {
    private static final List<String> PIECES = List.of(
            "a",
            "\"b.\"\"c\"",
            "U&\"\\0061\"",
            "'it''s'",
            "E'\\''",
            "$$?$$",
            "$t$;$t$",
            "N'?'",
            "B'1'",
            "?",
            "??",
            "??|",
            "$1",
            "1",
            "0xFF",
            "1_0",
            "->",
            "->>",
            "#>>",
            "@",
            "~",
            "!",
            "||",
            "=",
            "<=",
            "-",
            "+",
            "*",
            "/",
            "::",
            ":=",
            "(",
            ")",
            "[",
            "]",
            ",",
            ".",
            ";",
            "--?\n",
            "/*?/*?*/*/",
            "\n\n\n",
            "\t",
            " ",
            "select",
            "and",
            "OPERATOR(s.=)",
            "sel",
            "final",
            "ä",
            "😀",
            "uescape",
            "{",
            "\\",
            "=>",
            "1.",
            "..",
            "--!pgplex a=?\n");

    private static String copy(String sql) {
        return ParserText.of(StatementScanner.scan(sql).get(0));
    }

    @Test
    void hasEqualLengthAndEqualParametersForAnyTokens() {
        long seed = 20_261_121L;
        Random random = new Random(seed);
        int scanned = 0;
        for (int round = 0; round < 20_000; round++) {
            StringBuilder sql = new StringBuilder();
            for (int i = random.nextInt(12); i >= 0; i--) {
                sql.append(PIECES.get(random.nextInt(PIECES.size())));
                if (random.nextBoolean()) {
                    sql.append(' ');
                }
            }
            try {
                for (ScannedStatement statement : StatementScanner.scan(sql.toString())) {
                    String copy = ParserText.of(statement);
                    assertThat(copy).as("seed %d: %s", seed, sql).hasSameSizeAs(statement.text());
                    assertThat(copy.chars().filter(c -> c == '?').count())
                            .as("seed %d: %s", seed, sql)
                            .isEqualTo(statement.parameterCount());
                    assertThat(copy).as("seed %d: %s", seed, sql).doesNotContain("\n", "--", "/*", "//", "->");
                    scanned++;
                }
            } catch (SqlSyntaxException e) {
                assertThat(e.position()).isPositive();
            }
        }
        assertThat(scanned).isGreaterThan(5_000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "select /* ? ; */ 1|`select           1`",
                "select $$a;b$$, E'\\'', U&'x'|`select 'xxxxx', 'xxx', 'xxx'`",
                "select U&'x' uescape '!', ''|`select 'xxxxxxxxxxxxxxx', ''`",
                "select \"a.\"\"b\"|`select \"a___b\"`",
                "select 0xFF, 1_000, 0b1, 1.5|`select 255 , 1000 , 1  , 1.5`",
                "select 0xFFFFFFFFFFFFFFFFFFFF|`select xxxxxxxxxxxxxxxxxxxxxx`",
                "select sel, t.full, 1 as sample|`select ｓel, t.ｆull, 1 as ｓample`",
                "select uuid, a::uuid, cast(b as uuid), uuid 'x'|`select ｕuid, a::uuid, cast(b as uuid), uuid 'x'`",
                "select jsonb '{}', lower(key 'x')|`select       'xx', lower(key 'x')`",
                "select unknown from t where a is unknown|`select ｕnknown from t where a is unknown`",
            })
    void makesHarmless(String sql, String copy) {
        assertThat(copy(sql)).isEqualTo(copy);
    }

    @Test
    void writesOperatorsAsOneThatBindsAlike() {
        assertThat(copy("a->>'x' || b @> c << d ?? e # f")).isEqualTo("a|  'x' || b |  c |  d |  e | f");
        assertThat(copy("@ a = ~b and |/ c")).isEqualTo("  a =  b and    c");
        assertThat(copy("a OPERATOR(pg_catalog.+) b, OPERATOR(s.-) c"))
                .isEqualTo("a |                      b,               c");
        assertThat(copy("a + - b * c / d % e ^ f <> g != h")).isEqualTo("a + - b * c / d % e ^ f <> g != h");
    }
}
