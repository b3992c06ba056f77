package io.pgplex.jdbc.intermediate;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.routing.plan.Finish;
import io.pgplex.routing.plan.Finish.Average;
import io.pgplex.routing.plan.Finish.Column;
import io.pgplex.routing.plan.Finish.Columns;
import io.pgplex.routing.plan.Finish.Piece;
import io.pgplex.routing.plan.Finish.Text;
import io.pgplex.routing.plan.Finish.TypeOf;
import io.pgplex.routing.plan.Intermediate;
import java.sql.SQLException;
import java.util.List;
import java.util.StringJoiner;
import org.postgresql.core.Oid;

/**
 * The query by which one server finishes what the shards began. Their rows are the intermediate {@link #ROWS}, with
 * columns c1, c2 and so on.
 */
public final class FinishQuery {

    /** The name of the relation that holds the shards' rows. */
    public static final String ROWS = "pgplex_rows";

    private FinishQuery() {}

    /** The query's text; its own parameters are the plan's. */
    public static String sql(Finish finish, PartialColumns rows) throws SQLException {
        StringBuilder sql =
                new StringBuilder("WITH ").append(Intermediate.definition(ROWS)).append(' ');
        for (Piece piece : finish.pieces()) {
            sql.append(text(piece, rows));
        }
        return sql.toString();
    }

    private static String text(Piece piece, PartialColumns rows) throws SQLException {
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

    private static String named(List<PartialColumns.Column> columns, int hidden) {
        StringJoiner names = new StringJoiner(", ");
        for (int i = 1; i <= columns.size() - hidden; i++) {
            String label = columns.get(i - 1).label().replace("\"", "\"\"");
            names.add("c" + i + " AS \"" + label + '"');
        }
        return names.toString();
    }

    /** PostgreSQL's own final step of avg: the sum in the type that avg keeps it in, divided by the count. */
    private static String average(int sums, int counts, PartialColumns.Column sumColumn) throws SQLException {
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

    private static PartialColumns.Column column(PartialColumns rows, int column) throws SQLException {
        return rows.columns().get(fromStart(column, rows) - 1);
    }

    /** A column counted from 1, of one that may count from the end. */
    private static int fromStart(int column, PartialColumns rows) throws SQLException {
        int columns = rows.columns().size();
        int fromStart = column > 0 ? column : columns + 1 + column;
        if (fromStart < 1 || fromStart > columns) {
            throw PgplexErrors.bug("the finishing query names a column that the fragments lack", null);
        }
        return fromStart;
    }
}
