package io.pgplex.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class OptionsTest {
    @Test
    void hasDefaults() {
        assertThat(Options.parse()).isEqualTo(Options.DEFAULT);
    }

    @Test
    void readsEveryOption() {
        assertThat(Options.parse("--seed=-7", "--rows=5000", "--memory")).isEqualTo(new Options(5000, -7, true));
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThatIllegalArgumentException().isThrownBy(() -> Options.parse("--row=5000"));
        assertThatIllegalArgumentException().isThrownBy(() -> Options.parse("--rows=many"));
        assertThatIllegalArgumentException().isThrownBy(() -> Options.parse("--rows=9999999999"));
        assertThatIllegalArgumentException().isThrownBy(() -> Options.parse("--rows=10"));
        assertThatIllegalArgumentException().isThrownBy(() -> Options.parse("--rows"));
    }
}
