package io.pgplex.routing.plan;

import java.util.Locale;

/**
 * Everything that pgplex refuses to run, in one list: the documentation prints it and tests walk it. The constant's name
 * is the refusal's code.
 *
 * <p>{@code %s} in a message stands for a name that the application wrote or that a catalog holds; never for a value.
 */
public enum Unsupported {
    // joins and where relations live
    NON_COLOCATED_JOIN(
            "join of \"%s\" and \"%s\" is not bound by their distribution keys",
            "Add a condition that equates the distribution keys, or make the smaller table a replicated table."),
    LOCAL_WITH_DISTRIBUTED(
            "local table \"%s\" cannot be used together with distributed table \"%s\" on other shards",
            "Make the local table a replicated table, or bind the distribution key to a value on the home shard."),
    UNBOUND_SUBQUERY(
            "subquery over distributed table \"%s\" is not bound to the distribution key of the outer query",
            "Equate the subquery's distribution key with the outer query's, or with a value."),
    OUTER_JOIN_PRESERVES_REPLICATED(
            "outer join that preserves rows of replicated table \"%s\" beside distributed table \"%s\" is not supported",
            "Put the distributed table on the preserved side, or bind its distribution key to a value."),

    // subqueries, CTEs, set operations
    LIMIT_IN_SUBQUERY(
            "LIMIT in a subquery over several shards is not supported",
            "Bind the distribution key to a value, or move LIMIT to the outermost query."),
    DISTINCT_IN_SUBQUERY(
            "DISTINCT in a subquery over several shards is not supported",
            "Add the distribution key to the DISTINCT columns, or bind it to a value."),
    AGGREGATE_IN_SUBQUERY(
            "aggregate in a subquery over several shards is not supported",
            "Group the subquery by the distribution key, or bind the key to a value."),
    WINDOW_IN_SUBQUERY(
            "window function in a subquery over several shards is not supported",
            "Add the distribution key to PARTITION BY, or bind it to a value."),
    RECURSIVE_CTE(
            "WITH RECURSIVE over distributed table \"%s\" on several shards is not supported",
            "Bind the distribution key to a value in both terms of the recursive query."),
    DATA_MODIFYING_CTE(
            "data-modifying statement in WITH on several shards is not supported",
            "Run it as a statement of its own in the same transaction, or bind the distribution key to a value."),
    SET_OPERATION_ACROSS_SHARDS(
            "%s on several shards is not supported",
            "Bind the distribution key to one value in every branch, or use UNION ALL."),

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
    SUBQUERY_BESIDE_AGGREGATE(
            "subquery beside an aggregate, DISTINCT or window function over several shards is not supported",
            "Compute the subquery first and pass its value as a parameter, or bind the distribution key to a value."),
    COLLATION_NOT_KNOWN(
            "aggregate, DISTINCT or window function over text whose collation is not known, on several shards",
            "Add COLLATE to the expression, or bind the distribution key to a value."),
    WHOLE_ROW(
            "row of \"%s\" as a value beside an aggregate, DISTINCT or window function over several shards is not supported",
            "Name the columns, or bind the distribution key to a value."),

