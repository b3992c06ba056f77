package io.pgplex.routing.plan;

import java.util.Locale;

/**
 * Everything that pgplex refuses to run, in one list: the documentation prints it and tests walk it. The constant's name
 * is the refusal's code.
 *
 * <p>{@code %s} in a message stands for a name that the application wrote or that a catalog holds; never for a value.
 */
public enum Unsupported {
    // rows of several shards
    ROWS_OF_SEVERAL_SHARDS(
            "%s needs rows of several shards together, and here they cannot be moved",
            "Bind the distribution key to a value, or run this part as a statement of its own."),

    // subqueries, CTEs, set operations
    DATA_MODIFYING_CTE(
            "data-modifying statement in WITH on several shards is not supported",
            "Run it as a statement of its own in the same transaction, or bind the distribution key to a value."),

    // expressions
    VOLATILE_FUNCTION(
            "volatile function %s() on several shards is not supported",
            "Compute the value first and pass it as a parameter."),
    USER_FUNCTION(
            "function %s() is not known to give the same answer on several shards",
            "Bind the distribution key to a value, or call the function in a statement of its own."),
    SEQUENCE_FUNCTION(
            "sequence function %s() on several shards is not supported",
            "Call it in a statement of its own and pass the value as a parameter."),
    SERVER_FUNCTION(
            "function %s() reads one server's state and the statement runs on several shards",
            "Name the shard with a hint: /*!pgplex shard=... */."),
    SIDE_EFFECT_FUNCTION(
            "function %s() has side effects and the statement runs on several shards",
            "Call it in a statement of its own."),
    SYSTEM_COLUMN(
            "system column \"%s\" on several shards is not supported",
            "Use the table's own columns, or bind the distribution key to a value."),

    // order and limits
    LOCK_WITH_LIMIT(
            "%s with LIMIT on several shards is not supported",
            "Select the keys first and lock them by key, or bind the distribution key to a value."),
    LOCK_ACROSS_SHARDS(
            "%s with aggregation or DISTINCT on several shards is not supported",
            "Select the keys first and lock them by key."),

    // writes
    UPDATE_OF_KEY(
            "UPDATE of distribution key \"%s\" is not supported",
            "Delete the row and insert it with the new key in one transaction."),
    KEY_SET_TO_DEFAULT(
            "distribution key \"%s\" set to DEFAULT is not supported",
            "Delete the row and insert it with the new key in one transaction."),
    ON_CONFLICT_UPDATE_OF_KEY(
            "ON CONFLICT DO UPDATE of distribution key \"%s\" is not supported",
            "Leave the key out of SET, or set it to EXCLUDED's."),
    REPLICATED_WITHOUT_KEY(
            "write to replicated table \"%s\", which has no primary key, is not supported where each copy could become another",
            "Add a primary key to the table, or compute the values first and pass them as parameters."),
    REPLICATED_KEY(
            "%s that sets the primary key of replicated table \"%s\" is not supported where each copy could become another",
            "Name the columns in RETURNING; instead of ON CONFLICT update the row by its key."),
    MERGE_ACROSS_SHARDS(
            "MERGE on several shards is not supported",
            "Equate the distribution key in ON and insert that value, or bind the key to a value."),
    WRITE_TO_PGPLEX_RELATION(
            "write to \"%s\" is not supported", "Read it only: what stands there is written by pgplex itself."),
    WRITE_THROUGH_VIEW("write through view \"%s\" is not supported", "Write to the table below the view."),
    CURRENT_OF(
            "WHERE CURRENT OF on several shards is not supported",
            "Update by the primary key and the distribution key."),
    INSERT_SELECT(
            "INSERT ... SELECT into \"%s\" whose rows are not on their own shard is not supported",
            "Select the distribution key of a colocated table into the distribution key, or insert the rows as values."),
    INSERT_SELECT_DEFAULT(
            "INSERT ... SELECT on several shards with a default for column \"%s\" that each shard would compute is not supported",
            "Select a value for the column, or insert the rows as values."),
    INSERT_SUBQUERY(
            "subquery over table \"%s\" in VALUES is not supported",
            "Read the value first and pass it as a parameter; a subquery may read replicated tables."),
    INSERT_ROW_EXPANSION(
            "row expansion with .* in VALUES is not supported", "Name the fields one by one, or insert with SELECT."),
    INSERT_WITH(
            "WITH before INSERT ... VALUES on several shards is not supported",
            "Insert the rows without WITH, or in statements of one row with a literal distribution key."),
    INSERT_OVERRIDING_USER_VALUE(
            "OVERRIDING USER VALUE for column \"%s\", whose sequence is the cluster's, is not supported",
            "Leave the column out of the column list."),
    INSERT_KEY_TWICE(
            "distribution key \"%s\" in parts of a column list is not supported",
            "Give the column's whole value once."),

