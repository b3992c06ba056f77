package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.cluster.DescribedRelation.DescribedColumn;
import io.pgplex.jdbc.sql.ServerSql;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.TableName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads one server's catalogs inside the transaction of a definition. Holds a connection for the time of a call chain;
 * confined to a thread.
 */
final class CatalogInspector {

    private final Connection connection;

    CatalogInspector(Connection connection) {
        this.connection = connection;
    }

    /** What names, as SQL, mean under the session's search_path; names that mean nothing are left out. */
    List<ResolvedRelation> resolve(Collection<String> names) throws SQLException {
        List<ResolvedRelation> resolved = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.RESOLVE_RELATIONS)) {
            statement.setArray(1, texts(names));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    String tableSchema = row.getString(7);
                    resolved.add(new ResolvedRelation(
                            row.getString(1),
                            row.getLong(2),
                            new TableName(row.getString(3), row.getString(4)),
                            row.getString(5).charAt(0),
                            "t".equals(row.getString(6)),
                            tableSchema == null ? null : new TableName(tableSchema, row.getString(8))));
                }
            }
        }
        return resolved;
    }

    /** The tables that extended statistics are about; the name is SQL, perhaps without its schema. */
    List<TableName> tablesOfStatistics(String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.STATISTICS_TABLES)) {
            statement.setString(1, name);
            return names(statement);
        }
    }

    /** The OIDs of the relations that exist. */
    Map<TableName, Long> oids(Collection<TableName> names) throws SQLException {
        Map<TableName, Long> oids = new LinkedHashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.RELATION_OIDS)) {
            statement.setArray(1, texts(names.stream().map(TableName::schema).toList()));
            statement.setArray(2, texts(names.stream().map(TableName::name).toList()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    oids.put(new TableName(row.getString(1), row.getString(2)), row.getLong(3));
                }
            }
        }
        return oids;
    }

    /** The relations of these OIDs that exist, with their columns; every name in them is qualified. */
    Map<Long, DescribedRelation> describe(Collection<Long> oids) throws SQLException {
        if (oids.isEmpty()) {
            return Map.of();
        }
        String path = setting(ServerSql.CURRENT_SEARCH_PATH);
        set(ServerSql.SET_SEARCH_PATH, "");
        Map<Long, List<DescribedColumn>> columns = columns(oids);
        Map<Long, DescribedRelation> relations = new LinkedHashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.RELATIONS)) {
            statement.setArray(1, numbers(oids));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    long oid = row.getLong(1);
                    relations.put(
                            oid,
                            new DescribedRelation(
                                    oid,
                                    new TableName(row.getString(2), row.getString(3)),
                                    row.getString(4).charAt(0),
                                    "t".equals(row.getString(5)),
                                    List.of((String[]) row.getArray(7).getArray()),
                                    withoutSemicolon(row.getString(6)),
                                    columns.getOrDefault(oid, List.of())));
                }
            }
        }
        set(ServerSql.SET_SEARCH_PATH, path);
        return relations;
    }

    private static @Nullable String withoutSemicolon(@Nullable String query) {
        if (query == null) {
            return null;
        }
        String stripped = query.strip();
        return stripped.endsWith(";") ? stripped.substring(0, stripped.length() - 1) : stripped;
    }

    /** A row of the catalogs before its default is judged. */
    private record RawColumn(
            long relation,
            int number,
            String name,
            String type,
            boolean notNull,
            @Nullable String collation,
            @Nullable String expression,
            boolean fromSequence,
            boolean generated,
            String typname,
            boolean deterministic) {}

    private Map<Long, List<DescribedColumn>> columns(Collection<Long> oids) throws SQLException {
        List<RawColumn> raw = rawColumns(oids);
        Map<String, ColumnDefault> defaults = new HashMap<>();
        Set<String> functions = new HashSet<>();
        for (RawColumn column : raw) {
            if (column.expression != null) {
                ColumnDefault parsed = defaults.computeIfAbsent(column.expression, ColumnDefault::of);
                functions.addAll(parsed.functions());
            }
        }
        Set<String> changing = changingFunctions(functions);
        Map<Long, List<DescribedColumn>> columns = new HashMap<>();
        for (RawColumn column : raw) {
            ColumnDefault parsed = column.expression == null ? null : defaults.get(column.expression);
            Column model = new Column(
                    column.name,
                    column.type,
                    column.notNull,
                    column.collation,
                    column.expression,
                    ColumnDefault.kind(parsed, column.fromSequence, column.generated, changing));
            columns.computeIfAbsent(column.relation, oid -> new ArrayList<>())
                    .add(new DescribedColumn(column.number, model, KeyTypes.of(column.typname), column.deterministic));
        }
        return columns;
    }

    private List<RawColumn> rawColumns(Collection<Long> oids) throws SQLException {
        List<RawColumn> columns = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.COLUMNS)) {
            statement.setArray(1, numbers(oids));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    columns.add(new RawColumn(
                            row.getLong(1),
                            row.getInt(2),
                            row.getString(3),
                            row.getString(4),
                            row.getBoolean(5),
                            row.getString(6),
                            row.getString(7),
                            row.getBoolean(8),
                            row.getBoolean(9),
                            row.getString(10),
                            row.getBoolean(11)));
                }
            }
        }
        return columns;
    }

    /** Those of the system's functions that are not immutable. */
    Set<String> changingFunctions(Collection<String> names) throws SQLException {
        Set<String> changing = new HashSet<>();
        if (!names.isEmpty()) {
            try (PreparedStatement statement = connection.prepareStatement(ServerSql.CHANGING_FUNCTIONS)) {
                statement.setArray(1, texts(names));
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        changing.add(row.getString(1));
                    }
                }
            }
        }
        return changing;
    }

    /**
     * A unique index or exclusion constraint.
     *
     * @param kind p primary key, u unique constraint, x exclusion constraint, i only an index
     * @param columns attribute numbers, 0 for an expression
     * @param deterministic for each column, whether equal means equal bytes
     * @param operators for each column of an exclusion constraint its operator; empty for others
     */
    record UniqueIndex(
            long table,
            String name,
            char kind,
            List<Integer> columns,
            List<Boolean> deterministic,
            List<String> operators) {}

    List<UniqueIndex> uniqueIndexes(Collection<Long> tables) throws SQLException {
        List<UniqueIndex> indexes = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.UNIQUE_INDEXES)) {
            statement.setArray(1, numbers(tables));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    indexes.add(new UniqueIndex(
                            row.getLong(1),
                            row.getString(2),
                            row.getString(3).charAt(0),
                            integers(row, 4),
                            List.of((Boolean[]) row.getArray(5).getArray()),
                            List.of((String[]) row.getArray(6).getArray())));
                }
            }
        }
        return indexes;
    }

    /**
     * A foreign key.
     *
     * @param columns attribute numbers in the referencing table, in pairs with {@code referencedColumns}
     * @param onDelete {@code confdeltype}: a, r, c, n (SET NULL), d (SET DEFAULT)
     * @param onUpdate {@code confupdtype}
     * @param setColumns what ON DELETE SET NULL or SET DEFAULT sets; empty for all columns
     */
    record ForeignKey(
            String name,
            long table,
            TableName tableName,
            long referenced,
            TableName referencedName,
            List<Integer> columns,
            List<Integer> referencedColumns,
            char onDelete,
            char onUpdate,
            List<Integer> setColumns) {}

    /** The foreign keys from or to these tables. */
    List<ForeignKey> foreignKeys(Collection<Long> tables) throws SQLException {
        List<ForeignKey> keys = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.FOREIGN_KEYS)) {
            statement.setArray(1, numbers(tables));
            statement.setArray(2, numbers(tables));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    keys.add(new ForeignKey(
                            row.getString(1),
                            row.getLong(2),
                            new TableName(row.getString(3), row.getString(4)),
                            row.getLong(5),
                            new TableName(row.getString(6), row.getString(7)),
                            integers(row, 8),
                            integers(row, 9),
                            row.getString(10).charAt(0),
                            row.getString(11).charAt(0),
                            integers(row, 12)));
                }
            }
        }
        return keys;
    }

    /** A table that inherits from another one, or is a partition of it. */
    record Inheritance(TableName child, TableName parent) {}

    /** Who inherits from these tables, and what they inherit from. */
    List<Inheritance> inheritance(Collection<Long> tables) throws SQLException {
        List<Inheritance> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.INHERITANCE)) {
            statement.setArray(1, numbers(tables));
            statement.setArray(2, numbers(tables));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(new Inheritance(
                            new TableName(row.getString(1), row.getString(2)),
                            new TableName(row.getString(3), row.getString(4))));
                }
            }
        }
        return found;
    }

    /** The name of a rule on one of these tables, or null. */
    @Nullable
    String rule(Collection<Long> tables) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.RULES)) {
            statement.setArray(1, numbers(tables));
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }

    /** The tables below a view, a materialized view or a table's rules, through whatever views lie between. */
    List<TableName> tablesBelow(long relation) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.TABLES_BELOW)) {
            statement.setLong(1, relation);
            statement.setLong(2, relation);
            return names(statement);
        }
    }

    /** What CREATE INDEX CONCURRENTLY may have left. */
    enum IndexState {
        MISSING,
        INVALID,
        VALID
    }

    IndexState indexState(TableName table, String index) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.INDEX_IS_VALID)) {
            statement.setString(1, table.schema());
            statement.setString(2, table.name());
            statement.setString(3, index);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return IndexState.MISSING;
                }
                return row.getBoolean(1) ? IndexState.VALID : IndexState.INVALID;
            }
        }
    }

    /** The invalid indexes that an interrupted REINDEX CONCURRENTLY of a table, or of one index of it, has left. */
    List<String> reindexLeftovers(TableName table, @Nullable String index) throws SQLException {
        List<String> names = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.REINDEX_LEFTOVERS)) {
            statement.setString(1, table.schema());
            statement.setString(2, table.name());
            statement.setString(3, index);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    names.add(row.getString(1));
                }
            }
        }
        return names;
    }

    boolean hasRows(TableName table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.hasRows(table.quoted()));
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static List<TableName> names(PreparedStatement statement) throws SQLException {
        List<TableName> names = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                names.add(new TableName(row.getString(1), row.getString(2)));
            }
        }
        return names;
    }

    private String setting(String query) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getString(1);
        }
    }

    private void set(String query, String value) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, value);
            statement.executeQuery().close();
        }
    }

    private Array texts(Collection<String> values) throws SQLException {
        return connection.createArrayOf("text", values.toArray());
    }

    private Array numbers(Collection<Long> values) throws SQLException {
        return connection.createArrayOf("int8", values.toArray());
    }

    private static List<Integer> integers(ResultSet row, int column) throws SQLException {
        return List.of((Integer[]) row.getArray(column).getArray());
    }
}
