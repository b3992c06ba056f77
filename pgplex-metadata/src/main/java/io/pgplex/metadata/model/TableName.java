package io.pgplex.metadata.model;

import java.util.Objects;

/**
 * A relation's schema and name, folded as PostgreSQL stores them. Immutable.
 *
 * @param schema the schema's name, never quoted
 * @param name the relation's name, never quoted
 */
public record TableName(String schema, String name) implements Comparable<TableName> {

    public TableName {
        Objects.requireNonNull(schema, "schema");
        Objects.requireNonNull(name, "name");
    }

    /** The name as SQL that means this relation whatever the search_path is. */
    public String quoted() {
        return quote(schema) + "." + quote(name);
    }

    /** An identifier as SQL, always in double quotes. */
    public static String quote(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    @Override
    public int compareTo(TableName other) {
        int bySchema = schema.compareTo(other.schema);
        return bySchema != 0 ? bySchema : name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return schema + "." + name;
    }
}
