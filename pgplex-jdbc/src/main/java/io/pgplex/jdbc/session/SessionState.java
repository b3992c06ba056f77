package io.pgplex.jdbc.session;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings that an application has changed in its session, as the SQL that sets them. Immutable; compared by identity
 * first, so that an unchanged session costs one comparison.
 */
public final class SessionState {

    /** Nothing changed. */
    public static final SessionState INITIAL = new SessionState(Map.of(), null);

    private final Map<String, String> settings;
    private final @Nullable List<String> searchPath;

    private SessionState(Map<String, String> settings, @Nullable List<String> searchPath) {
        this.settings = settings;
        this.searchPath = searchPath;
    }

    /**
     * The state with a setting changed.
     *
     * @param name the setting's name, lower case; {@code role} and {@code session_authorization} count as settings
     * @param sql the statement that sets it, without a semicolon
     */
    public SessionState with(String name, String sql) {
        Map<String, String> changed = new LinkedHashMap<>(settings);
        changed.remove(name);
        changed.put(name, sql);
        return new SessionState(changed, searchPath);
    }

    /** The state with a setting as it was when the connection was made. */
    public SessionState without(String name) {
        if (!settings.containsKey(name)) {
            return this;
        }
        Map<String, String> changed = new LinkedHashMap<>(settings);
        changed.remove(name);
        return new SessionState(changed, searchPath);
    }

    /** The state with the schemas that search_path now names. */
    public SessionState withSearchPath(List<String> schemas) {
        return new SessionState(settings, List.copyOf(schemas));
    }

    /** The state with the search_path that a new connection has. */
    public SessionState withDefaultSearchPath() {
        return new SessionState(settings, null);
    }

    /** The state in which a server refuses writes to statements outside a transaction. */
    public SessionState readOnly() {
        return with("default_transaction_read_only", "SET default_transaction_read_only TO on");
    }

    /** Who the session acts as, and nothing else of what it has set. */
    public SessionState identity() {
        SessionState identity = INITIAL;
        for (String name : List.of("session_authorization", "role")) {
            String sql = settings.get(name);
            if (sql != null) {
                identity = identity.with(name, sql);
            }
        }
        return identity;
    }

    /** The schemas that the application has put into search_path, or null while it is the server's default. */
    public @Nullable List<String> searchPath() {
        return searchPath;
    }

    /** The statement that set a setting, or null. */
    public @Nullable String sqlOf(String name) {
        return settings.get(name);
    }

    /** Whether nothing has been changed. */
    public boolean isInitial() {
        return settings.isEmpty();
    }

    /**
     * The statements that turn a physical connection in this state into one in the other, in the order to run them; empty
     * where there is no difference.
     */
    public List<String> statementsTo(SessionState wanted) {
        if (settings.equals(wanted.settings)) {
            return List.of();
        }
        List<String> statements = new ArrayList<>();
        // roles first: what follows may depend on them, and a role may not be able to give itself up later
        for (String name : settings.keySet()) {
            if (!wanted.settings.containsKey(name)) {
                statements.add(resetOf(name));
            }
        }
        for (Map.Entry<String, String> entry : wanted.settings.entrySet()) {
            if (!entry.getValue().equals(settings.get(entry.getKey()))) {
                statements.add(entry.getValue());
            }
        }
        return statements;
    }

    private static String resetOf(String name) {
        return switch (name) {
            case "role" -> "RESET ROLE";
            case "session_authorization" -> "RESET SESSION AUTHORIZATION";
            default -> "RESET " + quoted(name);
        };
    }

    /** A setting's name as SQL: each part of a qualified name in quotes. */
    private static String quoted(String name) {
        StringBuilder sql = new StringBuilder();
        for (String part : name.split("\\.", -1)) {
            if (!sql.isEmpty()) {
                sql.append('.');
            }
            sql.append('"').append(part.replace("\"", "\"\"")).append('"');
        }
        return sql.toString();
    }

    @Override
    public String toString() {
        return "SessionState" + settings.keySet();
    }
}
