package io.pgplex.jdbc.differential;

import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Literals of a statement that can become parameters: numbers, strings, and strings with a type's name before them. A comment
 * at the statement's head lists them as {@code -- parameters: 7, 'open', date '2026-01-31'}; each stands for itself wherever
 * the text has it.
 */
public record Literals(List<String> literals) {

    private static final Pattern LITERAL = Pattern.compile("(?:[a-z]+ )?'[^']*'(?: day)?|[0-9.]+");

    /** The literals that follow a title in comments; none where there is no such comment. */
    public static Literals listed(String head, String title) {
        String begin = "-- " + title + ": ";
        return new Literals(head.lines()
                .filter(line -> line.startsWith(begin))
                .flatMap(line -> LITERAL.matcher(line.substring(begin.length()))
                        .results()
                        .map(MatchResult::group))
                .toList());
    }

    public boolean isEmpty() {
        return literals.isEmpty();
    }

    public int size() {
        return literals.size();
    }

    /** The text with a marker in place of each of these literals. */
    public String markers(String sql) {
        return pattern().matcher(sql).replaceAll(found -> marker(found.group()));
    }

    /** The text with other literals in place of these. */
    public String replace(String sql, Literals others) {
        return pattern().matcher(sql).replaceAll(found -> Matcher.quoteReplacement(other(found.group(), others)));
    }

    /** Binds values, in place of these literals, to a statement that {@link #markers} made of the text. */
    public void bind(PreparedStatement statement, String sql, Literals values) throws SQLException {
        List<String> found =
                pattern().matcher(sql).results().map(MatchResult::group).toList();
        for (int i = 0; i < found.size(); i++) {
            statement.setObject(i + 1, value(other(found.get(i), values)));
        }
    }

    private String other(String literal, Literals others) {
        return others.literals.get(literals.indexOf(literal));
    }

    /** Where the literals stand; a number is not looked for within names, strings and other numbers. */
    private Pattern pattern() {
        return Pattern.compile(literals.stream()
                .sorted(Comparator.comparing(String::length).reversed())
                .map(literal -> "(?<![\\w.'])" + Pattern.quote(literal) + "(?![\\w.'])")
                .collect(Collectors.joining("|")));
    }

    private static String marker(String literal) {
        String type = type(literal);
        return type.isEmpty() || type.equals("date") || type.equals("uuid") ? "?" : "cast(? as " + type + ")";
    }

    private static String type(String literal) {
        int quote = literal.indexOf('\'');
        return quote < 0 ? "" : literal.substring(0, quote).strip();
    }

    /** As an application would pass it. */
    private static Object value(String literal) {
        int quote = literal.indexOf('\'');
        if (quote < 0) {
            return literal.contains(".") ? new BigDecimal(literal) : (Object) Integer.valueOf(literal);
        }
        int end = literal.lastIndexOf('\'');
        String text = literal.substring(quote + 1, end);
        return switch (type(literal)) {
            case "date" -> LocalDate.parse(text);
            case "uuid" -> UUID.fromString(text);
            default -> text + literal.substring(end + 1);
        };
    }
}
