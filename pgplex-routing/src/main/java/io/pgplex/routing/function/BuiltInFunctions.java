package io.pgplex.routing.function;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** The list {@code builtin-functions.txt}, read once when a function is first asked for. Immutable. */
final class BuiltInFunctions {

    private static final String RESOURCE = "builtin-functions.txt";
    private static final Map<String, String> KINDS = read();

    private BuiltInFunctions() {}

    static boolean knows(String name) {
        return KINDS.containsKey(name);
    }

    static boolean has(String name, char kind) {
        return KINDS.getOrDefault(name, "").indexOf(kind) >= 0;
    }

    private static Map<String, String> read() {
        InputStream resource = Objects.requireNonNull(BuiltInFunctions.class.getResourceAsStream(RESOURCE), RESOURCE);
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(resource, StandardCharsets.UTF_8))) {
            Map<String, String> kinds = new HashMap<>(4096);
            String line = lines.readLine();
            while (line != null) {
                int blank = line.indexOf(' ');
                if (blank > 0 && line.charAt(0) != '#') {
                    kinds.put(
                            line.substring(0, blank), line.substring(blank + 1).intern());
                }
                line = lines.readLine();
            }
            return Map.copyOf(kinds);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + RESOURCE, e);
        }
    }
}
