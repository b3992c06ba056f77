package io.pgplex.jdbc.cluster;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Where a server is: libpq's connection string ({@code host=h port=5432 dbname=d}) or URI
 * ({@code postgresql://h:5432/d}), as far as a node needs it. Users and passwords are the session's and are refused
 * here, so that none is ever stored; no error repeats the text, which may hold one. Immutable.
 *
 * <p>Source: PostgreSQL manual, "Connection Strings".
 *
 * @param host a host name or address, {@code localhost} where none is given
 * @param port a TCP port, 5432 where none is given
 * @param database the database on that server
 */
public record Conninfo(String host, int port, String database) {

    private static final int DEFAULT_PORT = 5432;
    private static final Set<String> CREDENTIALS = Set.of("user", "password", "passfile", "sslpassword", "service");
    private static final String INVALID = "22023";

    /**
     * Reads a connection string.
     *
     * @param defaultDatabase the database where the string names none
     * @throws SQLException 22023 when it is malformed, has an option that a node cannot have, or credentials
     */
    public static Conninfo parse(String text, String defaultDatabase) throws SQLException {
        String trimmed = text.strip();
        String lower = trimmed.toLowerCase(Locale.ROOT);
        Map<String, String> options = lower.startsWith("postgresql://") || lower.startsWith("postgres://")
                ? uri(trimmed.substring(trimmed.indexOf("//") + 2))
                : keywords(trimmed);
        return of(options, defaultDatabase);
    }

    private static Conninfo of(Map<String, String> options, String defaultDatabase) throws SQLException {
        String host = "localhost";
        int port = DEFAULT_PORT;
        String database = defaultDatabase;
        for (Map.Entry<String, String> option : options.entrySet()) {
            String value = option.getValue();
            if (CREDENTIALS.contains(option.getKey())) {
                throw Refusals.error(
                        INVALID,
                        "a node's conninfo must not have a " + option.getKey(),
                        "Every session uses its own user and password on all nodes.");
            }
            if (value.isEmpty()) {
                continue;
            }
            switch (option.getKey()) {
                case "host" -> host = host(value);
                case "port" -> port = port(value);
                case "dbname" -> database = value;
                default ->
                    throw Refusals.error(
                            INVALID,
                            "a node's conninfo has an option other than host, port and dbname",
                            "Other options are parameters of the JDBC URL.");
            }
        }
        return new Conninfo(host, port, database);
    }

    private static String host(String value) throws SQLException {
        if (value.indexOf(',') >= 0) {
            throw Refusals.error(INVALID, "a node's conninfo has several hosts", "A node is one server.");
        }
        if (value.startsWith("/") || value.startsWith("@")) {
            throw Refusals.error(
                    INVALID, "a node's conninfo has a Unix-domain socket", "Every client must reach it: use TCP.");
        }
        if (value.chars().anyMatch(c -> c <= ' ' || c == '\'' || c == '\\' || c == '/')) {
            throw malformed();
        }
        return value;
    }

    private static int port(String value) throws SQLException {
        try {
            int port = Integer.parseInt(value);
            if (port >= 1 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException e) {
            throw Refusals.error(INVALID, "a node's conninfo has a port that is no number", null);
        }
        throw Refusals.error(INVALID, "a node's conninfo has a port out of range", null);
    }

    private static Map<String, String> uri(String text) throws SQLException {
        Map<String, String> options = new LinkedHashMap<>();
        String rest = text;
        int question = rest.indexOf('?');
        if (question >= 0) {
            for (String pair : rest.substring(question + 1).split("&", -1)) {
                int equals = pair.indexOf('=');
                if (equals <= 0) {
                    throw malformed();
                }
                options.put(decoded(pair.substring(0, equals)), decoded(pair.substring(equals + 1)));
            }
            rest = rest.substring(0, question);
        }
        int slash = rest.indexOf('/');
        if (slash >= 0) {
            options.put("dbname", decoded(rest.substring(slash + 1)));
            rest = rest.substring(0, slash);
        }
        int at = rest.lastIndexOf('@');
        if (at >= 0) {
            options.put(rest.lastIndexOf(':', at) >= 0 ? "password" : "user", "");
            rest = rest.substring(at + 1);
        }
        address(rest, options);
        return options;
    }

    private static void address(String text, Map<String, String> options) throws SQLException {
        int colon = text.lastIndexOf(':');
        if (text.startsWith("[")) {
            int close = text.indexOf(']');
            if (close < 0 || (close + 1 < text.length() && text.charAt(close + 1) != ':')) {
                throw malformed();
            }
            options.put("host", text.substring(1, close));
            colon = close + 1 < text.length() ? close + 1 : -1;
        } else if (colon != 0 && !text.isEmpty()) {
            options.put("host", decoded(colon < 0 ? text : text.substring(0, colon)));
        }
        if (colon >= 0) {
            options.put("port", text.substring(colon + 1));
        }
    }

    private static String decoded(String text) throws SQLException {
        try {
            // a plus is a plus in libpq's URIs
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw malformed();
        }
    }

    private static Map<String, String> keywords(String text) throws SQLException {
        Map<String, String> options = new LinkedHashMap<>();
        int at = 0;
        while ((at = skipSpace(text, at)) < text.length()) {
            int equals = text.indexOf('=', at);
            if (equals < 0) {
                throw malformed();
            }
            String keyword = text.substring(at, equals).strip();
            if (keyword.isEmpty() || keyword.chars().anyMatch(Character::isWhitespace)) {
                throw malformed();
            }
            StringBuilder value = new StringBuilder();
            at = value(text, skipSpace(text, equals + 1), value);
            options.put(keyword, value.toString());
        }
        return options;
    }

    /** Reads a value from {@code start}; returns where it ends. */
    private static int value(String text, int start, StringBuilder value) throws SQLException {
        boolean quoted = start < text.length() && text.charAt(start) == '\'';
        int at = quoted ? start + 1 : start;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (quoted ? c == '\'' : Character.isWhitespace(c)) {
                return at + 1;
            }
            if (c == '\\' && at + 1 < text.length()) {
                at++;
                c = text.charAt(at);
            }
            value.append(c);
            at++;
        }
        if (quoted) {
            throw malformed();
        }
        return at;
    }

    private static int skipSpace(String text, int from) {
        int at = from;
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private static SQLException malformed() {
        return Refusals.error(
                INVALID,
                "malformed conninfo",
                "Write 'host=h port=5432 dbname=d' or 'postgresql://h:5432/d', without user and password.");
    }
}
