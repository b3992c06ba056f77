package io.pgplex.routing.scan;

/** The ways to write a string literal. */
public enum LiteralForm {
    /** {@code 'text'}. */
    PLAIN,
    /** {@code E'text'}, with backslash escapes. */
    ESCAPE,
    /** {@code U&'text'}, with Unicode escapes. */
    UNICODE,
    /** {@code N'text'}, a {@code national character} literal. */
    NATIONAL,
    /** {@code B'0101'}, a bit string. */
    BIT,
    /** {@code X'1F'}, a bit string in hexadecimal digits. */
    HEXADECIMAL,
    /** {@code $tag$text$tag$}. */
    DOLLAR;

    /** The form of the literal that starts at {@code begin}. */
    static LiteralForm at(String text, int begin) {
        return switch (text.charAt(begin)) {
            case 'e', 'E' -> ESCAPE;
            case 'u', 'U' -> UNICODE;
            case 'n', 'N' -> NATIONAL;
            case 'b', 'B' -> BIT;
            case 'x', 'X' -> HEXADECIMAL;
            case '$' -> DOLLAR;
            default -> PLAIN;
        };
    }
}
