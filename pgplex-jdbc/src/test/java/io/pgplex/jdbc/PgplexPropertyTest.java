package io.pgplex.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PgplexPropertyTest {

    @Test
    void isTheTableOfTheReadme() throws IOException {
        String table = "| property | type | default | meaning |\n| --- | --- | --- | --- |\n"
                + Arrays.stream(PgplexProperty.values())
                        .map(PgplexPropertyTest::row)
                        .collect(Collectors.joining());

        assertThat(Readme.text()).contains("\n\n" + table + "\n");
    }

    private static String row(PgplexProperty property) {
        String type = property.choices().isEmpty()
                ? (property.type().label() + " " + property.type().unit()).trim()
                : property.choices().stream().map(choice -> "`" + choice + "`").collect(Collectors.joining(", "));
        String value = Objects.requireNonNullElse(property.defaultValue(), "");
        return "| `" + property.key() + "` | " + type + " | " + value + " | " + property.doc() + " |\n";
    }

    @ParameterizedTest
    @EnumSource
    void hasADocAndAValidDefault(PgplexProperty property) throws SQLException {
        assertThat(property.doc()).isNotBlank().doesNotEndWith(".");
        property.check(new Properties());
        assertThat(PgplexProperty.find(property.key())).isSameAs(property);
    }

    @Test
    void hasTypedValues() throws SQLException {
        assertThat(PgplexProperty.LOGIN_TIMEOUT.duration(with("loginTimeout", "3")))
                .isEqualTo(Duration.ofSeconds(3));
        assertThat(PgplexProperty.IDLE_TIMEOUT.duration(with("idleTimeout", "3")))
                .isEqualTo(Duration.ofMillis(3));
        assertThat(PgplexProperty.MAX_INTERMEDIATE.number(with("maxIntermediate", "5000000000")))
                .isEqualTo(5_000_000_000L);
        assertThat(PgplexProperty.MAX_INTERMEDIATE.number(with("maxIntermediate", "64 MB")))
                .isEqualTo(64L << 20);
        assertThat(PgplexProperty.MAX_INTERMEDIATE.number(new Properties())).isEqualTo(1L << 30);
        assertThat(PgplexProperty.CREATE_CLUSTER.isOn(with("createCluster", "")))
                .isTrue();
        assertThat(PgplexProperty.CREATE_CLUSTER.isOn(with("createCluster", "FALSE")))
                .isFalse();
        assertThat(PgplexProperty.CROSS_SHARD.choice(with("crossShard", "warn")))
                .isEqualTo("warn");
        assertThat(PgplexProperty.USER.text(new Properties())).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "maximumPoolSize,0",
        "maximumPoolSize,ten",
        "maximumPoolSize,''",
        "maximumPoolSize,3000000000",
        "loginTimeout,-1",
        "createCluster,maybe",
        "crossShard,never",
        "crossShard,ALLOW",
        "crossShard,''",
        "maxIntermediate,1k",
        "maxIntermediate,9999999999TB",
        "maxIntermediate,-1kB",
        "maxIntermediate,MB"
    })
    void refusesOtherValuesAndSaysWhichAreValid(String name, String value) {
        assertThatThrownBy(() -> PgplexProperty.find(name).check(with(name, value)))
                .hasFieldOrPropertyWithValue("SQLState", "22023")
                .hasMessageContaining("\"" + name + "\"")
                .hasMessageContaining("Valid values: ");
    }

    private static Properties with(String name, String value) {
        Properties properties = new Properties();
        properties.setProperty(name, value);
        return properties;
    }
}
