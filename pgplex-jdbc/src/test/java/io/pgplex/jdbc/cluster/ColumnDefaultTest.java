package io.pgplex.jdbc.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.model.Column.DefaultKind;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ColumnDefaultTest {

    private static final Set<String> CHANGING = Set.of("now", "random", "gen_random_uuid", "timezone", "date_trunc");

    private static DefaultKind kind(String expression) {
        return ColumnDefault.kind(ColumnDefault.of(expression), false, false, CHANGING);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "'new'::text",
                "'x'::character varying(10)",
                "(- 1)",
                "(5)::numeric(10,2)",
                "'2020-01-01 00:00:00'::timestamp(3) without time zone",
                "ARRAY[1, 2, 3]",
                "'{}'::jsonb",
                "'now()'::text",
                "lower('X'::text)",
                "'CURRENT_DATE'::text",
                "'a'::public.mood",
                "'[1,2)'::int4range",
                "true",
                "COALESCE(NULL::integer, 1)"
            })
    void isConstantWhenNothingInItChanges(String expression) {
        assertThat(kind(expression)).isEqualTo(DefaultKind.CONSTANT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "now()",
                "CURRENT_TIMESTAMP",
                "CURRENT_TIMESTAMP(3)",
                "CURRENT_DATE",
                "CURRENT_USER",
                "gen_random_uuid()",
                "(random() * (10)::double precision)",
                "timezone('utc'::text, now())",
                "public.my_default()",
                "date_trunc('day'::text, now())",
                "('a'::text OPERATOR(public.||) 'b'::text)",
                "(1 + pg_catalog.random())"
            })
    void isVolatileWhenAFunctionInItMayChange(String expression) {
        assertThat(kind(expression)).isEqualTo(DefaultKind.VOLATILE);
    }

    @Test
    void isASequencesWhenItTakesItsNextValue() {
        assertThat(kind("nextval('public.t_id_seq'::regclass)")).isEqualTo(DefaultKind.SEQUENCE);
        assertThat(kind("('A'::text || nextval('public.s'::regclass))")).isEqualTo(DefaultKind.SEQUENCE);
        assertThat(ColumnDefault.kind(ColumnDefault.of("1"), true, false, CHANGING))
                .isEqualTo(DefaultKind.SEQUENCE);
    }

    @Test
    void isGeneratedOrNoneWhereTheCatalogsSaySo() {
        assertThat(ColumnDefault.kind(ColumnDefault.of("(a + 1)"), false, true, CHANGING))
                .isEqualTo(DefaultKind.GENERATED);
        assertThat(ColumnDefault.kind(null, false, false, CHANGING)).isEqualTo(DefaultKind.NONE);
    }
}
