package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.cluster.CatalogInspector.IndexState;
import io.pgplex.jdbc.cluster.Definition.Subject;
import io.pgplex.jdbc.cluster.Definition.Trait;
import io.pgplex.jdbc.cluster.Definition.Verb;
import io.pgplex.jdbc.cluster.Placement.Extent;
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
        } else {
            for (Shard shard : shards) {
                run(shard);
            }
        }
    }

    private void run(Shard shard) throws SQLException {
        String sql = text.on(shard);
        scope.outsideTransaction(shard, connection -> ServerText.execute(connection, sql));
    }

    private void createIndex(TableName tableName, List<Shard> shards) throws SQLException {
        Table table = scope.map().table(tableName);
        if (definition.object().isEmpty()) {
            throw Refusals.of(Unsupported.UNNAMED_INDEX);
        }
        if (table != null && definition.has(Trait.UNIQUE) && table.distribution() instanceof Distributed distributed) {
            checkUnique(tableName, distributed.keyColumn());
        }
        List<Shard> missing = new ArrayList<>();
        String name = definition.object();
        String bare = name.substring(1, name.length() - 1).replace("\"\"", "\"");
        for (Shard shard : shards) {
            IndexState state = scope.outsideTransaction(
                    shard, connection -> new CatalogInspector(connection).indexState(tableName, bare));
            if (state == IndexState.MISSING) {
                missing.add(shard);
            } else if (state == IndexState.INVALID) {
                String drop = "DROP INDEX CONCURRENTLY IF EXISTS " + TableName.quote(tableName.schema()) + "." + name;
                scope.outsideTransaction(shard, connection -> ServerText.execute(connection, drop));
                missing.add(shard);
            }
        }
        // where every shard has it already, the server says so
        for (Shard shard : missing.isEmpty() ? shards.subList(0, 1) : missing) {
            run(shard);
        }
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
        for (Shard shard : homeLast) {
            IndexState state = scope.outsideTransaction(shard, connection -> new CatalogInspector(connection)
                    .indexState(index.owner(), index.name().name()));
            if (state != IndexState.MISSING || shard.ordinal() == 0) {
                run(shard);
            }
        }
    }
}
