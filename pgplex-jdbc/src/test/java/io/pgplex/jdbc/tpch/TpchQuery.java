package io.pgplex.jdbc.tpch;

import io.pgplex.jdbc.differential.Corpus;
import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One of the 22 queries, read from {@code tpch/q<number>.sql}. Comments at the head of the file say by which columns the rows
 * are sorted, which literals are the specification's substitution parameters, and other values for them.
 *
 * @param sortedBy numbers of the columns that ORDER BY names, in its order; empty where there is but one row
 * @param parameters the literals as the text has them
 * @param others other values, as many
 */
record TpchQuery(
        String name, String head, String body, List<Integer> sortedBy, List<String> parameters, List<String> others) {

    private static final int QUERIES = 22;

    private static final String LITERAL = "(?:date |interval )?'[^']*'(?: day)?|[0-9.]+";

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
        Matcher matcher = Pattern.compile("(?:--.*\n)+").matcher(text);
        if (!matcher.lookingAt()) {
            throw new IllegalArgumentException(name + " has no head");
        }
        String head = matcher.group();
        return new TpchQuery(
                name,
                head,
                text.substring(matcher.end()),
                items(head, "sorted by", "[0-9]+").stream()
                        .map(Integer::valueOf)
                        .toList(),
                items(head, "parameters", LITERAL),
                items(head, "again with", LITERAL));
    }

    private static List<String> items(String head, String title, String item) {
        return head.lines()
                .filter(line -> line.startsWith("-- " + title + ": "))
                .flatMap(line -> Pattern.compile(item).matcher(line).results())
                .map(MatchResult::group)
                .toList();
    }

    @Override
    public String toString() {
        return name;
    }

    /** The text of the file as it stands. */
    String sql() {
        return head + body;
    }

    /** The text with the other values in it. */
    String sqlWithOthers() {
        return literals().matcher(body).replaceAll(found -> Matcher.quoteReplacement(other(found.group())));
    }

    /** The text with a marker in place of each parameter. */
    String sqlWithMarkers() {
        return literals()
                .matcher(body)
                .replaceAll(found -> found.group().startsWith("interval ") ? "cast(? as interval)" : "?");
    }

    /** Binds the parameters' own values to the markers of {@link #sqlWithMarkers}. */
    void bind(PreparedStatement statement) throws SQLException {
        bind(statement, literal -> literal);
    }

    /** Binds the other values. */
    void bindOthers(PreparedStatement statement) throws SQLException {
        bind(statement, this::other);
    }

    private void bind(PreparedStatement statement, Function<String, String> values) throws SQLException {
        List<String> literals =
                literals().matcher(body).results().map(MatchResult::group).toList();
        for (int i = 0; i < literals.size(); i++) {
            statement.setObject(i + 1, value(values.apply(literals.get(i))));
        }
    }

    private String other(String literal) {
        return others.get(parameters.indexOf(literal));
    }

    /** Where the parameters stand; a number is not looked for within names, strings and other numbers. */
    private Pattern literals() {
        return Pattern.compile(parameters.stream()
                .sorted(Comparator.comparing(String::length).reversed())
                .map(literal -> "(?<![\\w.'])" + Pattern.quote(literal) + "(?![\\w.'])")
                .collect(Collectors.joining("|")));
    }

    private static Object value(String literal) {
        int quote = literal.indexOf('\'');
        if (quote < 0) {
            return literal.contains(".") ? new BigDecimal(literal) : (Object) Integer.valueOf(literal);
        }
        int end = literal.lastIndexOf('\'');
        String text = literal.substring(quote + 1, end);
        return literal.startsWith("date ") ? LocalDate.parse(text) : text + literal.substring(end + 1);
    }
}
