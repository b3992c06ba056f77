package io.pgplex.routing.parse;

/**
 * A part of a statement's text.
 *
 * @param begin offset of its first character, 0-based, UTF-16
 * @param end offset behind its last character
 */
public record Span(int begin, int end) {
    public Span {
        if (begin < 0 || end < begin) {
            throw new IllegalArgumentException("span from " + begin + " to " + end);
        }
    }

    /** The text that it covers. */
    public String in(String text) {
        return text.substring(begin, end);
    }
}
