package io.pgplex.jdbc.tenants;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Copies the rows of a table from one database to another, whatever its columns. */
final class TenantRows {

    /** Types that a key may have; the values of all others travel as text. */
    private static final Set<String> BOUND_AS_THEY_ARE = Set.of("int2", "int4", "int8", "uuid");

    private final Connection source;
    private final Connection target;

    TenantRows(Connection source, Connection target) {
        this.source = source;
        this.target = target;
    }

    void copy(String table) throws SQLException {
        try (Statement select = source.createStatement();
                ResultSet rows = select.executeQuery("SELECT * FROM " + table)) {
            List<String> types = types(rows.getMetaData());
            String sql = "INSERT INTO " + table + " VALUES ("
                    + String.join(", ", types.stream().map(TenantRows::marker).toList()) + ")";
            try (PreparedStatement insert = target.prepareStatement(sql)) {
                while (rows.next()) {
                    for (int i = 1; i <= types.size(); i++) {
                        boolean asItIs = BOUND_AS_THEY_ARE.contains(types.get(i - 1));
                        insert.setObject(i, asItIs ? rows.getObject(i) : rows.getString(i));
                    }
                    insert.addBatch();
                }
                insert.executeBatch();
            }
        }
    }

    private static String marker(String type) {
        return BOUND_AS_THEY_ARE.contains(type) ? "?" : "cast(? as " + type + ")";
    }

    private static List<String> types(ResultSetMetaData metaData) throws SQLException {
        List<String> types = new ArrayList<>();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
            types.add(metaData.getColumnTypeName(i));
        }
        return types;
    }
}
