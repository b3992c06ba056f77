package io.pgplex.routing.bind;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KeyHashSqlTest {

    @Test
    void theKeyIsCastToTheColumnsTypeAndHashedWithThePartitionSeed() {
        assertThat(KeyHashSql.of("timestamp(0) with time zone"))
                .isEqualTo("(pg_catalog.hash_array_extended(ARRAY[CAST(? AS timestamp(0) with time zone)],"
                        + " 8816678312871386365) & 4294967295) - 31");
    }
}
