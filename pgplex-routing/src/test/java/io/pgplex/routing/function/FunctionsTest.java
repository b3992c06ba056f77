package io.pgplex.routing.function;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FunctionsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lower",
                "pg_catalog.lower",
                "abs",
                "date_trunc",
                "to_char",
                "coalesce",
                "md5",
                "jsonb_build_object",
                "array_length",
                "unnest",
                "generate_series",
                "current_setting",
                "pg_typeof",
                "int4",
                "timestamptz"
            })
    void functionsOfTheirArgumentsAreHarmless(String name) {
        assertThat(Functions.isHarmless(name)).isTrue();
        assertThat(Functions.isBuiltIn(name)).isTrue();
        assertThat(Functions.isVolatile(name)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "random",
                "now",
                "age",
                "nextval",
                "my_function",
                "public.lower",
                "count",
                "row_number",
                "version",
                "pg_backend_pid",
                "has_table_privilege",
                "to_regclass",
                "pg_advisory_lock",
                "table_to_xml",
                "query_to_xml",
                "pg_relation_size",
                "current_database",
                "inet_server_addr",
                "txid_current",
                "lo_get"
            })
    void whatReadsOrChangesMoreIsNotHarmless(String name) {
        assertThat(Functions.isHarmless(name)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "random",
                "clock_timestamp",
                "gen_random_uuid",
                "uuid_generate_v4",
                "timeofday",
                "setseed",
                "nextval",
                "setval",
                "random_normal",
                "uuidv7",
                "array_shuffle",
                "pg_catalog.random"
            })
    void volatileFunctionsAreKnown(String name) {
        assertThat(Functions.isVolatile(name)).isTrue();
    }

    @Test
    void functionsOfTimeHaveTheirTypes() {
        assertThat(Functions.evaluatedOnce("now")).isEqualTo("timestamp with time zone");
        assertThat(Functions.evaluatedOnce("pg_catalog.now")).isEqualTo("timestamp with time zone");
        assertThat(Functions.evaluatedOnce("current_date")).isEqualTo("date");
        assertThat(Functions.evaluatedOnce("localtime")).isEqualTo("time without time zone");
        assertThat(Functions.evaluatedOnce("clock_timestamp")).isNull();
        assertThat(Functions.isTimeKeyword("localtimestamp")).isTrue();
        assertThat(Functions.isTimeKeyword("now")).isFalse();
    }

    @Test
    void aggregatesAndWindowFunctionsAreTold() {
        assertThat(Functions.isAggregate("string_agg")).isTrue();
        assertThat(Functions.isAggregate("any_value")).isTrue();
        assertThat(Functions.isAggregate("lower")).isFalse();
        assertThat(Functions.isAggregate("rank")).isTrue();
        assertThat(Functions.isWindowFunction("rank")).isTrue();
        assertThat(Functions.isWindowFunction("row_number")).isTrue();
        assertThat(Functions.isWindowFunction("count")).isFalse();
        assertThat(Functions.isDecomposable("avg")).isTrue();
        assertThat(Functions.isDecomposable("stddev")).isFalse();
    }

    @Test
    void sideEffectsAreTold() {
        assertThat(Functions.hasSideEffects("set_config")).isTrue();
        assertThat(Functions.hasSideEffects("pg_try_advisory_xact_lock")).isTrue();
        assertThat(Functions.hasSideEffects("lo_import")).isTrue();
        assertThat(Functions.hasSideEffects("dblink_exec")).isTrue();
        assertThat(Functions.hasSideEffects("random")).isFalse();
        assertThat(Functions.hasSideEffects("lower")).isFalse();
        assertThat(Functions.isSequenceFunction("currval")).isTrue();
        assertThat(Functions.isSequenceFunction("setseed")).isFalse();
    }
}
