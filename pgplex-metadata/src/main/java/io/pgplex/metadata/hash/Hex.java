package io.pgplex.metadata.hash;

/** Hexadecimal digits, ASCII only: Character.digit would accept those of other scripts, PostgreSQL does not. */
final class Hex {

    private Hex() {}

    /** The byte that two digits at that position write, or -1 where there are no such two. */
    static int byteAt(String text, int at) {
        if (at + 2 > text.length()) {
            return -1;
        }
        int high = digit(text.charAt(at));
        int low = digit(text.charAt(at + 1));
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    private static int digit(char c) {
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }
}
