package io.pgplex.jdbc.intermediate;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.merge.TypeNames;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.scan.Identifiers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGResultSetMetaData;

/** The columns of an intermediate, as SQL that means the same on every shard. Immutable. */
public final class Shape {

    private final List<RowArrays.Column> columns;

    Shape(List<RowArrays.Column> columns) {
        this.columns = List.copyOf(columns);
    }

    /**
     * The planned columns with the types that the source's answer has.
     *
     * @param rows the answer, before its first row; null for a source that answers with a count
     */
    public static Shape of(List<Intermediate.Column> planned, @Nullable ResultSet rows) throws SQLException {
        if (rows == null) {
            if (!planned.isEmpty()) {
                throw PgplexErrors.bug("a statement that returns no rows was to be moved with columns", null);
            }
            return new Shape(List.of());
        }
        List<String> types = TypeNames.of(rows);
        if (planned.size() > types.size()) {
            throw PgplexErrors.bug("a moved statement returned fewer columns than were planned", null);
        }
        checkText(rows, types.size());
        List<RowArrays.Column> columns = new ArrayList<>(planned.size());
        for (int i = 0; i < planned.size(); i++) {
            Intermediate.Column column = planned.get(i);
            String type = column.type();
            columns.add(new RowArrays.Column(
                    Identifiers.quote(column.name()), type == null ? types.get(i) : type, column.collation()));
        }
        return new Shape(columns);
    }

    /** Columns whose types are planned. */
    public static Shape planned(List<Intermediate.Column> planned) {
        List<RowArrays.Column> columns = new ArrayList<>(planned.size());
        for (Intermediate.Column column : planned) {
            columns.add(new RowArrays.Column(
                    Identifiers.quote(column.name()), Objects.requireNonNull(column.type()), column.collation()));
        }
        return new Shape(columns);
    }

    /** pgjdbc prints binary values in its own way, which need not be the server's. */
    private static void checkText(ResultSet rows, int columns) throws SQLException {
        PGResultSetMetaData formats = rows.getMetaData().unwrap(PGResultSetMetaData.class);
        for (int i = 1; i <= columns; i++) {
            if (formats.getFormat(i) != 0) {
                throw PgplexErrors.bug("rows to be moved arrived in binary form", null);
            }
        }
    }

    /** The number of columns; 0 for a source that returns none. */
    public int width() {
        return columns.size();
    }

    /** The common table expression that reads the rows from array parameters. */
    String arrays(String name) {
        return RowArrays.definition(Identifiers.quote(name), columns);
    }

    /** The columns as a table's definition has them, in parentheses. */
    public String tableColumns() {
        StringJoiner definitions = new StringJoiner(", ", "(", ")");
        for (RowArrays.Column column : columns) {
            definitions.add(column.name() + " " + column.typeAndCollation());
        }
        return definitions.toString();
    }
}
