package io.pgplex.routing.hint;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The options that a hint can set. */
enum HintOption {
    SHARD,
    KEY,
    CROSS_SHARD,
    SNAPSHOT,
    INTENT,
    MAX_LAG,
    CONSISTENCY,
    ZONE,
    NODE;

    /** The option with that name in any case, or null. */
    static @Nullable HintOption named(String name) {
        for (HintOption option : values()) {
            if (option.toString().equals(name.toLowerCase(Locale.ROOT))) {
                return option;
            }
        }
        return null;
    }

    /** All options, for an error message. */
    static String all() {
        return Arrays.stream(values()).map(HintOption::toString).collect(Collectors.joining(", "));
    }

    /** The name as an application writes it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
