package io.pgplex.jdbc.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

        assertThat(Files.readString(Path.of("..", "README.md"))).contains("\n\n" + table + "\n");
    }

    @Test
    void hasEachCodeOnce() {
        assertThat(Arrays.stream(SqlState.values()).map(SqlState::code)).doesNotHaveDuplicates();
    }

    @Test
    void hasCodesOfFiveCharacters() {
        assertThat(Arrays.stream(SqlState.values()).map(SqlState::code)).allMatch(code -> code.matches("[0-9A-Z]{5}"));
    }
}