    // statements that concern a session or a server
    COPY("COPY is not supported", "Use INSERT with several rows, or a batch."),
    CURSOR(
            "cursor over several shards is not supported",
            "Use a fetch size (Statement.setFetchSize) instead of DECLARE CURSOR."),
    PREPARED_STATEMENT("SQL PREPARE over distributed tables is not supported", "Use java.sql.PreparedStatement."),
    LISTEN(
            "%s is not supported",
            "Listen on a connection with jdbc:postgresql: to the home shard's node, where NOTIFY and pg_notify() run."),
    NOTIFICATION(
            "notification from shard \"%s\" is not supported: listeners are on the home shard",
            "Use NOTIFY, or call pg_notify() in a statement without a distributed table; a hint (/*!pgplex shard=... */) sends it from there all the same."),
    SESSION_LOCK(
            "session-level advisory locks on shard \"%s\" are not supported",
            "Take them in a statement without a distributed table, which runs on the home shard, or use pg_advisory_xact_lock."),
    EXPORTED_SNAPSHOT(
            "pg_export_snapshot() is not supported",
            "A snapshot belongs to one server; read in one REPEATABLE READ transaction instead."),
    SECOND_ANCHOR(
            "shard \"%s\" cannot be part of this transaction with %s: shard \"%s\" has %s, and only one shard of a transaction may have what forbids PREPARE TRANSACTION",
            "Commit before this statement, or do one of the two in a transaction of its own."),

    // the state of tables and of the text
    TABLE_BEING_CREATED(
            "55000",
            "table \"%s\" is being created",
            "Repeat the statement when CREATE DISTRIBUTED TABLE or CREATE REPLICATED TABLE has ended."),
    UNPARSABLE(
            "statement cannot be analysed and names distributed table \"%s\"",
            "Name the shard or key with a hint: /*!pgplex shard=... */ or /*!pgplex key=... */."),
    CROSS_SHARD_FORBIDDEN(
            "statement concerns more than one shard and cross_shard is \"forbid\"",
            "Bind the distribution key to a value, or allow it with the hint /*!pgplex cross_shard=allow */."),

