package io.pgplex.routing.plan;

import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.command.StatementClass;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How one statement runs. Immutable, free of parameter values, cacheable for the map it was made from. */
public sealed interface Plan {

    /**
     * A statement that touches rows. With one shard selected the original runs there, byte for byte; with none it runs
     * on any one shard, for its empty result; with several the scatter runs, or the movement, or the refusal is thrown:
     * exactly one of the three is there when several shards can be selected.
     *
     * @param original the application's own text
     * @param effect what it may do to data
     * @param returnsRows whether it answers with rows rather than a count
     * @param selector the shards that it concerns
     * @param scatter how each shard runs it alone, or null
     * @param movement how it runs once rows have travelled, or null
     * @param refusal why it does not run on several shards, or null
     * @param locked replicated tables whose rows it locks for a write, on the first shard, where their writers meet
     */
    record Sharded(
            StatementKind kind,
            Effect effect,
            boolean returnsRows,
            Fragment original,
            ShardSelector selector,
            @Nullable Scatter scatter,
            @Nullable Movement movement,
            @Nullable Refusal refusal,
            List<TableName> locked)
            implements Plan {
        public Sharded {
            locked = List.copyOf(locked);
        }

        /** A statement that locks no rows of replicated tables. */
        public Sharded(
                StatementKind kind,
                Effect effect,
                boolean returnsRows,
                Fragment original,
                ShardSelector selector,
                @Nullable Scatter scatter,
                @Nullable Movement movement,
                @Nullable Refusal refusal) {
            this(kind, effect, returnsRows, original, selector, scatter, movement, refusal, List.of());
        }

        /** The same statement, for which rows travel where it concerns several of these shards. */
        public Sharded moving(ShardSelector shards, Movement how) {
            return new Sharded(kind, effect, returnsRows, original, shards, null, how, null);
        }

        /** The same statement, refused where it concerns several shards. */
        public Sharded refused(Refusal why) {
            return new Sharded(kind, effect, returnsRows, original, selector, null, null, why);
        }
    }

    /**
     * {@code INSERT ... VALUES} into a distributed table, with several rows or with values to fill in. Rows go to the
     * shards of their keys, each shard getting {@code head row, row, ... tail}.
     *
     * @param original the application's own text, sent as it stands when every row goes to one shard and nothing is
     *     filled in; null where something always is
     * @param head up to and including VALUES; has no parameters
     * @param tail from after the last row: ON CONFLICT, RETURNING
     * @param evaluations values computed once before, parameters after the statement's own
     */
    record Insert(
            @Nullable Fragment original,
            boolean returnsRows,
            String head,
            List<InsertRow> rows,
            Fragment tail,
            KeyType keyType,
            List<Evaluation> evaluations)
            implements Plan {
        public Insert {
            rows = List.copyOf(rows);
            evaluations = List.copyOf(evaluations);
        }
    }

    /**
     * A statement that concerns sessions, transactions, definitions or the cluster, which whoever executes plans knows
     * how to run.
     */
    record Utility(StatementClass statementClass, ScannedStatement statement) implements Plan {}

    /**
     * {@code EXPLAIN}.
     *
     * @param explained the plan of the statement that is explained
     * @param options the text between EXPLAIN and that statement
     * @param analyze whether it is executed
     * @param statement the statement that is explained
     */
    record Explain(Plan explained, String options, boolean analyze, ScannedStatement statement) implements Plan {}
}
