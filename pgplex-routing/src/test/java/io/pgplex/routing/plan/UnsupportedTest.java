package io.pgplex.routing.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UnsupportedTest {

    @ParameterizedTest
    @EnumSource
    void everyRefusalNamesItsConstructAndSaysWhatToDo(Unsupported unsupported) {
        String[] names = new String[unsupported.names()];
        Arrays.fill(names, "orders");
        Refusal refusal = unsupported.at(7, names);
        assertThat(refusal.sqlState()).matches("0A000|55000");
        assertThat(refusal.message()).doesNotContain("%s").doesNotEndWith(".").doesNotContain("  ");
        assertThat(refusal.hint()).endsWith(".").matches("[A-Z].*");
        assertThat(refusal.position()).isEqualTo(7);
    }

    @Test
    void noTwoRefusalsReadAlike() {
        Set<String> messages = new HashSet<>();
        for (Unsupported unsupported : Unsupported.values()) {
            if (!unsupported.message().startsWith("%s")) {
                assertThat(messages.add(unsupported.message())).isTrue();
            }
        }
    }

    @Test
    void namesAreFilledIn() {
        assertThat(Unsupported.UPDATE_OF_KEY.at(0, "id").message())
                .isEqualTo("UPDATE of distribution key \"id\" is not supported");
        assertThatThrownBy(() -> Unsupported.UPDATE_OF_KEY.at(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
