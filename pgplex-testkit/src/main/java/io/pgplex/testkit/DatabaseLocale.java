package io.pgplex.testkit;

import java.util.List;

/**
 * The collation that a server's databases have by default; their encoding is always UTF-8.
 *
 * @param provider whose rules they are
 * @param name {@code C.UTF-8}, or the provider's name of a linguistic locale such as {@code en-US} for ICU
 */
public record DatabaseLocale(Provider provider, String name) {
    /** Who implements the collation; {@code BUILTIN} exists from PostgreSQL 17 on. */
    public enum Provider {
        BUILTIN,
        ICU,
        LIBC
    }

    /** Order by code point: what a database has when nothing else is asked for. */
    public static final DatabaseLocale CODE_POINT = new DatabaseLocale(Provider.BUILTIN, "C.UTF-8");

    public static DatabaseLocale icu(String name) {
        return new DatabaseLocale(Provider.ICU, name);
    }

    public static DatabaseLocale libc(String name) {
        return new DatabaseLocale(Provider.LIBC, name);
    }

    /**
     * Reads {@code icu:en-US}, {@code libc:de_DE.UTF-8} or {@code builtin:C.UTF-8}; the empty text is
     * {@link #CODE_POINT}, and a name alone is ICU's.
     */
    public static DatabaseLocale parse(String text) {
        if (text.isBlank()) {
            return CODE_POINT;
        }
        int colon = text.indexOf(':');
        if (colon < 0) {
            return icu(text);
        }
        String name = text.substring(colon + 1);
        return switch (text.substring(0, colon)) {
            case "icu" -> icu(name);
            case "libc" -> libc(name);
            case "builtin" -> new DatabaseLocale(Provider.BUILTIN, name);
            default -> throw new IllegalArgumentException("a locale's provider must be icu, builtin or libc: " + text);
        };
    }

    /** What {@code initdb} is told; everything but the collation, messages for one, is in the C locale. */
    List<String> initdbOptions(int majorVersion) {
        return switch (provider) {
            case BUILTIN ->
                majorVersion < 17
                        ? List.of("--locale=" + name)
                        : List.of("--locale=C", "--locale-provider=builtin", "--builtin-locale=" + name);
            case ICU -> List.of("--locale=C", "--locale-provider=icu", "--icu-locale=" + name);
            case LIBC -> List.of("--locale=" + name, "--lc-messages=C");
        };
    }
}
