package io.pgplex.routing.parse;

import io.pgplex.routing.scan.SqlSyntaxException;

/**
 * A statement that JSqlParser does not know. PostgreSQL may know it, so this is no syntax error yet: the SQLState is 0A000.
 */
public final class UnparsableException extends SqlSyntaxException {
    private static final long serialVersionUID = 1L;

    UnparsableException(String text, int offset) {
        super(
                "0A000",
                "the statement cannot be analysed",
                text,
                offset,
                "Name its shard or key in a hint, or write it in more common SQL.");
    }
}
