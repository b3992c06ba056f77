package io.pgplex.jdbc.cluster;

import io.pgplex.metadata.model.KeyType;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names that {@code pg_type} has for the types that a distribution key may have. */
final class KeyTypes {

    private static final Map<String, KeyType> BY_TYPNAME = Map.ofEntries(
            Map.entry("int2", KeyType.SMALLINT),
            Map.entry("int4", KeyType.INTEGER),
            Map.entry("int8", KeyType.BIGINT),
            Map.entry("text", KeyType.TEXT),
            Map.entry("varchar", KeyType.VARCHAR),
            Map.entry("bpchar", KeyType.CHAR),
            Map.entry("uuid", KeyType.UUID),
            Map.entry("date", KeyType.DATE),
            Map.entry("timestamp", KeyType.TIMESTAMP),
            Map.entry("timestamptz", KeyType.TIMESTAMPTZ),
            Map.entry("numeric", KeyType.NUMERIC),
            Map.entry("bool", KeyType.BOOLEAN),
            Map.entry("bytea", KeyType.BYTEA));

    private KeyTypes() {}

    /** The key type of that {@code typname} in schema pg_catalog, or null: domains, enums, arrays, citext, ... */
    static @Nullable KeyType of(String typname) {
        return BY_TYPNAME.get(typname);
    }
}
