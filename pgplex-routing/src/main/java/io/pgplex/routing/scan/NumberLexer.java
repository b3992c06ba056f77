package io.pgplex.routing.scan;

import static io.pgplex.routing.scan.Characters.isDigit;
import static io.pgplex.routing.scan.Characters.isIdentifierPart;
import static io.pgplex.routing.scan.Characters.isIdentifierStart;

/** Finds where a numeric literal ends: decimal, hexadecimal, octal, binary, with underscores between digits. */
final class NumberLexer {
    private static final String JUNK = "trailing junk after numeric literal";

    private NumberLexer() {}

    /** Behind the number that begins at {@code begin} with a digit, or a dot and a digit. */
    static int end(String sql, int begin) {
        int base = baseOf(sql, begin);
        int end = base == 10 ? decimalEnd(sql, begin) : prefixedEnd(sql, begin, base);
        if (end < sql.length()
                && (isIdentifierStart(sql.charAt(end)) || (sql.charAt(end) == '$' && endsInAName(sql, begin, end)))) {
            throw new SqlSyntaxException(JUNK, sql, begin);
        }
        return end;
    }

    /**
     * Whether the number's last characters, from a letter or underscore on, could be a name, which a dollar then continues:
     * {@code 1e5$} is the number 1 and the junk {@code e5$}, since the longest match wins.
     */
    private static boolean endsInAName(String sql, int begin, int end) {
        int i = end - 1;
        while (i >= begin && isIdentifierPart(sql.charAt(i))) {
            if (isIdentifierStart(sql.charAt(i))) {
                return true;
            }
            i--;
        }
        return false;
    }

    /** The base of the integer that begins there; 10 for any other number. */
    static int baseOf(String sql, int begin) {
        if (sql.charAt(begin) != '0' || begin + 1 >= sql.length()) {
            return 10;
        }
        return switch (sql.charAt(begin + 1)) {
            case 'x', 'X' -> 16;
            case 'o', 'O' -> 8;
            case 'b', 'B' -> 2;
            default -> 10;
        };
    }

    private static int prefixedEnd(String sql, int begin, int base) {
        int end = digitsEnd(sql, begin + 2, base, true);
        if (end == begin + 2) {
            String name = base == 16 ? "hexadecimal" : base == 8 ? "octal" : "binary";
            throw new SqlSyntaxException("invalid " + name + " integer", sql, begin);
        }
        return end;
    }

    private static int decimalEnd(String sql, int begin) {
        int i = digitsEnd(sql, begin, 10, false);
        // "1..2" is a range of PL/pgSQL: the dots are no part of the number
        if (peek(sql, i) == '.' && peek(sql, i + 1) != '.') {
            i = digitsEnd(sql, i + 1, 10, false);
        }
        char exponent = peek(sql, i);
        if (exponent == 'e' || exponent == 'E') {
            char sign = peek(sql, i + 1);
            int digits = sign == '+' || sign == '-' ? i + 2 : i + 1;
            if (!isDigit(peek(sql, digits))) {
                throw new SqlSyntaxException(JUNK, sql, begin);
            }
            i = digitsEnd(sql, digits, 10, false);
        }
        return i;
    }

    private static int digitsEnd(String sql, int from, int base, boolean underscoreFirst) {
        int i = from;
        while (i < sql.length()) {
            char c = sql.charAt(i);
            if (Characters.digit(c, base) >= 0) {
                i++;
            } else if (c == '_'
                    && (i > from || underscoreFirst)
                    && i + 1 < sql.length()
                    && Characters.digit(sql.charAt(i + 1), base) >= 0) {
                i += 2;
            } else {
                break;
            }
        }
        return i;
    }

    private static char peek(String sql, int at) {
        return at < sql.length() ? sql.charAt(at) : '\0';
    }
}
