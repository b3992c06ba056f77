package io.pgplex.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DatabaseLocaleTest {
    @Test
    void readsProviderAndName() {
        assertThat(DatabaseLocale.parse("")).isEqualTo(DatabaseLocale.CODE_POINT);
        assertThat(DatabaseLocale.parse("en-US")).isEqualTo(DatabaseLocale.icu("en-US"));
        assertThat(DatabaseLocale.parse("icu:en-US")).isEqualTo(DatabaseLocale.icu("en-US"));
        assertThat(DatabaseLocale.parse("libc:de_DE.UTF-8")).isEqualTo(DatabaseLocale.libc("de_DE.UTF-8"));
        assertThatThrownBy(() -> DatabaseLocale.parse("icy:en-US"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("icu, builtin or libc");
    }

    @Test
    void hasNoBuiltinProviderBefore17() {
        assertThat(DatabaseLocale.CODE_POINT.initdbOptions(16)).containsExactly("--locale=C.UTF-8");
        assertThat(DatabaseLocale.CODE_POINT.initdbOptions(17)).contains("--locale-provider=builtin");
    }
}
