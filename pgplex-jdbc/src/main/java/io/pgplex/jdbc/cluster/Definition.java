package io.pgplex.jdbc.cluster;

import java.util.List;

/**
 * What a definition says about where it must run, read from its tokens. Immutable.
 *
 * @param verb its first word
 * @param subject the kind of thing that it is about
 * @param relations the relations that it names and that exist already, as quoted SQL; the tables of a trigger, policy,
 *     index to be made, ... in place of the thing itself
 * @param object the name, as quoted SQL, of what CREATE makes, or of extended statistics; empty where there is none
 * @param traits what else matters
 */
record Definition(Verb verb, Subject subject, List<String> relations, String object, List<Trait> traits) {

    /** A definition's first word. */
    enum Verb {
        CREATE,
        ALTER,
        DROP,
        COMMENT,
        SECURITY,
        GRANT,
        REVOKE,
        TRUNCATE,
        LOCK,
        VACUUM,
        ANALYZE,
        CLUSTER,
        REINDEX,
        REFRESH,
        IMPORT,
        REASSIGN,
        OTHER
    }

    /** What a definition is about, as far as that decides where it runs. */
    enum Subject {
        /** A table, or what belongs to one: trigger, policy, constraint, column. */
        TABLE,
        INDEX,
        VIEW,
        MATERIALIZED_VIEW,
        FOREIGN_TABLE,
        SEQUENCE,
        STATISTICS,
        RULE,
        /** Functions, procedures, aggregates. */
        ROUTINE,
        /** Roles and memberships: one set for each server. */
        ROLE,
        SCHEMA,
        DATABASE,
        /** What belongs to one server and cannot be part of a transaction, or is not pgplex's to change. */
        SERVER,
        /** Types, domains, extensions, ...: whatever every shard needs alike. */
        EVERYWHERE,
        /** Large objects and foreign schemas: what only the home shard has. */
        HOME
    }

    /** Words that change how a definition runs. */
    enum Trait {
        CONCURRENTLY,
        IF_NOT_EXISTS,
        TEMPORARY,
        UNIQUE,
        CASCADE,
        OR_REPLACE,
        /** Has more statements inside, as CREATE SCHEMA may. */
        ELEMENTS
    }

    Definition {
        relations = List.copyOf(relations);
        traits = List.copyOf(traits);
    }

    boolean has(Trait trait) {
        return traits.contains(trait);
    }
}
