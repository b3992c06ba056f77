package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.cluster.CatalogInspector.IndexState;
import io.pgplex.jdbc.cluster.Definition.Subject;
import io.pgplex.jdbc.cluster.Definition.Trait;
import io.pgplex.jdbc.cluster.Definition.Verb;
import io.pgplex.jdbc.cluster.Placement.Extent;
import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution.Distributed;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.scan.ScannedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs what PostgreSQL runs outside transactions only: VACUUM, REINDEX and indexes made or dropped CONCURRENTLY, on one
 * shard after the other. No transaction holds the shards together, so after a failure some have it and some have not;
 * the same statement run again does the rest. Confined to a thread.
 */
final class Maintenance {

    private final Definition definition;
    private final ScannedStatement statement;
    private final ServerText text;
    private final DefinitionScope scope;

    Maintenance(Definition definition, ScannedStatement statement, ServerText text, DefinitionScope scope) {
        this.definition = definition;
        this.statement = statement;
        this.text = text;
        this.scope = scope;
    }

    static boolean runsOutsideTransaction(Definition definition, DefinitionScope scope) {
        boolean concurrently = definition.has(Trait.CONCURRENTLY) && definition.subject() != Subject.MATERIALIZED_VIEW;
        return switch (definition.verb()) {
            case VACUUM -> true;
            case ANALYZE -> !scope.inApplicationTransaction();
            case CLUSTER -> definition.relations().isEmpty();
            case REINDEX ->
                concurrently || definition.subject() == Subject.SCHEMA || definition.subject() == Subject.DATABASE;
            default -> concurrently;
        };
    }

    void run() throws SQLException {
        if (scope.inApplicationTransaction()) {
            throw Refusals.error(
                    "25001",
                    definition.verb().name().toUpperCase(Locale.ROOT)
                            + (definition.has(Trait.CONCURRENTLY) ? " CONCURRENTLY" : "")
                            + " cannot run inside a transaction block",
                    "Switch autocommit on.");
        }
        // the transaction of this session must hold no snapshot on the home shard, or CONCURRENTLY would wait for it
        Placement placement = scope.outsideTransaction(
                scope.map().homeShard(),
                connection -> Placement.of(definition, scope.map(), new CatalogInspector(connection)));
        List<Shard> shards = scope.map().shards();
        if (placement.extent() == Extent.HOME) {
            shards = shards.subList(0, 1);
        }
        boolean index =
                definition.subject() == Subject.INDEX && !placement.touched().isEmpty();
        if (index && definition.verb() == Verb.CREATE) {
            createIndex(placement.touched().get(0), shards);
        } else if (index && definition.verb() == Verb.DROP) {
            dropIndex(placement, shards);
        } else if (definition.verb() == Verb.REINDEX
                && definition.has(Trait.CONCURRENTLY)
                && !placement.touched().isEmpty()) {
            reindex(placement, shards);
        } else {
            onEach(shards, this::run);
        }
    }

    /** What is done on one shard, outside any transaction. */
    @FunctionalInterface
    private interface Step {
        void on(Shard shard) throws SQLException;
    }

    /** Goes from shard to shard, telling of each; what stops it says which have it, which has failed and which are left. */
    private void onEach(List<Shard> shards, Step step) throws SQLException {
        if (shards.size() == 1) {
            step.on(shards.get(0));
            return;
        }
        for (int i = 0; i < shards.size(); i++) {
            Shard shard = shards.get(i);
            long began = System.nanoTime();
            try {
                step.on(shard);
            } catch (SQLException e) {
                throw PgplexErrors.onShard(
                        PgplexErrors.partly(
                                e,
                                "Done on shards: " + names(shards.subList(0, i)) + "; failed on: "
                                        + names(List.of(shard)) + "; not tried: "
                                        + names(shards.subList(i + 1, shards.size())) + ".",
                                "Run the same statement again when the cause is removed: it does what is left."),
                        shard.name(),
                        scope.map().primary(shard).name());
            }
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
            scope.progress("shard " + names(List.of(shard)) + ": done in " + millis + " ms (" + (i + 1) + " of "
                    + shards.size() + ")");
        }
    }

    private static String names(List<Shard> shards) {
        return shards.isEmpty()
                ? "none"
                : shards.stream().map(shard -> '"' + shard.name() + '"').collect(Collectors.joining(", "));
    }

    private void run(Shard shard) throws SQLException {
        run(shard, text.on(shard));
    }

    private void run(Shard shard, String sql) throws SQLException {
        scope.outsideTransaction(shard, connection -> scope.execute(connection, sql));
    }

