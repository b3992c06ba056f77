package io.pgplex.testkit;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Who connects to a cluster.
 *
 * @param password null for the superuser, who needs none
 */
public record Login(String user, @Nullable String password) {
    /** The superuser of every test server. */
    public static final Login SUPERUSER = new Login(PostgresServer.SUPERUSER, null);

    /** The parameters of a JDBC URL, without the question mark. */
    String urlParameters() {
        String parameters = "user=" + encoded(user);
        return password == null ? parameters : parameters + "&password=" + encoded(password);
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    /** The user alone: a password is never printed. */
    @Override
    public String toString() {
        return user;
    }
}
