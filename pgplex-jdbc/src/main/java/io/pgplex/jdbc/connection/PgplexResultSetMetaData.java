package io.pgplex.jdbc.connection;

import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import org.postgresql.PGResultSetMetaData;

/** Columns that a statement would return, as a physical statement described them; with pgjdbc's additions. Immutable. */
final class PgplexResultSetMetaData extends CopiedResultSetMetaData implements PGResultSetMetaData {
    private final String[] baseColumnNames = new String[count];
    private final String[] baseTableNames = new String[count];
    private final String[] baseSchemaNames = new String[count];
    private final int[] formats = new int[count];

    PgplexResultSetMetaData(ResultSetMetaData source) throws SQLException {
        super(source);
        PGResultSetMetaData own = (PGResultSetMetaData) source;
        for (int i = 0; i < count; i++) {
            baseColumnNames[i] = own.getBaseColumnName(i + 1);
            baseTableNames[i] = own.getBaseTableName(i + 1);
            baseSchemaNames[i] = own.getBaseSchemaName(i + 1);
            formats[i] = own.getFormat(i + 1);
        }
    }

    @Override
    public String getBaseColumnName(int column) throws SQLException {
        return baseColumnNames[index(column)];
    }

    @Override
    public String getBaseTableName(int column) throws SQLException {
        return baseTableNames[index(column)];
    }

    @Override
    public String getBaseSchemaName(int column) throws SQLException {
        return baseSchemaNames[index(column)];
    }

    @Override
    public int getFormat(int column) throws SQLException {
        return formats[index(column)];
    }
}
