package io.pgplex.jdbc;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.routing.hint.MaxLag;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Every connection property of pgplex; what is not here goes to pgjdbc. The README's table of properties is this enum.
 * Names are case-sensitive, as pgjdbc's are.
 */
public enum PgplexProperty {
    USER("user", Type.TEXT, null, "PostgreSQL user on every node; the operating system's user where it is not given"),
    PASSWORD("password", Type.TEXT, null, "PostgreSQL password; never stored in etcd, logged or shown"),
    LOGIN_TIMEOUT(
            "loginTimeout", Type.SECONDS, "30", "longest time until a connection is there or an error says why not"),
    ETCD_USER("etcdUser", Type.TEXT, null, "etcd user, where etcd has authentication on"),
    ETCD_PASSWORD("etcdPassword", Type.TEXT, null, "etcd password"),
    ETCD_CA_FILE(
            "etcdCaFile", Type.TEXT, null, "PEM file of the authority that signed etcd's certificates; turns TLS on"),
    ETCD_CERT_FILE("etcdCertFile", Type.TEXT, null, "PEM file of the client's certificate for etcd"),
    ETCD_KEY_FILE("etcdKeyFile", Type.TEXT, null, "PEM file of the client's private key for etcd (PKCS #8)"),
    ETCD_TIMEOUT_MILLIS("etcdTimeoutMillis", Type.MILLISECONDS, 1, "5000", "longest wait for one answer of etcd"),
    ETCD_LOSS(
            "etcdLoss",
            "continue",
            List.of("continue", "read-only"),
            "what a client does while etcd cannot be reached: go on with its last map, or only read"),
    CREATE_CLUSTER(
            "createCluster",
            Type.BOOLEAN,
            "false",
            "connect although the cluster does not exist yet, so that JOIN CLUSTER can create it"),
    ARBITER(
            "arbiter",
            Type.BOOLEAN,
            "true",
            "stand for election as the client that settles what crashed clients leave behind"),
    MAXIMUM_POOL_SIZE("maximumPoolSize", 1, "10", "most physical connections per node and user in this JVM"),
    MINIMUM_IDLE("minimumIdle", 0, "0", "physical connections kept ready per node and user"),
    CONNECTION_TIMEOUT("connectionTimeout", Type.MILLISECONDS, 250, "30000", "longest wait for a physical connection"),
    IDLE_TIMEOUT("idleTimeout", Type.MILLISECONDS, "600000", "after which an unused physical connection is closed"),
    MAX_LIFETIME("maxLifetime", Type.MILLISECONDS, "1800000", "after which a physical connection is replaced"),
    CROSS_SHARD(
            "crossShard",
            "allow",
            List.of("allow", "warn", "forbid"),
            "statements that need several shards: run, run with a warning, or be refused"),
    SNAPSHOT(
            "snapshot",
            "isolation",
            List.of("isolation", "shard", "global"),
            "what reads over several shards see: one snapshot of all under REPEATABLE READ, each shard's own, or one of all"),
    SERIALIZABLE(
            "serializable",
            "one-shard",
            List.of("one-shard", "per-shard"),
            "SERIALIZABLE transactions: refused on a second shard, or serializable on each shard for itself"),
    INTENT(
            "intent",
            "read-write",
            List.of("read-write", "read-only", "prefer-replica"),
            "what the connection is for: everything on the primaries; reads alone, from standbys; or reads from standbys,"
                    + " the rest on the primaries"),
    MAX_LAG(
            "maxLag",
            Type.LAG,
            "10s",
            "how far behind a standby may be that answers a read: a time such as 500ms, a size of WAL such as 16MB, or none"),
    CONSISTENCY(
            "consistency",
            "session",
            List.of("session", "eventual"),
            "what a standby must know to answer: all that the connection has written and read, or what `maxLag` allows"),
    ZONE("zone", Type.TEXT, null, "zone whose standbys are preferred"),
    PLAN_CACHE_SIZE(
            "planCacheSize",
            0,
            "2048",
            "most plans kept per cluster, one of a long statement counting as several; 0 keeps none"),
    DEFAULT_ROW_FETCH_SIZE(
            "defaultRowFetchSize",
            0,
            "1000",
            "rows per round trip and shard where a statement sets no fetch size and several shards answer; 0 for all"),
    MAX_INTERMEDIATE(
            "maxIntermediate",
            Type.BYTES,
            "1GB",
            "most data that one statement may move between shards: bytes, or a number with kB, MB, GB or TB");

    /** What a value looks like. */
    public enum Type {
        TEXT("text", ""),
        BOOLEAN("boolean", ""),
        CHOICE("choice", ""),
        COUNT("integer", ""),
        SECONDS("integer", "s"),
        MILLISECONDS("integer", "ms"),
        BYTES("size", ""),
        LAG("time or size", "");

        private final String label;
        private final String unit;

        Type(String label, String unit) {
            this.label = label;
            this.unit = unit;
        }

        /** The type in the README's words. */
        public String label() {
            return label;
        }

        /** The unit of a number; empty where it has none. */
        public String unit() {
            return unit;
        }
    }

    private final String key;
    private final Type type;
    private final @Nullable String defaultValue;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> choices;

    private final long minimum;
    private final String doc;

