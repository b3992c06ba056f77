package io.pgplex.jdbc.random;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** The refusals that random statements may meet: the lines of {@code random/allowed-refusals.txt}. */
final class AllowedRefusals {

    private final Set<String> errors;

    private AllowedRefusals(Set<String> errors) {
        this.errors = errors;
    }

    static AllowedRefusals read() {
        try (InputStream in =
                Objects.requireNonNull(AllowedRefusals.class.getResourceAsStream("/random/allowed-refusals.txt"))) {
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            return new AllowedRefusals(lines.stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .collect(Collectors.toUnmodifiableSet()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean contains(String refusal) {
        return errors.contains(refusal);
    }
}
