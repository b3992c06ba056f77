package io.pgplex.jdbc.intermediate;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.scan.Identifiers;
import io.pgplex.routing.scan.QuestionMark;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.SqlSyntaxException;
import io.pgplex.routing.scan.StatementScanner;
import io.pgplex.routing.scan.TokenKind;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The intermediates that texts may name, and what becomes of a text that does: its definitions are replaced by ones that
 * find the rows where they are. Immutable.
 */
public final class MovedRelations {

    public static final MovedRelations NONE = new MovedRelations(Map.of());

    private final Map<String, Moved> byName;

    private MovedRelations(Map<String, Moved> byName) {
        this.byName = byName;
    }

    /** These and one more. */
    public MovedRelations with(String name, Moved moved) {
        Map<String, Moved> more = new LinkedHashMap<>(byName);
        more.put(name, moved);
        return new MovedRelations(more);
    }

    public boolean isEmpty() {
        return byName.isEmpty();
    }

    /** The rows of an intermediate that is in the heap, the same for every shard; otherwise null. */
    public @Nullable HeapRows inHeap(String name) {
        return byName.get(name) instanceof Moved.InHeap heap ? heap.rows() : null;
    }

    /**
     * Rows that a text takes as its first parameters.
     *
     * @param rows null where a shard has none
     */
    private record Arrays(Shape shape, @Nullable HeapRows rows) {

        int bind(PreparedStatement statement, int position) throws SQLException {
            HeapRows own = rows == null ? new HeapRows(shape.width()) : rows;
            return RowArrays.bind(statement, position, own.columns(), own.rowCount());
        }
    }

    /** A text whose definitions find the rows. Immutable. */
    public static final class Text {

        private final String sql;
        private final List<Arrays> arrays;

        private Text(String sql, List<Arrays> arrays) {
            this.sql = sql;
            this.arrays = arrays;
        }

        public String sql() {
            return sql;
        }

        /** Whether it has parameters that the original has not. */
        public boolean hasArrays() {
            return !arrays.isEmpty();
        }

        /** Sets those parameters; the position of the next one. */
        public int bind(PreparedStatement statement) throws SQLException {
            int position = 1;
            for (Arrays one : arrays) {
                position = one.bind(statement, position);
            }
            return position;
        }
    }

    private record Place(int begin, int end, String name, Moved moved) {}

    /**
     * A text as one shard gets it.
     *
     * @param shard the shard's ordinal
     * @param questionMark what a single {@code ?} means in it; in a text with arrays it is always a parameter
     */
    public Text text(String sql, int shard, QuestionMark questionMark) throws SQLException {
        List<Place> places = isEmpty() ? List.of() : places(sql);
        if (places.isEmpty()) {
            return new Text(sql, List.of());
        }
        String escaped = sql;
        if (questionMark == QuestionMark.OPERATOR
                && sql.indexOf('?') >= 0
                && places.stream().anyMatch(place -> !(place.moved() instanceof Moved.InTable))) {
            escaped = withDoubledQuestionMarks(sql);
            places = places(escaped);
        }
        List<Arrays> arrays = new ArrayList<>();
        StringBuilder text = new StringBuilder(escaped.length() + 256);
        int from = 0;
        for (Place place : places) {
            text.append(escaped, from, place.begin()).append(definition(place, shard, arrays));
            from = place.end();
        }
        return new Text(text.append(escaped, from, escaped.length()).toString(), arrays);
    }

    /** Where the text defines intermediates, in order. */
    private List<Place> places(String sql) {
        List<Place> places = new ArrayList<>();
        byName.forEach((name, moved) -> {
            String definition = Intermediate.definition(name);
            for (int at = sql.indexOf(definition); at >= 0; at = sql.indexOf(definition, at + definition.length())) {
                places.add(new Place(at, at + definition.length(), name, moved));
            }
        });
        places.sort(Comparator.comparingInt(Place::begin));
        return places;
    }

    private static String definition(Place place, int shard, List<Arrays> arrays) {
        if (place.moved() instanceof Moved.InTable inTable) {
            return Identifiers.quote(place.name()) + " AS NOT MATERIALIZED (TABLE pg_temp."
                    + Identifiers.quote(inTable.table()) + ")";
        }
        Arrays rows = place.moved() instanceof Moved.InHeapByShard byShard
                ? new Arrays(byShard.shape(), byShard.rows().get(shard))
                : new Arrays(((Moved.InHeap) place.moved()).shape(), ((Moved.InHeap) place.moved()).rows());
        arrays.add(rows);
        return rows.shape().arrays(place.name());
    }

    /** The text with each operator's question marks doubled, which pgjdbc makes single again. */
    private static String withDoubledQuestionMarks(String sql) throws SQLException {
        try {
            ScannedStatement statement =
                    StatementScanner.scan(sql, QuestionMark.OPERATOR).get(0);
            StringBuilder doubled = new StringBuilder(statement.text().length() + 16);
            int from = 0;
            for (int i = 0; i < statement.tokenCount(); i++) {
                if (statement.kind(i) == TokenKind.OPERATOR) {
                    doubled.append(statement.text(), from, statement.begin(i))
                            .append(statement.operator(i).replace("?", "??"));
                    from = statement.end(i);
                }
            }
            return doubled.append(statement.text(), from, statement.text().length())
                    .toString();
        } catch (SqlSyntaxException e) {
            throw PgplexErrors.from(e);
        }
    }
}
