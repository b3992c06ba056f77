package io.pgplex.jdbc.intermediate;

import java.sql.SQLException;
import java.util.Set;
import org.postgresql.core.Oid;
import org.postgresql.jdbc.PgResultSet;

/** The format in which COPY carries rows from one server to another. */
public enum CopyFormat {
    BINARY("binary"),
    TEXT("text");

    /**
     * Types whose binary form means the same on every server. That of types which an application created, and of arrays of
     * them, holds OIDs, which differ; so does that of regclass and its kind.
     */
    private static final Set<Integer> PORTABLE = Set.of(
            Oid.BOOL,
            Oid.BOOL_ARRAY,
            Oid.INT2,
            Oid.INT2_ARRAY,
            Oid.INT4,
            Oid.INT4_ARRAY,
            Oid.INT8,
            Oid.INT8_ARRAY,
            Oid.NUMERIC,
            Oid.NUMERIC_ARRAY,
            Oid.FLOAT4,
            Oid.FLOAT4_ARRAY,
            Oid.FLOAT8,
            Oid.FLOAT8_ARRAY,
            Oid.TEXT,
            Oid.TEXT_ARRAY,
            Oid.VARCHAR,
            Oid.VARCHAR_ARRAY,
            Oid.BPCHAR,
            Oid.BPCHAR_ARRAY,
            Oid.BYTEA,
            Oid.BYTEA_ARRAY,
            Oid.DATE,
            Oid.DATE_ARRAY,
            Oid.TIME,
            Oid.TIME_ARRAY,
            Oid.TIMETZ,
            Oid.TIMETZ_ARRAY,
            Oid.TIMESTAMP,
            Oid.TIMESTAMP_ARRAY,
            Oid.TIMESTAMPTZ,
            Oid.TIMESTAMPTZ_ARRAY,
            Oid.INTERVAL,
            Oid.INTERVAL_ARRAY,
            Oid.UUID,
            Oid.UUID_ARRAY,
            Oid.JSON,
            Oid.JSONB,
            Oid.BIT,
            Oid.VARBIT,
            Oid.INET,
            Oid.CIDR);

    private final String sqlName;

    CopyFormat(String sqlName) {
        this.sqlName = sqlName;
    }

    /** Its name in COPY's options. */
    public String sqlName() {
        return sqlName;
    }

    /**
     * The format for an answer's columns.
     *
     * @param columns how many of them, from the first on
     */
    public static CopyFormat of(PgResultSet rows, int columns) throws SQLException {
        for (int i = 1; i <= columns; i++) {
            if (!PORTABLE.contains(rows.getColumnOID(i))) {
                return TEXT;
            }
        }
        return BINARY;
    }
}
