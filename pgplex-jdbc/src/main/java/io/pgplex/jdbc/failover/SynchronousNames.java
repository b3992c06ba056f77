package io.pgplex.jdbc.failover;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The value of {@code synchronous_standby_names}: {@code FIRST n (...)}, {@code ANY n (...)}, {@code n (...)} or a plain list,
 * which means the first one of it. Whether it is the first or any of them makes no difference to what a commit is on.
 * Immutable.
 *
 * <p>Source: PostgreSQL manual, "synchronous_standby_names"; {@code syncrep_gram.y} and {@code syncrep_scanner.l}.
 *
 * @param count how many standbys a commit waits for; 0 where the setting is empty
 * @param names the standbys' names; {@code *} for all there are
 */
record SynchronousNames(int count, List<String> names) {

    private static final Pattern COUNTED = Pattern.compile(
            "(?:(?:any|first)\\s+)?(\\d{1,9})\\s*\\((.*)\\)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private static final Pattern NAME = Pattern.compile("\\s*(?:\"((?:[^\"]|\"\")*)\"|([^\\s\",()]+))\\s*(,|$)");

    static final SynchronousNames NONE = new SynchronousNames(0, List.of());

    SynchronousNames {
        names = List.copyOf(names);
    }

    /**
     * Reads the setting.
     *
     * @throws IllegalArgumentException when it is not one that a server takes
     */
    static SynchronousNames parse(String setting) {
        String text = setting.strip();
        if (text.isEmpty()) {
            return NONE;
        }
        Matcher counted = COUNTED.matcher(text);
        return counted.matches()
                ? new SynchronousNames(Integer.parseInt(counted.group(1)), names(counted.group(2)))
                : new SynchronousNames(1, names(text));
    }

    private static List<String> names(String list) {
        List<String> names = new ArrayList<>();
        Matcher name = NAME.matcher(list);
        int end = 0;
        boolean more = true;
        while (more && name.find(end) && name.start() == end) {
            names.add(name.group(1) != null ? name.group(1).replace("\"\"", "\"") : name.group(2));
            end = name.end();
            more = !name.group(3).isEmpty();
        }
        if (more || end != list.length()) {
            throw new IllegalArgumentException("not a list of standbys");
        }
        return names;
    }

    /** Whether a standby of that name is meant; the server compares as {@code pg_strcasecmp} does. */
    boolean includes(String standby) {
        String lower = standby.toLowerCase(Locale.ROOT);
        return names.stream()
                .anyMatch(name ->
                        name.equals("*") || name.toLowerCase(Locale.ROOT).equals(lower));
    }

    /** Whether both mean the same standbys, in whatever order. */
    boolean isLike(SynchronousNames other) {
        return count == other.count && Set.copyOf(names).equals(Set.copyOf(other.names));
    }

    /** The setting under which any so many of these standbys confirm a commit. */
    static String any(int count, List<String> standbys) {
        if (count == 0) {
            return "";
        }
        List<String> quoted = standbys.stream()
                .map(name -> '"' + name.replace("\"", "\"\"") + '"')
                .toList();
        return "ANY " + count + " (" + String.join(", ", quoted) + ")";
    }
}
