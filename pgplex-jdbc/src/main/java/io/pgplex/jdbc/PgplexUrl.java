package io.pgplex.jdbc;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A URL taken apart. Immutable. Two forms, percent-encoded as pgjdbc's are:
 *
 * <pre>
 * jdbc:pgplex://etcd1:2379,etcd2:2379/database[@cluster][?name=value&amp;...]
 * jdbc:pgplex:mem:name/database[@cluster][?name=value&amp;...]
 * </pre>
 *
 * @param store where the cluster's metadata is
 * @param database the database's name, never empty
 * @param cluster the cluster's name
 * @param parameters in the URL's order; may hold passwords, which {@link #toString} does not show
 */
public record PgplexUrl(Store store, String database, String cluster, Map<String, String> parameters) {

    /** What every URL of pgplex begins with. */
    public static final String PREFIX = "jdbc:pgplex:";

    public static final String DEFAULT_CLUSTER = "default";
    public static final int DEFAULT_ETCD_PORT = 2379;

    private static final String MEMORY = "mem:";
    private static final String FORM =
            "The form is jdbc:pgplex://etcd1:2379,etcd2:2379/database[@cluster][?name=value&...].";

    /** Names that can stand in etcd's keys and in the identifiers of prepared transactions. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,63}");

    /** Where a cluster's metadata is. */
    public sealed interface Store {}

    /** etcd at these addresses, at least one. */
    public record Etcd(List<Address> addresses) implements Store {
        public Etcd {
            addresses = List.copyOf(addresses);
        }

        @Override
        public String toString() {
            return "//"
                    + String.join(",", addresses.stream().map(Address::toString).toList());
        }
    }

    /** This JVM's memory; every URL with that name means the same store. */
    public record Memory(String name) implements Store {
        @Override
        public String toString() {
            return MEMORY + name;
        }
    }

    /**
     * An etcd server's address.
     *
     * @param host a name, an IPv4 address, or an IPv6 address without its brackets
     */
    public record Address(String host, int port) {
        @Override
        public String toString() {
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    public PgplexUrl {
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }

    /** Whether a URL is pgplex's to read, right or wrong. */
    public static boolean accepts(@Nullable String url) {
        return url != null && url.startsWith(PREFIX);
    }

    /**
     * Takes a URL apart.
     *
     * @throws SQLException 22023 that names the wrong part
     */
    public static PgplexUrl parse(String url) throws SQLException {
        if (!accepts(url)) {
            throw invalid("the URL does not begin with " + PREFIX);
        }
        int question = url.indexOf('?');
        String place = url.substring(PREFIX.length(), question < 0 ? url.length() : question);
        String parameters = question < 0 ? "" : url.substring(question + 1);
        if (place.startsWith("//")) {
            int slash = slash(place, 2);
            return new PgplexUrl(
                    new Etcd(addresses(place.substring(2, slash))),
                    database(place.substring(slash + 1)),
                    cluster(place.substring(slash + 1)),
                    parameters(parameters));
        }
        if (place.startsWith(MEMORY)) {
            int slash = slash(place, MEMORY.length());
            return new PgplexUrl(
                    new Memory(name("the in-memory store", place.substring(MEMORY.length(), slash))),
                    database(place.substring(slash + 1)),
                    cluster(place.substring(slash + 1)),
                    parameters(parameters));
        }
        throw invalid("the URL names no etcd addresses");
    }

    /**
     * These parameters over an application's properties.
     *
     * @throws SQLException 22023 for a property that neither pgplex nor pgjdbc knows, or a value that is not valid
     */
    public Properties over(@Nullable Properties defaults) throws SQLException {
        Properties properties = new Properties();
        if (defaults != null) {
            for (String name : defaults.stringPropertyNames()) {
                properties.setProperty(name, defaults.getProperty(name));
            }
        }
        parameters.forEach(properties::setProperty);
        PropertyNames.check(properties);
        return properties;
    }

    /** The URL without the values of its parameters. */
    @Override
    public String toString() {
        String names = String.join(
                "&", parameters.keySet().stream().map(name -> name + "=...").toList());
        return PREFIX + store + "/" + database + "@" + cluster + (names.isEmpty() ? "" : "?" + names);
    }

    private static int slash(String place, int from) throws SQLException {
        int slash = place.indexOf('/', from);
        if (slash < 0) {
            throw invalid("the URL names no database");
        }
        return slash;
    }

    private static List<Address> addresses(String text) throws SQLException {
        List<Address> addresses = new ArrayList<>();
        for (String address : text.split(",", -1)) {
            addresses.add(address(address));
        }
        return addresses;
    }

    private static Address address(String text) throws SQLException {
        if (text.indexOf('@') >= 0) {
            throw invalid("the etcd addresses hold a user", "Use the parameters etcdUser and etcdPassword.");
        }
        int bracket = text.startsWith("[") ? text.indexOf(']') : 0;
        int colon = bracket < 0 ? -1 : text.indexOf(':', bracket);
        String host = colon < 0 ? text : text.substring(0, colon);
        if (bracket > 0 && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        if (host.isEmpty() || host.contains("[") || host.contains("]")) {
            throw invalid("an etcd address of the URL has no valid host");
        }
        return new Address(decode(host), colon < 0 ? DEFAULT_ETCD_PORT : port(text.substring(colon + 1)));
    }

    private static int port(String text) throws SQLException {
        int port = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
        if (port < 1 || port > 65535) {
            throw invalid(
                    "an etcd address of the URL has no valid port",
                    "Ports are numbers from 1 to 65535; IPv6 addresses stand in brackets.");
        }
        return port;
    }

    private static String database(String text) throws SQLException {
        int at = text.lastIndexOf('@');
        String database = decode(at < 0 ? text : text.substring(0, at));
        if (database.isEmpty()) {
            throw invalid("the URL names no database");
        }
        if (text.indexOf('/') >= 0) {
            throw invalid("the database's name holds a slash", "Write a slash that belongs to the name as %2F.");
        }
        return database;
    }

    private static String cluster(String text) throws SQLException {
        int at = text.lastIndexOf('@');
        return at < 0 ? DEFAULT_CLUSTER : name("the cluster", text.substring(at + 1));
    }

    private static String name(String of, String text) throws SQLException {
        String name = decode(text);
        if (!NAME.matcher(name).matches()) {
            throw invalid(
                    "the name of " + of + " in the URL is not valid",
                    "It has 1 to 63 letters, digits, underscores, dots or hyphens.");
        }
        return name;
    }

    private static Map<String, String> parameters(String text) throws SQLException {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String parameter : text.split("&")) {
            if (!parameter.isEmpty()) {
                int equals = parameter.indexOf('=');
                String name = decode(equals < 0 ? parameter : parameter.substring(0, equals));
                if (name.isEmpty()) {
                    throw invalid("a parameter of the URL has no name");
                }
                parameters.put(name, equals < 0 ? "" : decode(parameter.substring(equals + 1)));
            }
        }
        return parameters;
    }

    private static String decode(String text) throws SQLException {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // the exception's own message quotes the text, which may be a password
            throw invalid("the URL holds a percent sign that encodes nothing", "Write a percent sign as %25.");
        }
    }

    private static SQLException invalid(String message) {
        return invalid(message, FORM);
    }

    private static SQLException invalid(String message, String hint) {
        return PgplexErrors.error(SqlState.INVALID_PARAMETER, "invalid URL: " + message, hint);
    }
}
