package io.pgplex.routing.scan;

/** PostgreSQL's folding of identifiers (src/backend/parser/scansup.c), for a server encoding of UTF-8. */
public final class Identifiers {
    /** Longest identifier in bytes: NAMEDATALEN - 1. */
    public static final int MAX_BYTES = 63;

    private Identifiers() {}

    /** What an unquoted identifier means: ASCII letters lower-cased, cut to {@value #MAX_BYTES} bytes. */
    public static String fold(String identifier) {
        return cut(asciiLower(identifier));
    }

    /** {@code identifier} cut to {@value #MAX_BYTES} bytes of UTF-8 at a character's edge. */
    public static String cut(String identifier) {
        if (identifier.length() * 3L <= MAX_BYTES) {
            return identifier;
        }
        int bytes = 0;
        int i = 0;
        while (i < identifier.length()) {
            int codePoint = identifier.codePointAt(i);
            bytes += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
            if (bytes > MAX_BYTES) {
                return identifier.substring(0, i);
            }
            i += Character.charCount(codePoint);
        }
        return identifier;
    }

    /** {@code name} as an identifier in SQL text, always quoted. */
    public static String quote(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** {@code text} with ASCII letters in upper case; other letters stay, whatever the locale. */
    public static String asciiUpper(String text) {
        return changeCase(text, 'a', 'z');
    }

    /** {@code text} with ASCII letters in lower case; other letters stay, whatever the locale. */
    public static String asciiLower(String text) {
        return changeCase(text, 'A', 'Z');
    }

    private static String changeCase(String text, char first, char last) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= first && c <= last) {
                return changeCaseFrom(text, i, first, last);
            }
        }
        return text;
    }

    private static String changeCaseFrom(String text, int from, char first, char last) {
        char[] chars = text.toCharArray();
        for (int i = from; i < chars.length; i++) {
            if (chars[i] >= first && chars[i] <= last) {
                chars[i] = (char) (chars[i] ^ 0x20);
            }
        }
        return new String(chars);
    }
}