    // order and limits
    FETCH_WITH_TIES(
            "FETCH FIRST WITH TIES on several shards is not supported",
            "Use rank() in a query that is bound to one distribution key, or LIMIT."),
    LOCK_WITH_LIMIT(
            "%s with LIMIT on several shards is not supported",
            "Select the keys first and lock them by key, or bind the distribution key to a value."),
    LOCK_ACROSS_SHARDS(
            "%s with aggregation or DISTINCT on several shards is not supported",
            "Select the keys first and lock them by key."),
    ORDER_BY_USING(
            "ORDER BY USING on several shards is not supported",
            "Use ASC or DESC, or bind the distribution key to a value."),
    ORDER_OF_TYPE(
            "ORDER BY a value whose order the client cannot reproduce, on several shards",
            "Order by a number, date, uuid, or text COLLATE \"C\"; or bind the distribution key to a value."),
    LIMIT_EXPRESSION(
            "LIMIT or OFFSET that is neither a number nor a parameter, on several shards is not supported",
            "Compute the value first and pass it as a parameter."),

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
    REPLICATED_FROM_DISTRIBUTED(
            "write to replicated table \"%s\" that reads distributed table \"%s\" is not supported",
            "Read the rows first and write them as values."),
    REPLICATED_FROM_LOCAL(
            "write to replicated table \"%s\" that reads local table \"%s\" is not supported",
            "Read the rows first and write them as values, or make the local table a replicated table."),
    VOLATILE_IN_REPLICATED_WRITE(
            "function %s() in a write to a replicated table could give each copy another value",
            "Compute the value first and pass it as a parameter."),
    DEFAULT_IN_REPLICATED_WRITE(
            "DEFAULT of column \"%s\" could give each copy of a replicated table another value",
            "Compute the value first and pass it as a parameter."),
    UNORDERED_REPLICATED_WRITE(
            "write to replicated table \"%s\" whose rows depend on the order in which a shard reads them is not supported",
            "Read the rows first and write them as values."),
    MERGE_ACROSS_SHARDS(
            "MERGE on several shards is not supported",
            "Use INSERT ... ON CONFLICT, or bind the distribution key to a value."),
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
    INSERT_PART_EVALUATION(
            "expression for a part of column \"%s\" that each copy would compute is not supported",
            "Read the value first and pass it as a parameter."),
    KEY_NOT_HASHABLE("value of distribution key \"%s\" cannot be hashed", "Pass a value of the key's own type."),

    // statements that concern a session or a server
    COPY("COPY is not supported", "Use INSERT with several rows, or a batch."),
    CURSOR(
            "cursor over several shards is not supported",
            "Use a fetch size (Statement.setFetchSize) instead of DECLARE CURSOR."),
    PREPARED_STATEMENT("SQL PREPARE over distributed tables is not supported", "Use java.sql.PreparedStatement."),
    LISTEN_NOTIFY("%s is not supported", "Connect to one node with jdbc:postgresql: for LISTEN and NOTIFY."),

    // the state of tables and of the text
    TABLE_BEING_CREATED(
            "55000",
            "table \"%s\" is being created",
            "Repeat the statement when CREATE DISTRIBUTED TABLE or CREATE REPLICATED TABLE has ended."),
    TABLE_BEING_DROPPED("55000", "table \"%s\" is being dropped", "Create the table again, or leave it out."),
    UNPARSABLE(
            "statement cannot be analysed and names distributed table \"%s\"",
            "Name the shard or key with a hint: /*!pgplex shard=... */ or /*!pgplex key=... */."),
    CROSS_SHARD_FORBIDDEN(
            "statement concerns more than one shard and cross_shard is \"forbid\"",
            "Bind the distribution key to a value, or allow it with the hint /*!pgplex cross_shard=allow */."),

    // commands
    ALTER_CLUSTER(
            "%s is not supported", "Create the table with its final distribution; moving buckets is not there yet."),
    UNIQUE_WITHOUT_KEY(
            "unique constraint on \"%s\" without distribution key \"%s\" is not supported",
            "Add the distribution key to the constraint's columns."),
    EXCLUSION_WITHOUT_KEY(
            "exclusion constraint on \"%s\" that does not compare distribution key \"%s\" by equality is not supported",
            "Add the distribution key WITH = to the constraint."),
    FOREIGN_KEY_NOT_COLOCATED(
            "foreign key from \"%s\" to \"%s\", which are not colocated by it is not supported",
            "Add the distribution keys to the foreign key, or make the referenced table a replicated table."),
    KEY_TYPE(
            "type %s of distribution key \"%s\" cannot be hashed alike by client and servers",
            "Use a column of type bigint, integer, text, uuid, date, timestamp, numeric, boolean or bytea."),
    KEY_COLLATION(
            "distribution key \"%s\" has a nondeterministic collation",
            "Use a deterministic collation, such as \"C\", for the column."),
    KEY_GENERATED("distribution key \"%s\" is a generated column", "Distribute by an ordinary column."),
    DROP_OF_KEY(
            "ALTER TABLE of distribution key \"%s\" is not supported",
            "Create a new table with the other key and copy the rows."),
    INHERITANCE(
            "inheritance or partitioning of distributed table \"%s\" is not supported",
            "Create the table without INHERITS and PARTITION OF.");

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
