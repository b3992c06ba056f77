package io.pgplex.routing.command;

import io.pgplex.routing.scan.ScannedStatement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a statement is. Immutable. */
public sealed interface StatementClass {

    /** SELECT, VALUES, TABLE, WITH or a parenthesised query; a WITH may still hold or end in a write. */
    record Query() implements StatementClass {}

    record Insert() implements StatementClass {}

    record Update() implements StatementClass {}

    record Delete() implements StatementClass {}

    record Merge() implements StatementClass {}

    record Call() implements StatementClass {}

    record Do() implements StatementClass {}

    /**
     * Transaction control.
     *
     * @param modes the transaction modes as text ({@code ISOLATION LEVEL ... READ ONLY}), empty where there are none
     * @param readOnly what the modes say about the access mode, or null
     * @param chain AND CHAIN
     * @param name the savepoint, folded, or null
     */
    record TransactionControl(
            TransactionControl.Kind kind,
            String modes,
            @Nullable Boolean readOnly,
            boolean chain,
            @Nullable String name)
            implements StatementClass {

        /** Which statement. */
        public enum Kind {
            BEGIN,
            COMMIT,
            ROLLBACK,
            SAVEPOINT,
            RELEASE,
            ROLLBACK_TO,
            SET_TRANSACTION,
            SET_SESSION_CHARACTERISTICS,
            SET_CONSTRAINTS,
            /** PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED. */
            TWO_PHASE
        }
    }

    /**
     * SET.
     *
     * @param local SET LOCAL
     * @param name the setting's name, lower case; {@code role}, {@code session_authorization}, {@code timezone},
     *     {@code search_path}, {@code client_encoding} for the special forms
     * @param values the values, decoded; empty for DEFAULT
     */
    record SetVariable(boolean local, String name, List<String> values) implements StatementClass {
        public SetVariable {
            values = List.copyOf(values);
        }
    }

    /**
     * RESET.
     *
     * @param name the setting's name, lower case, or null for ALL
     */
    record Reset(@Nullable String name) implements StatementClass {}

    /** SHOW of a setting. */
    record Show(String name) implements StatementClass {}

    /**
     * DISCARD.
     *
     * @param what ALL, PLANS, SEQUENCES, TEMP
     */
    record Discard(String what) implements StatementClass {}

    /**
     * EXPLAIN.
     *
     * @param options the text between EXPLAIN and the statement
     * @param analyze whether the statement is executed
     * @param statementOffset where the explained statement begins in the text
     */
    record Explain(String options, boolean analyze, int statementOffset) implements StatementClass {}

    /** What lives in one server's session: cursors, prepared statements, notifications, COPY. */
    record SessionObject(SessionObject.Kind kind) implements StatementClass {

        /** Which statement. */
        public enum Kind {
            PREPARE,
            EXECUTE,
            DEALLOCATE,
            DECLARE,
            FETCH,
            CLOSE,
            LISTEN,
            NOTIFY,
            COPY,
            LOAD
        }
    }

    /** Any definition, privilege or maintenance statement of PostgreSQL. */
    record Definition() implements StatementClass {}

    /** DISCOVER CLUSTER ON 'conninfo'. */
    record DiscoverCluster(String conninfo) implements StatementClass {}

    /**
     * JOIN CLUSTER ON 'conninfo' [AS node] [[SHARD shard] [PATRONI 'scope'] | REPLICA OF node].
     *
     * @param node the new node's name, or null for a name to be made
     * @param shard the new shard's name, or null
     * @param patroni the scope of the Patroni cluster that the new shard is, or null for a server that Patroni does not keep
     * @param replicaOf the primary that the node follows, or null for a new shard
     */
    record JoinCluster(
            String conninfo,
            @Nullable String node,
            @Nullable String shard,
            @Nullable String patroni,
            @Nullable String replicaOf)
            implements StatementClass {}

    /**
     * LEAVE CLUSTER [ON node].
     *
     * @param node the node that leaves, or null for the cluster's only one
     */
    record LeaveCluster(@Nullable String node) implements StatementClass {}

    /** RECOVER CLUSTER: settles what crashes have left in doubt. */
    record RecoverCluster() implements StatementClass {}

    /**
     * {@code ALTER CLUSTER SET name TO value} and {@code ALTER CLUSTER RESET name}.
     *
     * @param value the value, or null for the default
     */
    record SetCluster(String name, @Nullable String value) implements StatementClass {}
    /** COMPARE REPLICATED TABLE t: whether its copies are equal. */
    record CompareReplicatedTable(QualifiedName table) implements StatementClass {}

    /** ALTER CLUSTER ...: moves. */
    record AlterCluster() implements StatementClass {}

    /**
     * CREATE DISTRIBUTED TABLE ... BY HASH (column) [COLOCATE WITH table].
     *
     * @param table the table
     * @param keyColumn the distribution key, folded
     * @param colocateWith a table that must be in the same colocation group, or null
     * @param createTable the statement as PostgreSQL knows it
     */
    record CreateDistributedTable(
            QualifiedName table, String keyColumn, @Nullable QualifiedName colocateWith, ScannedStatement createTable)
            implements StatementClass {}

    /**
     * CREATE REPLICATED TABLE.
     *
     * @param createTable the statement as PostgreSQL knows it
     */
    record CreateReplicatedTable(QualifiedName table, ScannedStatement createTable) implements StatementClass {}

    /**
     * DROP DISTRIBUTED TABLE, DROP REPLICATED TABLE.
     *
     * @param dropTable the statement as PostgreSQL knows it
     */
    record DropDistributedTable(ScannedStatement dropTable) implements StatementClass {}
}
