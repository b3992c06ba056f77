package io.pgplex.jdbc.failover;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The setting {@code primary_conninfo} of a standby, which may hold a password: it is never logged. Stateless.
 *
 * <p>Source: PostgreSQL manual, "Connection Strings".
 */
final class PrimaryConninfo {

    private static final Pattern OPTION =
            Pattern.compile("\\s*([A-Za-z_]+)\\s*=\\s*(?:'((?:[^'\\\\]|\\\\.)*)'|((?:[^\\s'\\\\]|\\\\.)*))(?=\\s|$)");

    private PrimaryConninfo() {}

    /**
     * The same connection to another server.
     *
     * @return null for a URI, and for what cannot be read
     */
    static @Nullable String leadingTo(String conninfo, String host, int port) {
        Map<String, String> options = new LinkedHashMap<>();
        String text = conninfo.strip();
        if (text.toLowerCase(Locale.ROOT).startsWith("postgres://")
                || text.toLowerCase(Locale.ROOT).startsWith("postgresql://")) {
            return null;
        }
        Matcher option = OPTION.matcher(text);
        int end = 0;
        while (end < text.length()) {
            if (!option.find(end) || option.start() != end) {
                return null;
            }
            String value = option.group(2) != null ? option.group(2) : option.group(3);
            options.put(option.group(1), value.replaceAll("\\\\(.)", "$1"));
            end = option.end();
        }
        options.remove("hostaddr");
        options.put("host", host);
        options.put("port", Integer.toString(port));
        StringJoiner changed = new StringJoiner(" ");
        options.forEach((name, value) ->
                changed.add(name + "='" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"));
        return changed.toString();
    }
}
