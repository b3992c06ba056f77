package io.pgplex.metadata.patroni;

import org.jspecify.annotations.Nullable;

/**
 * The keys under which one Patroni cluster keeps its state in etcd (v3). Immutable.
 *
 * <p>Source: Patroni's documentation, "Dynamic configuration settings" and {@code patroni/dcs/__init__.py}.
 *
 * @param prefix what all its keys begin with; ends with a slash
 */
public record PatroniScope(String prefix) {

    /** Patroni's own default of {@code namespace}. */
    private static final String NAMESPACE = "/service/";

    private static final String MEMBERS = "members/";

    public PatroniScope {
        if (!prefix.startsWith("/") || !prefix.endsWith("/") || prefix.length() < 3) {
            throw new IllegalArgumentException("not the prefix of a Patroni scope: " + prefix);
        }
    }

    /**
     * The scope of that name.
     *
     * @param name Patroni's {@code scope}, or with its namespace, as in {@code /db/batman}; then it begins with a slash
     * @throws IllegalArgumentException when it is neither
     */
    public static PatroniScope of(String name) {
        String whole = name.startsWith("/") ? name : NAMESPACE + name;
        if (name.isEmpty() || whole.contains("//")) {
            throw new IllegalArgumentException("not a Patroni scope: " + name);
        }
        return new PatroniScope(whole.endsWith("/") ? whole : whole + "/");
    }

    /** Holds the name of the member that leads, under that member's lease. */
    public String leader() {
        return prefix + "leader";
    }

    /** Holds the system identifier of the database that the scope was made with. */
    public String initialize() {
        return prefix + "initialize";
    }

    /** Holds the changes of timeline so far. */
    public String history() {
        return prefix + "history";
    }

    /** Holds what a member says of itself, under its lease. */
    public String member(String name) {
        return prefix + MEMBERS + name;
    }

    /** The member whose key it is, or null. */
    public @Nullable String memberOf(String key) {
        String members = prefix + MEMBERS;
        return key.startsWith(members) && key.length() > members.length() ? key.substring(members.length()) : null;
    }

    /** Whether the key says anything of who leads and who follows. */
    public boolean isRelevant(String key) {
        return key.equals(leader()) || key.equals(initialize()) || key.equals(history()) || memberOf(key) != null;
    }
}
