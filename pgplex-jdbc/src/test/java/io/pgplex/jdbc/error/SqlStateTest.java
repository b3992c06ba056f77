package io.pgplex.jdbc.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SqlStateTest {

    @Test
    void isTheTableOfTheReadme() throws IOException {
        String table = "| situation | SQLState | JDBC type |\n| --- | --- | --- |\n"
                + Arrays.stream(SqlState.values())
                        .map(state -> "| " + state.situation() + " | " + state.code() + " | "
                                + state.type().getSimpleName() + " |\n")
                        .collect(Collectors.joining());

        assertThat(table).isEqualTo(resource("/readme/errors.md"));
    }

    @Test
    void hasEachCodeOnce() {
        assertThat(Arrays.stream(SqlState.values()).map(SqlState::code)).doesNotHaveDuplicates();
    }

    @Test
    void hasCodesOfFiveCharacters() {
        assertThat(Arrays.stream(SqlState.values()).map(SqlState::code)).allMatch(code -> code.matches("[0-9A-Z]{5}"));
    }

    private static String resource(String name) throws IOException {
        try (InputStream stream = SqlStateTest.class.getResourceAsStream(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
