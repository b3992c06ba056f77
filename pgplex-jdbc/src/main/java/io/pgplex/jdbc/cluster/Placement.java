package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.cluster.Definition.Subject;
import io.pgplex.jdbc.cluster.Definition.Trait;
import io.pgplex.jdbc.cluster.Definition.Verb;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.plan.Unsupported;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Where a definition runs, and which relations of the cluster map it names. Immutable.
 *
 * @param extent the shards
 * @param touched relations of the cluster map that it names, or whose indexes
 * @param resolved every existing relation that it names
 */
record Placement(Extent extent, List<TableName> touched, List<ResolvedRelation> resolved) {

    /** Which shards a definition runs on. */
    enum Extent {
        HOME,
        EVERY_SHARD,
        /** On the home shard, and on each other one that has what the definition needs. */
        EVERY_ABLE_SHARD,
        /** Once for each server, however many databases of it are nodes. */
        EVERY_SERVER
    }

    Placement {
        touched = List.copyOf(touched);
        resolved = List.copyOf(resolved);
    }

    /**
     * Finds the place.
     *
     * @param inspector the home shard's catalogs, before the definition runs
     * @throws SQLException 0A000 when it names local relations together with others, or cannot run in a cluster at all;
     *     42501 for pgplex's own relations
     */
    static Placement of(Definition definition, ClusterMap map, CatalogInspector inspector) throws SQLException {
        refuseServers(definition);
        if (definition.subject() == Subject.SCHEMA && definition.object().equals(DefinitionReader.PGPLEX)) {
            refusePgplex(new TableName("pgplex", "pgplex"));
        }
        List<ResolvedRelation> resolved =
                definition.relations().isEmpty() ? List.of() : inspector.resolve(definition.relations());
        List<TableName> touched = new ArrayList<>();
        List<TableName> others = new ArrayList<>();
        boolean sequences = false;
        for (ResolvedRelation relation : resolved) {
            TableName owner = relation.owner();
            refusePgplex(owner);
            if (!relation.temporary()
                    && (map.table(owner) != null || map.views().containsKey(owner))) {
                touched.add(owner);
            } else {
                others.add(owner);
                sequences |= relation.kind() == 'S';
            }
        }
        if (definition.subject() == Subject.STATISTICS && definition.verb() != Verb.CREATE) {
            statistics(definition, map, inspector, touched);
        }
        if (!touched.isEmpty() && !others.isEmpty()) {
            throw Refusals.of(
                    Unsupported.DEFINITION_OF_BOTH,
                    definition.verb().name().toUpperCase(Locale.ROOT),
                    String.valueOf(touched.get(0)),
                    String.valueOf(others.get(0)));
        }
        return new Placement(extent(definition, !touched.isEmpty(), sequences), touched, resolved);
    }

    private static void statistics(
            Definition definition, ClusterMap map, CatalogInspector inspector, List<TableName> touched)
            throws SQLException {
        for (TableName table : inspector.tablesOfStatistics(definition.object())) {
            if (map.table(table) != null) {
                touched.add(table);
            }
        }
    }

    private static void refuseServers(Definition definition) throws SQLException {
        boolean wholeDatabase = definition.subject() == Subject.DATABASE
                && (definition.verb() == Verb.CREATE || definition.verb() == Verb.DROP);
        if (definition.subject() == Subject.SERVER || wholeDatabase) {
            throw Refusals.of(
                    Unsupported.DEFINITION_OF_SERVER, definition.verb().name().toUpperCase(Locale.ROOT));
        }
    }

    static void refusePgplex(TableName name) throws SQLException {
        boolean catalog = name.name().equals("pg_cluster") || name.name().equals("pg_distributed_tables");
        if (name.schema().equals("pgplex") || catalog) {
            throw Refusals.error(
                    "42501",
                    "permission denied: \"" + name.name() + "\" belongs to pgplex",
                    "It is changed by JOIN CLUSTER, LEAVE CLUSTER and the driver only.");
        }
    }

    private static Extent extent(Definition definition, boolean touchesMap, boolean sequences) {
        return switch (definition.subject()) {
            case TABLE ->
                touchesMap || (definition.relations().isEmpty() && definition.verb() != Verb.CREATE)
                        ? Extent.EVERY_SHARD
                        : sequences ? Extent.EVERY_ABLE_SHARD : Extent.HOME;
            case INDEX, VIEW, RULE, STATISTICS -> touchesMap ? Extent.EVERY_SHARD : Extent.HOME;
            case MATERIALIZED_VIEW, FOREIGN_TABLE, HOME -> Extent.HOME;
            case SEQUENCE -> definition.has(Trait.TEMPORARY) ? Extent.HOME : Extent.EVERY_ABLE_SHARD;
            case ROUTINE -> Extent.EVERY_ABLE_SHARD;
            case ROLE -> Extent.EVERY_SERVER;
            case SCHEMA, DATABASE, SERVER, EVERYWHERE -> Extent.EVERY_SHARD;
        };
    }
}
