package io.pgplex.jdbc.merge;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.routing.plan.Finish;
import io.pgplex.routing.plan.Finish.Average;
import io.pgplex.routing.plan.Finish.Column;
import io.pgplex.routing.plan.Finish.Columns;
import io.pgplex.routing.plan.Finish.Piece;
import io.pgplex.routing.plan.Finish.Text;
import io.pgplex.routing.plan.Finish.TypeOf;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.StringJoiner;
import org.postgresql.core.Oid;

/**
 * The query by which one server finishes what the shards began. Their rows travel as one text array a column and stand
 * before the query as a common table expression, which works on a standby and in a transaction that will be prepared:
 *
 * <pre>
 * WITH pgplex_rows(c1, c2) AS (SELECT u.c1::pg_catalog."int8", u.c2::pg_catalog."text"
 *     FROM ROWS FROM (pg_catalog.unnest(?::pg_catalog.text[]), pg_catalog.unnest(?::pg_catalog.text[])) AS u(c1, c2)) ...
 * </pre>
 *
 * The arrays are the first parameters, the plan's own follow.
 */
public final class FinishQuery {

    private FinishQuery() {}

    /**
     * The query with all parameters set, ready to be executed.
     *
     * @param connection to any one shard
     */
    public static PreparedStatement prepare(
            Connection connection, Finish finish, PartialRows rows, ParameterBinder parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql(finish, rows));
        try {
            int position = bindRows(statement, connection, rows);
            for (int index : finish.parameters()) {
                parameters.apply(index, statement, position++);
            }
            return statement;
        } catch (SQLException | RuntimeException e) {
            statement.close();
            throw e;
        }
    }

    /** The query's text. */
    static String sql(Finish finish, PartialRows rows) throws SQLException {
        StringBuilder sql = new StringBuilder(head(rows.columns()));
        for (Piece piece : finish.pieces()) {
            sql.append(text(piece, rows));
        }
        return sql.toString();
    }

    private static String text(Piece piece, PartialRows rows) throws SQLException {
        if (piece instanceof Text text) {
            return text.sql();
        }
        if (piece instanceof Columns columns) {
            return named(rows.columns(), columns.hidden());
        }
        if (piece instanceof Column column) {
            return "c" + fromStart(column.column(), rows);
        }
        if (piece instanceof TypeOf type) {
            return column(rows, type.column()).type();
        }
        Average average = (Average) piece;
        return average(
                fromStart(average.sums(), rows), fromStart(average.counts(), rows), column(rows, average.sums()));
    }

    private static String named(List<PartialRows.Column> columns, int hidden) {
        StringJoiner names = new StringJoiner(", ");
        for (int i = 1; i <= columns.size() - hidden; i++) {
            String label = columns.get(i - 1).label().replace("\"", "\"\"");
            names.add("c" + i + " AS \"" + label + '"');
        }
        return names.toString();
    }

    private static String head(List<PartialRows.Column> columns) {
        if (columns.isEmpty()) {
            return "WITH pgplex_rows AS (SELECT FROM pg_catalog.generate_series(1, ?)) ";
        }
        StringJoiner names = new StringJoiner(", ");
        StringJoiner values = new StringJoiner(", ");
        StringJoiner arrays = new StringJoiner(", ");
        for (int i = 1; i <= columns.size(); i++) {
            names.add("c" + i);
            values.add("u.c" + i + "::" + columns.get(i - 1).type());
            arrays.add("pg_catalog.unnest(?::pg_catalog.text[])");
        }
        return "WITH pgplex_rows(" + names + ") AS (SELECT " + values + " FROM ROWS FROM (" + arrays + ") AS u(" + names
                + ")) ";
    }

    /** PostgreSQL's own final step of avg: the sum in the type that avg keeps it in, divided by the count. */
    private static String average(int sums, int counts, PartialRows.Column sumColumn) throws SQLException {
        String sum = "pg_catalog.sum(c" + sums + ")";
        String count = "nullif(pg_catalog.sum(c" + counts + "), 0)";
        return switch (sumColumn.oid()) {
            case Oid.INT8, Oid.NUMERIC -> divided(sum + "::pg_catalog.numeric", count + "::pg_catalog.numeric");
            case Oid.FLOAT8, Oid.INTERVAL -> divided(sum, count + "::pg_catalog.float8");
            case Oid.FLOAT4 ->
                // a shard's sum is rounded to float4 already, which avg never does
                throw PgplexErrors.error(
                        SqlState.FEATURE_NOT_SUPPORTED,
                        "avg of real is not supported across shards",
                        "Cast the argument of avg to double precision.");
            default ->
                throw PgplexErrors.error(
                        SqlState.FEATURE_NOT_SUPPORTED,
                        "avg of this type is not supported across shards: " + sumColumn.type(),
                        "Cast the argument of avg to numeric or double precision.");
        };
    }

    private static String divided(String sum, String count) {
        return "(" + sum + " OPERATOR(pg_catalog./) " + count + ")";
    }

    private static PartialRows.Column column(PartialRows rows, int column) throws SQLException {
        return rows.columns().get(fromStart(column, rows) - 1);
    }

    /** A column counted from 1, of one that may count from the end. */
    private static int fromStart(int column, PartialRows rows) throws SQLException {
        int columns = rows.columns().size();
        int fromStart = column > 0 ? column : columns + 1 + column;
        if (fromStart < 1 || fromStart > columns) {
            throw PgplexErrors.bug("the finishing query names a column that the fragments lack", null);
        }
        return fromStart;
    }

    /** Sets what the head asks for; the position of the next parameter. */
    private static int bindRows(PreparedStatement statement, Connection connection, PartialRows rows)
            throws SQLException {
        int position = 1;
        if (rows.columns().isEmpty()) {
            statement.setInt(position++, rows.rowCount());
        }
        for (PartialRows.Column column : rows.columns()) {
            Array values = connection.createArrayOf("text", column.values().toArray(String[]::new));
            statement.setArray(position++, values);
        }
        return position;
    }
}
