package io.pgplex.jdbc.random;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A table or view of the schema.
 *
 * @param definition what precedes the name and follows the columns in pgplex's CREATE TABLE
 * @param key the columns of the primary key; empty where there is none, and rows may be there twice
 * @param rows how many there are, about
 */
record Table(String name, Definition definition, List<Column> columns, List<String> key, int rows) {

    /** The text around the columns; a view has its query instead. */
    record Definition(String create, String after) {
        static Definition distributed(String by) {
            return new Definition("CREATE DISTRIBUTED TABLE ", " BY HASH (" + by + ")");
        }

        static Definition replicated() {
            return new Definition("CREATE REPLICATED TABLE ", "");
        }

        static Definition local() {
            return new Definition("CREATE TABLE ", "");
        }

        static Definition view(String query) {
            return new Definition("CREATE VIEW ", query);
        }
    }

    /**
     * A column.
     *
     * @param name quoted where need be
     * @param declared its type in CREATE TABLE, such as {@code numeric(12,4)}
     */
    record Column(String name, SqlType type, String declared, Collation collation, Content content) {
        Column(String name, SqlType type) {
            this(name, type, type.sql, Collation.DEFAULT, Content.SAMPLES);
        }

        Column(String name, SqlType type, Content content) {
            this(name, type, type.sql, Collation.DEFAULT, content);
        }

        Column(String name, SqlType type, Collation collation) {
            this(name, type, type.sql, collation, Content.SAMPLES);
        }

        Column(String name, SqlType type, String declared) {
            this(name, type, declared, Collation.DEFAULT, Content.SAMPLES);
        }
    }

    /** What is in a column. */
    enum Content {
        /** 1, 2, 3, ... or its like in another type. */
        SERIAL,
        /** The number of a row with the same account. */
        WITHIN_ACCOUNT,
        /** An account's number, some of them far more often than others. */
        ACCOUNT,
        /** Samples of the type, sometimes NULL. */
        SAMPLES,
        /** The same, never NULL, and some of them far more often than others. */
        SKEWED
    }

    boolean isView() {
        return definition.create().equals("CREATE VIEW ");
    }

    boolean isReplicated() {
        return definition.equals(Definition.replicated());
    }

    String pgplexDefinition() {
        return isView()
                ? definition.create() + name + definition.after()
                : definition.create() + body() + definition.after();
    }

    String plainDefinition() {
        return isView() ? pgplexDefinition() : "CREATE TABLE " + body();
    }

    private String body() {
        String list = columns.stream()
                .map(column -> column.name() + " " + column.declared()
                        + (column.collation() == Collation.DEFAULT ? "" : " COLLATE " + column.collation().sql))
                .collect(Collectors.joining(", "));
        return name + " (" + list + (key.isEmpty() ? "" : ", PRIMARY KEY (" + String.join(", ", key) + ")") + ")";
    }
}
