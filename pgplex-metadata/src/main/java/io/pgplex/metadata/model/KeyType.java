package io.pgplex.metadata.model;

/**
 * A type that a distribution key may have. The family says which types hash alike for equal values: equal keys of one
 * family live on one shard, so tables whose keys are of one family are colocated.
 */
public enum KeyType {
    SMALLINT("smallint", HashFamily.INTEGER),
    INTEGER("integer", HashFamily.INTEGER),
    BIGINT("bigint", HashFamily.INTEGER),
    TEXT("text", HashFamily.TEXT),
    VARCHAR("character varying", HashFamily.TEXT),
    CHAR("character", HashFamily.CHAR),
    UUID("uuid", HashFamily.UUID),
    DATE("date", HashFamily.DATE),
    TIMESTAMP("timestamp without time zone", HashFamily.TIMESTAMP),
    TIMESTAMPTZ("timestamp with time zone", HashFamily.TIMESTAMPTZ),
    NUMERIC("numeric", HashFamily.NUMERIC),
    BOOLEAN("boolean", HashFamily.BOOLEAN),
    BYTEA("bytea", HashFamily.BYTEA);

    /** Types whose equal values have equal hashes; the name of a colocation group. */
    public enum HashFamily {
        INTEGER,
        TEXT,
        CHAR,
        UUID,
        DATE,
        TIMESTAMP,
        TIMESTAMPTZ,
        NUMERIC,
        BOOLEAN,
        BYTEA
    }

    private final String sqlName;
    private final HashFamily family;

    KeyType(String sqlName, HashFamily family) {
        this.sqlName = sqlName;
        this.family = family;
    }

    /** The type's name as {@code format_type} prints it, without a modifier. */
    public String sqlName() {
        return sqlName;
    }

    public HashFamily family() {
        return family;
    }
}
