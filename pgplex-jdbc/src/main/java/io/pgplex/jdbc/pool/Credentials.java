package io.pgplex.jdbc.pool;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Who connects to PostgreSQL and how; logical connections with equal credentials share physical ones. Immutable.
 *
 * @param user the role's name
 * @param password the password, or null where none is needed
 * @param properties what goes to pgjdbc beside them
 */
public record Credentials(String user, @Nullable String password, Map<String, String> properties) {

    public Credentials {
        Objects.requireNonNull(user, "user");
        properties = Map.copyOf(properties);
    }

    /** Never shows the password, nor properties, which may hold one. */
    @Override
    public String toString() {
        return "Credentials[user=" + user + "]";
    }
}
