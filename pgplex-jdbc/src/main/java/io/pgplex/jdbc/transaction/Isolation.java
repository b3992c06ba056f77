package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.session.SessionState;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A transaction's isolation level, as far as it matters over several shards, known without asking a server. */
public enum Isolation {
    /** Also READ UNCOMMITTED, which PostgreSQL takes for the same. */
    READ_COMMITTED,
    REPEATABLE_READ,
    /** Kept by each server for itself alone. */
    SERIALIZABLE;

    private static final String DEFAULT = "default_transaction_isolation";

    /** The level of statements outside a transaction in a session that has set one, else null. */
    public static @Nullable Isolation chosenBy(SessionState state) {
        String own = state.sqlOf(DEFAULT);
        return own == null ? null : named(own);
    }

    /**
     * The level that a transaction has chosen for itself or its session for it, else null.
     *
     * @param script what was set in the transaction, in order
     * @param state the session's state when it began
     */
    static @Nullable Isolation chosenBy(List<String> script, SessionState state) {
        for (int i = script.size() - 1; i >= 0; i--) {
            String sql = script.get(i).toLowerCase(Locale.ROOT);
            if (sql.contains("isolation") && !sql.contains(DEFAULT) && !sql.contains("characteristics")) {
                return named(sql);
            }
        }
        return chosenBy(state);
    }

    /** The level that a setting's value, or a statement that sets it, names. */
    public static Isolation named(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.contains("serializable")) {
            return SERIALIZABLE;
        }
        return lower.contains("repeatable") ? REPEATABLE_READ : READ_COMMITTED;
    }

    /** What a statement gets that would spread a SERIALIZABLE transaction over shards. */
    public static SQLException refusal() {
        return PgplexErrors.error(
                SqlState.FEATURE_NOT_SUPPORTED,
                "SERIALIZABLE transactions over several shards are not supported",
                "Stay on one shard, use REPEATABLE READ, or connect with serializable=per-shard, under which each shard"
                        + " is serializable for itself.");
    }
}
