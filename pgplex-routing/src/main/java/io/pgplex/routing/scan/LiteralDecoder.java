package io.pgplex.routing.scan;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The values of string literals and quoted identifiers, as the server reads them in an UTF-8 database. */
final class LiteralDecoder {
    private static final char DEFAULT_UNICODE_ESCAPE = '\\';

    private LiteralDecoder() {}

    /** The value of the literal from {@code begin} to {@code end}. */
    static String decode(String sql, int begin, int end) {
        return switch (LiteralForm.at(sql, begin)) {
            case DOLLAR -> dollar(sql, begin, end);
            case PLAIN -> quoted(sql, begin, end, false);
            case NATIONAL, BIT, HEXADECIMAL -> quoted(sql, begin + 1, end, false);
            case ESCAPE -> backslashes(sql, begin, quoted(sql, begin + 1, end, true));
            case UNICODE -> unicode(sql, begin, end, '\'');
        };
    }

    /** The name that a quoted identifier from {@code begin} to {@code end} means, before it is cut. */
    static String identifier(String sql, int begin, int end) {
        if (sql.charAt(begin) == '"') {
            return sql.substring(begin + 1, end - 1).replace("\"\"", "\"");
        }
        return unicode(sql, begin, end, '"');
    }

    /** Whether {@code UESCAPE} may name {@code c}. */
    static boolean isUnicodeEscapeCharacter(char c) {
        return c < 128 && Characters.digit(c, 16) < 0 && c != '+' && c != '\'' && c != '"' && !Characters.isSpace(c);
    }

    private static String dollar(String sql, int begin, int end) {
        int tag = sql.indexOf('$', begin + 1) + 1 - begin;
        return sql.substring(begin + tag, end - tag);
    }

    /** The content of the literal whose first quote is at {@code open}; escapes stay, but a backslash guards a quote. */
    private static String quoted(String sql, int open, int end, boolean backslashEscapes) {
        StringBuilder value = new StringBuilder(end - open);
        int i = open + 1;
        while (i < end) {
            char c = sql.charAt(i);
            if (c == '\\' && backslashEscapes) {
                value.append(c).append(sql.charAt(i + 1));
                i += 2;
            } else if (c != '\'') {
                value.append(c);
                i++;
            } else if (i + 1 < end && sql.charAt(i + 1) == '\'') {
                value.append(c);
                i += 2;
            } else {
                int continuation = i + 1 < end ? Lexer.continuation(sql, i + 1) : end;
                if (continuation < 0) {
                    break;
                }
                i = continuation + 1;
            }
        }
        return value.toString();
    }

    private static String backslashes(String sql, int begin, String content) {
        if (content.indexOf('\\') < 0) {
            return content;
        }
        // octal and hexadecimal escapes are bytes, several of which may make one character
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(content.length());
        int i = 0;
        while (i < content.length()) {
            char c = content.charAt(i);
            if (c == '\\') {
                i = backslash(sql, begin, content, i + 1, bytes);
            } else {
                int codePoint = content.codePointAt(i);
                write(bytes, codePoint);
                i += Character.charCount(codePoint);
            }
        }
        try {
            String value = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
            if (value.indexOf('\0') < 0) {
                return value;
            }
        } catch (CharacterCodingException e) {
            // reported below, without the value
        }
        throw new SqlSyntaxException(
                SqlSyntaxException.CHARACTER_NOT_IN_REPERTOIRE,
                "invalid byte sequence for encoding \"UTF8\"",
                sql,
                begin,
                "");
    }

    /** Writes what the escape whose backslash lies before {@code at} means; returns the offset behind it. */
    private static int backslash(String sql, int begin, String content, int at, ByteArrayOutputStream bytes) {
        char c = content.charAt(at);
        if (Characters.digit(c, 8) >= 0) {
            return number(content, at, 8, 3, bytes);
        }
        if (c == 'x' && at + 1 < content.length() && Characters.digit(content.charAt(at + 1), 16) >= 0) {
            return number(content, at + 1, 16, 2, bytes);
        }
        if (c == 'u' || c == 'U') {
            return unicodeEscape(sql, begin, content, at, bytes);
        }
        if (c == 'v') {
            throw new SqlSyntaxException(
                    SqlSyntaxException.INVALID_ESCAPE_SEQUENCE,
                    "escape \\v is read differently by different versions of PostgreSQL",
                    sql,
                    begin,
                    "Write \\x0B for a vertical tab.");
        }
        int codePoint =
                switch (c) {
                    case 'b' -> '\b';
                    case 'f' -> '\f';
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    case 't' -> '\t';
                    default -> content.codePointAt(at);
                };
        write(bytes, codePoint);
        return at + (codePoint >= 0x10000 ? 2 : 1);
    }

    private static int number(String content, int at, int base, int maxDigits, ByteArrayOutputStream bytes) {
        int value = 0;
        int i = at;
        while (i < content.length() && i < at + maxDigits && Characters.digit(content.charAt(i), base) >= 0) {
            value = value * base + Characters.digit(content.charAt(i), base);
            i++;
        }
        bytes.write(value);
        return i;
    }

