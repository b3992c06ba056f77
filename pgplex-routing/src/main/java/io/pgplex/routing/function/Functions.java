package io.pgplex.routing.function;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What routing knows about a function by its name alone. Stateless and thread-safe.
 *
 * <p>Names are folded as PostgreSQL stores them, alone or after {@code pg_catalog.}; a name in any other schema is
 * nobody's but the user's. A user may define an overload of a built-in name: PostgreSQL prefers an exact match, and
 * nothing here can tell, so {@code CREATE FUNCTION lower(mytype)} is taken for the built-in one.
 */
public final class Functions {

    private static final String CATALOG = "pg_catalog.";

    /** One value per transaction or statement, so that several shards would each have another. */
    private static final Map<String, String> EVALUATED_ONCE = Map.of(
            "now", "timestamp with time zone",
            "transaction_timestamp", "timestamp with time zone",
            "statement_timestamp", "timestamp with time zone",
            "current_timestamp", "timestamp with time zone",
            "current_date", "date",
            "current_time", "time with time zone",
            "localtime", "time without time zone",
            "localtimestamp", "timestamp without time zone");

    /** Those of {@link #EVALUATED_ONCE} that the grammar knows without parentheses. */
    private static final Set<String> KEYWORDS_OF_TIME =
            Set.of("current_timestamp", "current_date", "current_time", "localtime", "localtimestamp");

    /** Expressions that look like functions but belong to the grammar; none has an effect or reads more than its operands. */
    private static final Set<String> GRAMMAR = Set.of(
            "coalesce",
            "nullif",
            "greatest",
            "least",
            "cast",
            "treat",
            "row",
            "array",
            "exists",
            "trim",
            "extract",
            "overlay",
            "position",
            "substring",
            "normalize",
            "grouping",
            "xmlconcat",
            "xmlelement",
            "xmlexists",
            "xmlforest",
            "xmlparse",
            "xmlpi",
            "xmlroot",
            "xmlserialize",
            "json",
            "json_array",
            "json_exists",
            "json_object",
            "json_query",
            "json_scalar",
            "json_serialize",
            "json_value",
            "merge_action");

    private static final Set<String> GRAMMAR_AGGREGATES = Set.of("json_arrayagg", "json_objectagg");

    private static final Set<String> DECOMPOSABLE =
            Set.of("count", "sum", "min", "max", "avg", "bool_and", "bool_or", "every");

    private static final Set<String> SEQUENCE = Set.of("nextval", "setval", "currval", "lastval");

    /** Volatile functions of extensions that come with PostgreSQL. */
    private static final Set<String> VOLATILE_EXTENSIONS = Set.of(
            "uuid_generate_v1",
            "uuid_generate_v1mc",
            "uuid_generate_v4",
            "gen_random_bytes",
            "gen_salt",
            "normal_rand",
            "uuidv4",
            "uuidv7");

    private static final Set<String> SIDE_EFFECTS = Set.of(
            "nextval",
            "setval",
            "set_config",
            "setseed",
            "pg_notify",
            "loread",
            "lowrite",
            "pg_nextoid",
            "pg_promote",
            "pg_cancel_backend",
            "pg_terminate_backend",
            "pg_reload_conf",
            "pg_switch_wal",
            "pg_export_snapshot",
            "pg_logical_emit_message",
            "pg_import_system_collations",
            "pg_sync_replication_slots",
            "pg_extension_config_dump",
            "pg_stop_making_pinned_objects",
            "gin_clean_pending_list",
            "query_to_xml",
            "query_to_xmlschema",
            "query_to_xml_and_xmlschema",
            "cursor_to_xml",
            "cursor_to_xmlschema",
            "ts_stat",
            "ts_rewrite");

    private static final String[] SIDE_EFFECT_PREFIXES = {
        "pg_advisory_",
        "pg_try_advisory_",
        "lo_",
        "dblink",
        "brin_summarize_",
        "brin_desummarize_",
        "binary_upgrade_",
        "pg_backup_",
        "pg_clear_",
        "pg_copy_",
        "pg_create_",
        "pg_drop_",
        "pg_log_",
        "pg_logical_slot_get_",
        "pg_replication_",
        "pg_restore_",
        "pg_rotate_",
        "pg_stat_clear_",
        "pg_stat_force_",
        "pg_stat_reset",
        "pg_wal_replay_"
    };

    private Functions() {}

    /** The SQL type of a function of time that must be computed once for all shards; null for any other function. */
    public static @Nullable String evaluatedOnce(String name) {
        return EVALUATED_ONCE.get(local(name));
    }

    /** Whether the grammar knows this function of time without parentheses, as {@code current_date}. */
    public static boolean isTimeKeyword(String name) {
        return KEYWORDS_OF_TIME.contains(name);
    }

    /** Whether the function may give another value at each call. Unknown functions are not: ask {@link #isBuiltIn}. */
    public static boolean isVolatile(String name) {
        String local = local(name);
        return VOLATILE_EXTENSIONS.contains(local) || BuiltInFunctions.has(local, 'v');
    }

    /** Whether PostgreSQL itself brings the function, or its grammar does. */
    public static boolean isBuiltIn(String name) {
        String local = local(name);
        return GRAMMAR.contains(local)
                || GRAMMAR_AGGREGATES.contains(local)
                || EVALUATED_ONCE.containsKey(local)
                || BuiltInFunctions.knows(local);
    }

    /**
     * Whether a call gives the same value on every shard and has no effect: a built-in function, neither an aggregate nor
     * a window function, immutable or stable, that reads neither tables, catalogs, the server nor the clock.
     */
    public static boolean isHarmless(String name) {
        String local = local(name);
        return GRAMMAR.contains(local) || BuiltInFunctions.has(local, 'h');
    }

    public static boolean isAggregate(String name) {
        String local = local(name);
        return GRAMMAR_AGGREGATES.contains(local) || BuiltInFunctions.has(local, 'a');
    }

    /** Whether the function needs OVER; {@code rank} and its like are aggregates too, WITHIN GROUP. */
    public static boolean isWindowFunction(String name) {
        return BuiltInFunctions.has(local(name), 'w');
    }

    /** Whether an aggregate can be put together from its shards' partial results. */
    public static boolean isDecomposable(String name) {
        return DECOMPOSABLE.contains(local(name));
    }

    public static boolean isSequenceFunction(String name) {
        return SEQUENCE.contains(local(name));
    }

    /** Whether a call changes something, or runs SQL that may: settings, locks, large objects, slots, other servers. */
    public static boolean hasSideEffects(String name) {
        String local = local(name);
        if (SIDE_EFFECTS.contains(local)) {
            return true;
        }
        for (String prefix : SIDE_EFFECT_PREFIXES) {
            if (local.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }

    private static String local(String name) {
        return name.startsWith(CATALOG) ? name.substring(CATALOG.length()) : name;
    }
}
