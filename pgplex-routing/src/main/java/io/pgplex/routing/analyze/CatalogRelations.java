package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.scan.Identifiers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The relations that pgplex itself brings: {@code pg_cluster}, {@code pg_distributed_tables}, and intermediates. They stand
 * in the text as common table expressions, the former with the map's values, so any SQL works on them:
 *
 * <pre>
 * SELECT name FROM pg_cluster
 * WITH pg_cluster(oid, name, conn, state) AS (VALUES ('1'::oid, ...)) SELECT name FROM pg_cluster
 * </pre>
 */
public final class CatalogRelations {

    /** The schema under which a map has the intermediates of a statement that is being planned; no server has it. */
    public static final String MOVED = "pgplex moved";

    private static final String[] CLUSTER_TYPES = {"oid", "text", "text", "text"};
    private static final List<String> CLUSTER = List.of("oid", "name", "conn", "state");
    private static final String[] TABLES_TYPES = {"text", "text", "text", "text", "text", "text", "integer"};
    private static final List<String> TABLES =
            List.of("schemaname", "tablename", "distribution", "key_column", "key_type", "colocation_group", "buckets");

    private final ClusterMap map;

    public CatalogRelations(ClusterMap map) {
        this.map = map;
    }

    static List<String> columns(String name) {
        return name.equals("pg_cluster") ? CLUSTER : TABLES;
    }

    /**
     * Puts the relations in front of the statement.
     *
     * @param with the statement's own WITH, or null
     * @param first the token that its main part begins with
     */
    public void splice(Splice splice, Collection<String> names, Query.@Nullable With with, int first) {
        if (names.isEmpty()) {
            return;
        }
        List<String> ctes = new ArrayList<>();
        for (String name : names) {
            ctes.add(
                    switch (name) {
                        case "pg_cluster" -> cluster();
                        case "pg_distributed_tables" -> tables();
                        default -> Intermediate.definition(name);
                    });
        }
        String joined = String.join(", ", ctes);
        if (with == null) {
            splice.insertBefore(first, "WITH " + joined + " ");
        } else {
            // behind WITH or WITH RECURSIVE, so that the statement's own CTEs see them
            splice.insertBefore(with.from() + (with.recursive() ? 2 : 1), joined + ", ");
        }
    }

    private String cluster() {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (Shard shard : map.shards()) {
            List<String> members = new ArrayList<>(List.of(shard.primary()));
            members.addAll(shard.standbys());
            for (String member : members) {
                Node node = map.nodes().get(member);
                if (node != null) {
                    String state = member.equals(shard.primary()) ? "primary" : "standby";
                    rows.add(List.of(Long.toString(node.oid()), node.name(), node.conninfo(), state));
                }
            }
        }
        return relation("pg_cluster", CLUSTER, CLUSTER_TYPES, rows);
    }

    private String tables() {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (Map.Entry<?, Table> entry : map.tables().entrySet()) {
            Table table = entry.getValue();
            List<@Nullable String> row =
                    new ArrayList<>(List.of(table.name().schema(), table.name().name()));
            if (table.distribution() instanceof TableDistribution.Distributed distributed) {
                KeyType type = distributed.keyType();
                row.add("hash");
                row.add(distributed.keyColumn());
                row.add(type.sqlName());
                row.add(Identifiers.asciiLower(type.family().name()));
                row.add(Integer.toString(map.buckets()));
            } else {
                row.add("replicated");
                for (int i = row.size(); i < TABLES.size(); i++) {
                    row.add(null);
                }
            }
            rows.add(row);
        }
        return relation("pg_distributed_tables", TABLES, TABLES_TYPES, rows);
    }

    private static String relation(
            String name, List<String> columns, String[] types, List<List<@Nullable String>> rows) {
        StringBuilder sql = new StringBuilder(name);
        sql.append('(').append(String.join(", ", columns)).append(") AS (");
        if (rows.isEmpty()) {
            sql.append("SELECT ");
            for (int i = 0; i < types.length; i++) {
                sql.append(i == 0 ? "" : ", ").append("NULL::").append(types[i]);
            }
            return sql.append(" WHERE false)").toString();
        }
        sql.append("VALUES ");
        for (int r = 0; r < rows.size(); r++) {
            sql.append(r == 0 ? "(" : ", (");
            for (int i = 0; i < types.length; i++) {
                String value = rows.get(r).get(i);
                sql.append(i == 0 ? "" : ", ")
                        .append(value == null ? "NULL" : literal(value))
                        .append("::")
                        .append(types[i]);
            }
            sql.append(')');
        }
        return sql.append(')').toString();
    }

    private static String literal(String value) {
        String quoted = value.replace("'", "''");
        return quoted.indexOf('\\') < 0 ? "'" + quoted + "'" : " E'" + quoted.replace("\\", "\\\\") + "'";
    }
}
