package io.pgplex.testkit;

import java.util.List;

/**
 * One round trip of PostgreSQL's protocol: what a client sent before it waited, up to a Sync or in a Query message, and the
 * server answered with a ReadyForQuery. What is sent in the same breath is one round trip: pgjdbc sends BEGIN with the
 * first statement, and does not wait for its answer.
 *
 * @param connection which of the link's connections, counted from 1
 * @param statements the SQL texts that were executed, in order; cut to {@link ProtocolWatch#TEXT_LIMIT} bytes
 */
public record Exchange(int connection, List<String> statements) {
    public Exchange {
        statements = List.copyOf(statements);
    }
}
