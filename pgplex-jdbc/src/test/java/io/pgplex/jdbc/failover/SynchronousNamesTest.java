package io.pgplex.jdbc.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SynchronousNamesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "ANY 1 (a, b);1;a b",
                "any 2(\"a\",\"B c\",d);2;a|B c|d",
                "FIRST 2 (a, b, c);2;a b c",
                "2 (a, b);2;a b",
                "a, b;1;a b",
                "*;1;*",
                "ANY 1 (*);1;*",
                "\"sa\"\"y\";1;sa\"y"
            })
    void readsWhatServersTake(String setting, int count, String names) {
        String separator = names.contains("|") ? "\\|" : " ";

        assertThat(SynchronousNames.parse(setting))
                .isEqualTo(new SynchronousNames(count, List.of(names.split(separator, -1))));
    }

    @Test
    void anEmptySettingWaitsForNobody() {
        assertThat(SynchronousNames.parse(" ")).isEqualTo(SynchronousNames.NONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {"ANY 1 ()", "a b", "a,", "ANY 1 (a", "2 (a,,b)"})
    void refusesTheRest(String setting) {
        assertThatIllegalArgumentException().isThrownBy(() -> SynchronousNames.parse(setting));
    }

    @Test
    void writesWhatItReads() {
        List<String> names = List.of("a", "B \"c\"");

        assertThat(SynchronousNames.parse(SynchronousNames.any(1, names))).isEqualTo(new SynchronousNames(1, names));
        assertThat(SynchronousNames.any(0, names)).isEmpty();
    }

    @Test
    void comparesNamesAsTheServerDoes() {
        assertThat(SynchronousNames.parse("ANY 1 (One, two)").includes("ONE")).isTrue();
        assertThat(SynchronousNames.parse("ANY 1 (One, two)").includes("three")).isFalse();
        assertThat(SynchronousNames.parse("*").includes("three")).isTrue();
    }
}
