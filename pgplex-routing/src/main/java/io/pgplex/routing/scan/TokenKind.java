package io.pgplex.routing.scan;

/** The kinds of lexical elements in SQL text; white space and comments are none. */
public enum TokenKind {
    /** An unquoted identifier or a keyword. */
    WORD,
    /** {@code "name"} or {@code U&"name"}, with its {@code UESCAPE 'c'} when there is one. */
    QUOTED_IDENTIFIER,
    /** A literal of any {@link LiteralForm}, with all its continuations on further lines. */
    STRING,
    /** An unsigned numeric literal. */
    NUMBER,
    /** A JDBC parameter, {@code ?}. */
    PARAMETER,
    /** A server-side parameter, {@code $1}. */
    DOLLAR_PARAMETER,
    /** An operator, also {@code :=} and {@code =>}. */
    OPERATOR,
    /** One of <code>, ; ( ) [ ] . .. : ::</code>, or a character that no PostgreSQL statement knows, such as a brace. */
    PUNCTUATION
}
