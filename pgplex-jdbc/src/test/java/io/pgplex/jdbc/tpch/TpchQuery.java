package io.pgplex.jdbc.tpch;

import io.pgplex.jdbc.differential.Corpus;
import io.pgplex.jdbc.differential.Literals;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * One of the 22 queries, read from {@code tpch/q<number>.sql}. Comments at the head of the file say by which columns the rows
 * are sorted, which literals are the specification's substitution parameters, and other values for them.
 *
 * @param sortedBy numbers of the columns that ORDER BY names, in its order; empty where there is but one row
 * @param parameters the literals as the text has them
 * @param others other values, as many
 */
record TpchQuery(String name, String sql, List<Integer> sortedBy, Literals parameters, Literals others) {

    private static final int QUERIES = 22;

    TpchQuery {
        if (parameters.isEmpty() || parameters.size() != others.size()) {
            throw new IllegalArgumentException(name + " has parameters " + parameters + " and " + others);
        }
    }

    static List<TpchQuery> all() {
        return IntStream.rangeClosed(1, QUERIES)
                .mapToObj(number -> read(String.format(Locale.ROOT, "q%02d", number)))
                .toList();
    }

    private static TpchQuery read(String name) {
        String text = Corpus.text("/tpch/" + name + ".sql");
        return new TpchQuery(
                name,
                text,
                Literals.listed(text, "sorted by").literals().stream()
                        .map(Integer::valueOf)
                        .toList(),
                Literals.listed(text, "parameters"),
                Literals.listed(text, "again with"));
    }

    @Override
    public String toString() {
        return name;
    }

    String sqlWithOthers() {
        return parameters.replace(withoutHead(), others);
    }

    String sqlWithMarkers() {
        return parameters.markers(withoutHead());
    }

    /** Binds the parameters' own values to the markers of {@link #sqlWithMarkers}. */
    void bind(PreparedStatement statement) throws SQLException {
        parameters.bind(statement, withoutHead(), parameters);
    }

    void bindOthers(PreparedStatement statement) throws SQLException {
        parameters.bind(statement, withoutHead(), others);
    }

    private String withoutHead() {
        return Corpus.withoutHead(sql);
    }
}
