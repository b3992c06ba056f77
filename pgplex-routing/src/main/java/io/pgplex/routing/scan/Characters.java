package io.pgplex.routing.scan;

/** The character classes of scan.l. Characters beyond ASCII all belong to identifiers. */
final class Characters {
    private static final byte SPACE = 1;
    private static final byte IDENTIFIER_START = 2;
    private static final byte IDENTIFIER_PART = 4;
    private static final byte OPERATOR = 8;
    private static final byte DIGIT = 16;
    /** Operator characters that let an operator of several characters end in + or -. */
    private static final byte KEEPS_SIGN = 32;

    private static final byte[] CLASSES = classes();

    private Characters() {}

    private static byte[] classes() {
        byte[] classes = new byte[128];
        mark(classes, " \t\n\r\f\u000B", SPACE);
        mark(classes, "~!@#^&|`?+-*/%<>=", OPERATOR);
        mark(classes, "~!@#%^&|`?", KEEPS_SIGN);
        mark(classes, "0123456789", DIGIT);
        mark(classes, "0123456789$", IDENTIFIER_PART);
        for (char c = 'a'; c <= 'z'; c++) {
            mark(classes, "" + c + (char) (c - 0x20), (byte) (IDENTIFIER_START | IDENTIFIER_PART));
        }
        mark(classes, "_", (byte) (IDENTIFIER_START | IDENTIFIER_PART));
        return classes;
    }

    private static void mark(byte[] classes, String characters, byte mark) {
        for (int i = 0; i < characters.length(); i++) {
            classes[characters.charAt(i)] |= mark;
        }
    }

    private static boolean has(char c, byte mark) {
        return c < 128 && (CLASSES[c] & mark) != 0;
    }

    static boolean isSpace(char c) {
        return has(c, SPACE);
    }

    static boolean isNewline(char c) {
        return c == '\n' || c == '\r';
    }

    static boolean isIdentifierStart(char c) {
        return c >= 128 || (CLASSES[c] & IDENTIFIER_START) != 0;
    }

    static boolean isIdentifierPart(char c) {
        return c >= 128 || (CLASSES[c] & IDENTIFIER_PART) != 0;
    }

    static boolean isOperator(char c) {
        return has(c, OPERATOR);
    }

    static boolean keepsSign(char c) {
        return has(c, KEEPS_SIGN);
    }

    static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** The value of a digit in {@code base}, -1 when {@code c} is none; ASCII digits only. */
    static int digit(char c, int base) {
        int value = c >= '0' && c <= '9'
                ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        return value < base ? value : -1;
    }

    /** Whether {@code upperWord} (ASCII capitals, digits, underscores) is in {@code text} at {@code at}, in any case. */
    static boolean isWordAt(String text, int at, String upperWord) {
        if (at + upperWord.length() > text.length()) {
            return false;
        }
        for (int i = 0; i < upperWord.length(); i++) {
            char c = text.charAt(at + i);
            if (c != upperWord.charAt(i) && (c < 'a' || c > 'z' || c - 0x20 != upperWord.charAt(i))) {
                return false;
            }
        }
        return true;
    }
}
