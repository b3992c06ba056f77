package io.pgplex.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SchemaTest {
    @Test
    void keepsNothingOfShardsInThePlainDefinition() {
        assertThat(Schema.plain("CREATE DISTRIBUTED TABLE t (\n  k bigint PRIMARY KEY)\nBY HASH (k) COLOCATE WITH u"))
                .isEqualTo("CREATE TABLE t (\n  k bigint PRIMARY KEY)");
        assertThat(Schema.plain("CREATE REPLICATED TABLE r (c text)")).isEqualTo("CREATE TABLE r (c text)");
    }

    @Test
    void keepsOtherDefinitionsAsTheyAre() {
        assertThat(Schema.plain("CREATE INDEX i ON t (by, hash)")).isEqualTo("CREATE INDEX i ON t (by, hash)");
    }

    @Test
    void definesEveryTableThatIsLoaded() {
        for (String table : Schema.TABLES) {
            assertThat(Schema.STATEMENTS).anyMatch(statement -> statement.contains(" TABLE " + table + " ("));
        }
    }
}
