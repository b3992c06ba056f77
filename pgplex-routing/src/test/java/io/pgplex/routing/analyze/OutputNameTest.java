package io.pgplex.routing.analyze;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.analyze.syntax.StatementParser;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.StatementScanner;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The names are those that PostgreSQL 15 gives. */
class OutputNameTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            a                            | a
            t.a                          | a
            T."A b"                      | A b
            a AS x                       | x
            a x                          | x
            1                            | ?column?
            'x'                          | ?column?
            NULL                         | ?column?
            true                         | bool
            -a                           | ?column?
            a + b                        | ?column?
            (a)                          | a
            count(*)                     | count
            pg_catalog.lower(a)          | lower
            a::int                       | a
            1::int                       | int4
            CAST('1' AS bigint)          | int8
            '1'::double precision        | float8
            date '2024-01-01'            | date
            interval '1 day'             | interval
            lower(a)::text               | lower
            CASE WHEN a THEN b END       | case
            CASE WHEN a THEN b ELSE c END | c
            CASE WHEN a THEN b ELSE 1 END | case
            coalesce(a, b)               | coalesce
            nullif(a, b)                 | nullif
            greatest(a, b)               | greatest
            ARRAY[1, 2]                  | array
            ARRAY(SELECT 1)              | array
            ROW(1, 2)                    | row
            EXISTS (SELECT 1)            | exists
            (SELECT max(x) FROM y)       | max
            (SELECT 1)                   | ?column?
            a[1]                         | a
            (a).f                        | f
            current_date                 | current_date
            current_user                 | current_user
            extract(year FROM a)         | extract
            trim(a)                      | btrim
            trim(LEADING 'x' FROM a)     | ltrim
            a AT TIME ZONE 'UTC'         | timezone
            a COLLATE "C"                | a
            a LIKE 'x'                   | ?column?
            a IN (1)                     | ?column?
            a IS NULL                    | ?column?
            sum(a) OVER ()               | sum
            """)
    void namesAreThoseOfTheServer(String item, String name) {
        ScannedStatement text = StatementScanner.scan("SELECT " + item).get(0);
        Query query = Objects.requireNonNull(StatementParser.parse(text).query());
        Query.Select select = (Query.Select) query.body();
        assertThat(OutputName.of(select.items().get(0), text)).isEqualTo(name);
    }
}