    // commands
    ALTER_CLUSTER(
            "%s is not supported", "Create the table with its final distribution; moving buckets is not there yet."),
    CREATE_TABLE_AS(
            "CREATE DISTRIBUTED or REPLICATED TABLE AS is not supported",
            "Create the table with its columns, then fill it with INSERT."),
    TABLE_AS_FROM_SHARDED(
            "CREATE TABLE AS from distributed table or view \"%s\" is not supported",
            "Create the table, then fill it with INSERT."),
    TEMPORARY_TABLE(
            "temporary table \"%s\" cannot be distributed or replicated",
            "Use a plain CREATE TEMPORARY TABLE, or a permanent table."),
    PARTITIONED_TABLE(
            "partitioned table \"%s\" cannot be distributed or replicated",
            "Create it without PARTITION BY: its rows are spread over the shards already."),
    INHERITANCE(
            "inheritance and partitions of \"%s\" are not supported",
            "A distributed or replicated table stands alone."),
    KEY_TYPE(
            "type %s of column \"%s\" cannot be a distribution key",
            "Use a column of type smallint, integer, bigint, text, varchar, char, uuid, date, timestamp, numeric, boolean or bytea."),
    KEY_COLLATION(
            "the nondeterministic collation of column \"%s\" cannot be a distribution key's",
            "Use a deterministic collation: equal keys must have equal bytes."),
    COLOCATION(
            "a table with a key of type %s cannot be colocated with \"%s\", whose key is of type %s",
            "Use the same type for both distribution keys."),
    UNIQUE_WITHOUT_KEY(
            "%s \"%s\" of distributed table \"%s\" lacks the distribution key \"%s\"",
            "Add the distribution key to it: a shard can check it only among its own rows."),
    UNIQUE_KEY_COLLATION(
            "%s \"%s\" has the distribution key under a nondeterministic collation",
            "Keys that it takes for equal would lie on different shards."),
    FOREIGN_KEY(
            "foreign key \"%s\" from %s table \"%s\" to %s table \"%s\" is not supported",
            "Make the referenced table a replicated table, or distribute both by the referenced key."),
    FOREIGN_KEY_NOT_COLOCATED(
            "foreign key \"%s\" from %s table \"%s\" to %s table \"%s\" does not pair their distribution keys",
            "Let one distribution key reference the other, with keys of one type: then both rows are on one shard."),
    FOREIGN_KEY_SETS_KEY(
            "foreign key \"%s\" from %s table \"%s\" to %s table \"%s\" would change the distribution key",
            "Use NO ACTION, RESTRICT or CASCADE, or name other columns after SET NULL."),
    RULE("rule \"%s\" on a distributed or replicated table is not supported", "Use a trigger."),
    RULE_ACTION(
            "rule on \"%s\" that uses distributed or replicated table \"%s\" is not supported",
            "Use statements of their own in one transaction."),
    DROP_OF_KEY(
            "cannot drop column \"%s\", the distribution key of \"%s\"",
            "Create a new table that is distributed by another column."),
    TYPE_OF_KEY(
            "cannot change the type of column \"%s\", the distribution key of \"%s\"",
            "Create a new table with the key's new type."),
    REWRITE_OF_KEY(
            "cannot compute new values for column \"%s\", the distribution key of \"%s\"",
            "Create a new table with the new keys."),
    REWRITE_OF_COPIES(
            "USING with a function that is not immutable would make the copies of replicated table \"%s\" differ",
            "Add a new column and fill it with UPDATE."),
    ADDED_DEFAULT(
            "cannot add column \"%s\" with such a default to table \"%s\", which has rows",
            "Each shard would compute its own values: add the column without a default, fill it with UPDATE, then set the default."),
    MATERIALIZED_VIEW(
            "materialized view over distributed or replicated table \"%s\" is not supported",
            "Create a table and fill it with INSERT ... SELECT."),
    TEMPORARY_VIEW(
            "temporary view over distributed or replicated table \"%s\" is not supported", "Create a permanent view."),
    VIEW_OVER_LOCAL(
            "view over local table \"%s\" and distributed or replicated table \"%s\" is not supported",
            "Make the local table a replicated table."),
    VIEW_BECOMES_LOCAL(
            "view \"%s\" over distributed tables cannot become one over local tables", "Drop the view first."),
    DEFINITION_OF_BOTH(
            "%s of \"%s\" together with local relation \"%s\" is not supported",
            "Write one statement for the local relations and one for the others."),
    DEFINITION_OF_SERVER(
            "%s of a database, tablespace, publication, subscription or server setting is not supported through a cluster",
            "Connect to each server directly and run it there."),
    DEFINITION_PARAMETERS("parameters in a definition are not supported", "Write the values into the statement."),
    SCHEMA_ELEMENTS(
            "CREATE SCHEMA with elements is not supported", "Create the schema's objects by statements of their own."),
    UNNAMED_INDEX(
            "CREATE INDEX CONCURRENTLY without a name is not supported on several shards",
            "Name the index, so that the statement can be repeated after a failure.");

    private static final String FEATURE_NOT_SUPPORTED = "0A000";

    private final String sqlState;
    private final String message;
    private final String hint;

    Unsupported(String message, String hint) {
        this(FEATURE_NOT_SUPPORTED, message, hint);
    }

    Unsupported(String sqlState, String message, String hint) {
        this.sqlState = sqlState;
        this.message = message;
        this.hint = hint;
    }

    public String sqlState() {
        return sqlState;
    }

    /** The message, with {@code %s} for each name. */
    public String message() {
        return message;
    }

    /** What to do instead. */
    public String hint() {
        return hint;
    }

    /** How many names the message takes. */
    public int names() {
        int names = 0;
        int at = message.indexOf("%s");
        while (at >= 0) {
            names++;
            at = message.indexOf("%s", at + 2);
        }
        return names;
    }

    /**
     * The refusal of a statement.
     *
     * @param position where the construct stands, from 1, or 0 when unknown
     * @param names the names for the message, as many as {@link #names}
     */
    public Refusal at(int position, String... names) {
        if (names.length != names()) {
            throw new IllegalArgumentException(name() + " takes " + names() + " names, not " + names.length);
        }
        String text = String.format(Locale.ROOT, message, (Object[]) names);
        return new Refusal(sqlState, text, null, hint, position);
    }
}
