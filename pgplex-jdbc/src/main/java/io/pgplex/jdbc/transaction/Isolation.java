package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.pool.Backend;
import io.pgplex.jdbc.session.SessionState;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;

/**
 * What is known of a transaction's isolation level without asking a server. Stateless.
 *
 * <p>READ COMMITTED and REPEATABLE READ hold on each shard for itself. SERIALIZABLE would be no more than that either, so
 * that a transaction over several shards is refused it.
 */
public final class Isolation {

    private static final String DEFAULT = "default_transaction_isolation";

    private Isolation() {}

    /** Whether statements outside a transaction are SERIALIZABLE in that session. */
    public static boolean isSerializable(SessionState state, Backend backend) throws SQLException {
        return isSerializable(List.of(), state, backend);
    }

    /**
     * Whether a transaction is SERIALIZABLE.
     *
     * @param script what was set in the transaction, in order
     * @param state the session's state when it began
     * @param backend a connection of it, which knows the server's default
     */
    static boolean isSerializable(List<String> script, SessionState state, Backend backend) throws SQLException {
        for (int i = script.size() - 1; i >= 0; i--) {
            String sql = script.get(i).toLowerCase(Locale.ROOT);
            if (sql.contains("isolation") && !sql.contains(DEFAULT) && !sql.contains("characteristics")) {
                return sql.contains("serializable");
            }
        }
        String own = state.sqlOf(DEFAULT);
        return own != null
                ? own.toLowerCase(Locale.ROOT).contains("serializable")
                : backend.defaultIsolation().equals("serializable");
    }

    /** What a statement gets that would spread a SERIALIZABLE transaction over shards. */
    public static SQLException refusal() {
        return PgplexErrors.error(
                SqlState.FEATURE_NOT_SUPPORTED,
                "SERIALIZABLE transactions over several shards are not supported",
                "Stay on one shard, or use REPEATABLE READ, which holds on each shard for itself.");
    }
}
