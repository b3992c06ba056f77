package io.pgplex.jdbc.cluster;

import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.scan.ScannedStatement;
import java.sql.SQLException;
import java.util.List;

/** Makes a local or temporary table on the home shard: plain CREATE TABLE, with AS too. Confined to a thread. */
final class LocalTableCreation {

    private final Definition definition;
    private final ScannedStatement statement;
    private final DefinitionScope scope;

    LocalTableCreation(Definition definition, ScannedStatement statement, DefinitionScope scope) {
        this.definition = definition;
        this.statement = statement;
        this.scope = scope;
    }

    /** Returns the rows that CREATE TABLE AS has written, else 0. */
    long run(ShardRuns runs) throws SQLException {
        refusePgplexSchema(definition.object());
        int query = queryStart(statement);
        if (query > 0) {
            QuerySources.check(statement, query, scope.map(), scope.routingScope());
        }
        long count = runs.onHome();
        Shard home = scope.map().homeShard();
        DescribedRelation made = scope.on(home, connection -> {
            CatalogInspector inspector = new CatalogInspector(connection);
            DescribedRelation table = DefinitionExecutor.made(inspector, definition.object());
            new TableRules(scope.map(), inspector).check(List.of(table));
            return table;
        });
        if (made.temporary()) {
            scope.temporaryRelation(made.name().name());
        }
        return count;
    }

    static void refusePgplexSchema(String quotedName) throws SQLException {
        String schema = DefinitionReader.PGPLEX + ".";
        if (quotedName.startsWith(schema)) {
            Placement.refusePgplex(new TableName("pgplex", quotedName.substring(schema.length())));
        }
    }

    /** Where the query of CREATE TABLE ... AS begins, or -1. */
    static int queryStart(ScannedStatement statement) {
        for (int i = 2; i < statement.tokenCount(); i++) {
            if (statement.isPunctuation(i, '(') && statement.matching(i) > i) {
                i = statement.matching(i);
            } else if (statement.is(i, "AS")) {
                return i + 1;
            }
        }
        return -1;
    }
}
