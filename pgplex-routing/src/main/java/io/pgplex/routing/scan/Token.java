package io.pgplex.routing.scan;

/**
 * One lexical element of a statement.
 *
 * @param kind what it is
 * @param begin offset of its first character in the statement's text, 0-based
 * @param end offset behind its last character
 */
public record Token(TokenKind kind, int begin, int end) {
    public Token {
        if (begin < 0 || end <= begin) {
            throw new IllegalArgumentException("token from " + begin + " to " + end);
        }
    }
}