    private void createIndex(TableName tableName, List<Shard> shards) throws SQLException {
        Table table = scope.map().table(tableName);
        if (definition.object().isEmpty()) {
            throw Refusals.of(Unsupported.UNNAMED_INDEX);
        }
        if (table != null && definition.has(Trait.UNIQUE) && table.distribution() instanceof Distributed distributed) {
            checkUnique(tableName, distributed.keyColumn());
        }
        String name = definition.object();
        String bare = name.substring(1, name.length() - 1).replace("\"\"", "\"");
        boolean missing = false;
        for (Shard shard : shards) {
            missing |= state(shard, tableName, bare) != IndexState.VALID;
        }
        if (!missing) {
            // every shard has it already: the server says so
            run(shards.get(0));
            return;
        }
        onEach(shards, shard -> {
            IndexState state = state(shard, tableName, bare);
            if (state == IndexState.INVALID) {
                state = leftBehind(shard, tableName, inspector -> inspector.indexState(tableName, bare));
            }
            if (state == IndexState.INVALID) {
                drop(shard, tableName, name);
            }
            if (state != IndexState.VALID) {
                run(shard);
            }
        });
    }

    private IndexState state(Shard shard, TableName table, String index) throws SQLException {
        return scope.outsideTransaction(shard, connection -> new CatalogInspector(connection).indexState(table, index));
    }

    private void drop(Shard shard, TableName table, String quotedIndex) throws SQLException {
        run(shard, "DROP INDEX CONCURRENTLY IF EXISTS " + TableName.quote(table.schema()) + "." + quotedIndex);
    }

    /** A question to the catalogs. */
    @FunctionalInterface
    private interface Question<T> {
        T ask(CatalogInspector inspector) throws SQLException;
    }

    /**
     * Asks when nobody is building an index of the table: an index that is invalid while somebody is may be his, and valid
     * soon. Those who build hold the lock that is waited for here.
     */
    private <T extends @Nullable Object> T leftBehind(Shard shard, TableName table, Question<T> question)
            throws SQLException {
        return scope.outsideTransaction(shard, connection -> {
            connection.setAutoCommit(false);
            try {
                scope.execute(connection, "LOCK TABLE " + table.quoted() + " IN SHARE UPDATE EXCLUSIVE MODE");
                T answer = question.ask(new CatalogInspector(connection));
                connection.commit();
                return answer;
            } catch (SQLException e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
        });
    }

    /** What an interrupted attempt has left goes first: PostgreSQL would leave it for ever. */
    private void reindex(Placement placement, List<Shard> shards) throws SQLException {
        ResolvedRelation relation = placement.resolved().get(0);
        TableName table = relation.owner();
        String index = definition.subject() == Subject.INDEX ? relation.name().name() : null;
        onEach(shards, shard -> {
            for (String leftover : leftBehind(shard, table, inspector -> inspector.reindexLeftovers(table, index))) {
                drop(shard, table, TableName.quote(leftover));
            }
            run(shard);
        });
    }

    /** What cannot be rolled back is checked before: the key must be one of the columns as it stands. */
    private void checkUnique(TableName table, String key) throws SQLException {
        int on = 0;
        while (!statement.is(on, "ON")) {
            on++;
        }
        int open = on;
        while (open < statement.tokenCount() && !statement.isPunctuation(open, '(')) {
            open++;
        }
        for (int i = open; i < statement.matching(open); i++) {
            boolean begins = i == open || statement.isPunctuation(i, ',');
            boolean plain = statement.isName(i + 1)
                    && (statement.isPunctuation(i + 2, ',')
                            || statement.isPunctuation(i + 2, ')')
                            || statement.is(i + 2, "ASC", "DESC", "NULLS"));
            if (begins && plain && statement.identifier(i + 1).equals(key)) {
                return;
            }
            if (i > open && statement.isPunctuation(i, '(') && statement.matching(i) > i) {
                i = statement.matching(i);
            }
        }
        throw Refusals.of(
                Unsupported.UNIQUE_WITHOUT_KEY,
                "unique index",
                String.valueOf(definition.object()),
                String.valueOf(table),
                key);
    }

    /** The home shard comes last: as long as the index is there, the statement can be repeated. */
    private void dropIndex(Placement placement, List<Shard> shards) throws SQLException {
        List<Shard> homeLast = new ArrayList<>(shards);
        Collections.reverse(homeLast);
        ResolvedRelation index = placement.resolved().get(0);
        onEach(homeLast, shard -> {
            if (shard.ordinal() == 0 || state(shard, index.owner(), index.name().name()) != IndexState.MISSING) {
                run(shard);
            }
        });
    }
}