    private static int unicodeEscape(String sql, int begin, String content, int at, ByteArrayOutputStream bytes) {
        int digits = content.charAt(at) == 'u' ? 4 : 8;
        int end = at + 1 + digits;
        int codePoint = codePoint(content, at + 1, digits);
        if (codePoint < 0) {
            throw escapeError(sql, begin, "invalid Unicode escape");
        }
        if (Character.isBmpCodePoint(codePoint) && Character.isHighSurrogate((char) codePoint)) {
            int low = -1;
            if (end + 1 < content.length() && content.charAt(end) == '\\') {
                char u = content.charAt(end + 1);
                int lowDigits = u == 'u' ? 4 : u == 'U' ? 8 : 0;
                low = lowDigits == 0 ? -1 : codePoint(content, end + 2, lowDigits);
                end += 2 + lowDigits;
            }
            codePoint = pair(sql, begin, codePoint, low);
        }
        write(bytes, checked(sql, begin, codePoint));
        return end;
    }

    private static String unicode(String sql, int begin, int end, char quote) {
        char escape = DEFAULT_UNICODE_ESCAPE;
        int close = end;
        int bodyEnd = unicodeBodyEnd(sql, begin + 2, end, quote);
        if (bodyEnd < end) {
            escape = escapeCharacter(sql, bodyEnd, end);
            close = bodyEnd;
        }
        String content = quote == '\''
                ? quoted(sql, begin + 2, close, false)
                : sql.substring(begin + 3, close - 1).replace("\"\"", "\"");
        return content.indexOf(escape) < 0 ? content : unicodeEscapes(sql, begin, content, escape);
    }

    /** Behind the last quote of the literal or identifier itself, before {@code UESCAPE}. */
    private static int unicodeBodyEnd(String sql, int open, int end, char quote) {
        int i = open + 1;
        while (i < end) {
            if (sql.charAt(i) != quote) {
                i++;
            } else if (i + 1 < end && sql.charAt(i + 1) == quote) {
                i += 2;
            } else {
                int continuation = quote == '\'' && i + 1 < end ? Lexer.continuation(sql, i + 1) : -1;
                if (continuation < 0) {
                    return i + 1;
                }
                i = continuation + 1;
            }
        }
        return end;
    }

    /** The character that the {@code UESCAPE} clause between the two offsets names; the lexer has checked the clause. */
    private static char escapeCharacter(String sql, int from, int end) {
        String clause = sql.substring(from, end);
        Lexer lexer = new Lexer(clause, QuestionMark.OPERATOR);
        while (lexer.next()) {
            if (lexer.kind() == TokenKind.STRING) {
                return decode(clause, lexer.begin(), lexer.end()).charAt(0);
            }
        }
        return DEFAULT_UNICODE_ESCAPE;
    }

    private static String unicodeEscapes(String sql, int begin, String content, char escape) {
        StringBuilder value = new StringBuilder(content.length());
        int i = 0;
        while (i < content.length()) {
            char c = content.charAt(i);
            if (c != escape) {
                value.append(c);
                i++;
            } else if (i + 1 < content.length() && content.charAt(i + 1) == escape) {
                value.append(c);
                i += 2;
            } else {
                int end = escapeEnd(sql, begin, content, i);
                int codePoint = escapedCodePoint(content, i, end);
                i = end;
                if (Character.isBmpCodePoint(codePoint) && Character.isHighSurrogate((char) codePoint)) {
                    int low = -1;
                    if (i < content.length() && content.charAt(i) == escape) {
                        int lowEnd = escapeEnd(sql, begin, content, i);
                        low = escapedCodePoint(content, i, lowEnd);
                        i = lowEnd;
                    }
                    codePoint = pair(sql, begin, codePoint, low);
                }
                value.appendCodePoint(checked(sql, begin, codePoint));
            }
        }
        return value.toString();
    }

    private static int escapeEnd(String sql, int begin, String content, int at) {
        boolean six = at + 1 < content.length() && content.charAt(at + 1) == '+';
        int first = six ? at + 2 : at + 1;
        if (codePoint(content, first, six ? 6 : 4) < 0) {
            throw escapeError(sql, begin, "invalid Unicode escape");
        }
        return first + (six ? 6 : 4);
    }

    private static int escapedCodePoint(String content, int at, int end) {
        int digits = end - at > 5 ? 6 : 4;
        return codePoint(content, end - digits, digits);
    }

    private static int codePoint(String content, int from, int digits) {
        if (from + digits > content.length()) {
            return -1;
        }
        long value = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = Characters.digit(content.charAt(i), 16);
            if (digit < 0) {
                return -1;
            }
            value = value * 16 + digit;
        }
        return value > Character.MAX_CODE_POINT ? Integer.MAX_VALUE : (int) value;
    }

    private static int pair(String sql, int begin, int high, int low) {
        if (low < 0 || !Character.isBmpCodePoint(low) || !Character.isLowSurrogate((char) low)) {
            throw escapeError(sql, begin, "invalid Unicode surrogate pair");
        }
        return Character.toCodePoint((char) high, (char) low);
    }

    private static int checked(String sql, int begin, int codePoint) {
        if (codePoint == 0 || codePoint > Character.MAX_CODE_POINT) {
            throw escapeError(sql, begin, "invalid Unicode escape value");
        }
        if (Character.isBmpCodePoint(codePoint) && Character.isSurrogate((char) codePoint)) {
            throw escapeError(sql, begin, "invalid Unicode surrogate pair");
        }
        return codePoint;
    }

    private static SqlSyntaxException escapeError(String sql, int begin, String message) {
        String sqlState = message.equals("invalid Unicode escape")
                ? SqlSyntaxException.INVALID_ESCAPE_SEQUENCE
                : SqlSyntaxException.SYNTAX_ERROR;
        return new SqlSyntaxException(sqlState, message, sql, begin, "");
    }

    private static void write(ByteArrayOutputStream bytes, int codePoint) {
        bytes.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
    }
}