    PgplexProperty(String key, Type type, @Nullable String defaultValue, String doc) {
        this(key, type, defaultValue, List.of(), 0, doc);
    }

    PgplexProperty(String key, int minimum, String defaultValue, String doc) {
        this(key, Type.COUNT, defaultValue, List.of(), minimum, doc);
    }

    PgplexProperty(String key, Type type, int minimum, String defaultValue, String doc) {
        this(key, type, defaultValue, List.of(), minimum, doc);
    }

    PgplexProperty(String key, String defaultValue, List<String> choices, String doc) {
        this(key, Type.CHOICE, defaultValue, choices, 0, doc);
    }

    PgplexProperty(
            String key, Type type, @Nullable String defaultValue, List<String> choices, long minimum, String doc) {
        this.key = key;
        this.type = type;
        this.defaultValue = defaultValue;
        this.choices = choices;
        this.minimum = minimum;
        this.doc = doc;
    }

    /** The name in URLs and {@link Properties}. */
    public String key() {
        return key;
    }

    public Type type() {
        return type;
    }

    /** The value where none is given; null where there is none. */
    public @Nullable String defaultValue() {
        return defaultValue;
    }

    /** The valid values of a choice; empty for other types. */
    public List<String> choices() {
        return choices;
    }

    /** What it means, in one phrase. */
    public String doc() {
        return doc;
    }

    /** The property of that name, or null. */
    public static @Nullable PgplexProperty find(String key) {
        for (PgplexProperty property : values()) {
            if (property.key.equals(key)) {
                return property;
            }
        }
        return null;
    }

    /** The value or the default, unchecked. */
    public @Nullable String text(Properties properties) {
        String value = properties.getProperty(key);
        return value == null ? defaultValue : value;
    }

    /** Whether a boolean property is on; present without a value means yes. */
    public boolean isOn(Properties properties) throws SQLException {
        String value = text(properties);
        if (value == null) {
            return false;
        }
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true", "" -> true;
            case "false" -> false;
            default -> throw invalid("true, false");
        };
    }

    /** A choice's value. */
    public String choice(Properties properties) throws SQLException {
        String value = text(properties);
        if (value == null || !choices.contains(value)) {
            throw invalid(String.join(", ", choices));
        }
        return value;
    }

    /** A number in the property's unit. */
    public long number(Properties properties) throws SQLException {
        try {
            String value = text(properties);
            long number = parse(value == null ? "" : value.trim());
            if (number >= minimum && number <= maximum()) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw PgplexErrors.error(SqlState.INVALID_PARAMETER, message(), null, range(), e);
        }
        throw PgplexErrors.error(SqlState.INVALID_PARAMETER, message(), range());
    }

    private long parse(String value) {
        if (type == Type.BYTES) {
            for (SizeUnit size : SizeUnit.values()) {
                if (value.endsWith(size.symbol)) {
                    String number = value.substring(0, value.length() - size.symbol.length());
                    try {
                        return Math.multiplyExact(Long.parseLong(number.trim()), size.bytes);
                    } catch (ArithmeticException e) {
                        return -1;
                    }
                }
            }
        }
        return Long.parseLong(value);
    }

    /** The units of PostgreSQL's own memory settings, multiples of 1024. */
    private enum SizeUnit {
        KILOBYTES("kB", 1L << 10),
        MEGABYTES("MB", 1L << 20),
        GIGABYTES("GB", 1L << 30),
        TERABYTES("TB", 1L << 40);

        private final String symbol;
        private final long bytes;

        SizeUnit(String symbol, long bytes) {
            this.symbol = symbol;
            this.bytes = bytes;
        }
    }

    /** How far behind a standby may be. */
    public MaxLag lag(Properties properties) throws SQLException {
        String value = text(properties);
        MaxLag lag = value == null ? null : MaxLag.parse(value.trim());
        if (lag == null) {
            throw invalid(MaxLag.VALID);
        }
        return lag;
    }

    /** A number that fits an int. */
    public int integer(Properties properties) throws SQLException {
        return Math.toIntExact(number(properties));
    }

    /** A time. */
    public Duration duration(Properties properties) throws SQLException {
        long number = number(properties);
        return type == Type.SECONDS ? Duration.ofSeconds(number) : Duration.ofMillis(number);
    }

    /** Throws 22023 where the value is not valid. */
    void check(Properties properties) throws SQLException {
        switch (type) {
            case TEXT -> {}
            case BOOLEAN -> isOn(properties);
            case CHOICE -> choice(properties);
            case LAG -> lag(properties);
            case COUNT, SECONDS, MILLISECONDS, BYTES -> number(properties);
        }
    }

    private long maximum() {
        return type == Type.BYTES ? Long.MAX_VALUE : Integer.MAX_VALUE;
    }

    private String message() {
        return "invalid value for property \"" + key + "\"";
    }

    private SQLException invalid(String valid) {
        return PgplexErrors.error(SqlState.INVALID_PARAMETER, message(), "Valid values: " + valid + ".");
    }

    private String range() {
        if (type == Type.BYTES) {
            return "Valid values: bytes from " + minimum + " to " + maximum() + ", or a number with kB, MB, GB or TB.";
        }
        String unit = type.unit.isEmpty() ? "" : " (unit: " + type.unit + ")";
        return "Valid values: integers from " + minimum + " to " + maximum() + unit + ".";
    }
}
