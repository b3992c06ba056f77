package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.function.Functions;
import io.pgplex.routing.scan.ScannedStatement;
import java.sql.SQLException;
import java.util.Set;

/** What a statement that calls functions may leave behind in the session of its server. */
enum SessionEffect {
    /** Nothing: every function is known. */
    NONE,
    /** Anything: the connection is reset before its next use. */
    UNKNOWN,
    /** An advisory lock of the session: the home shard's connection stays with the session. */
    LOCK;

    private static final Set<String> LOCKING = Set.of(
            "pg_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared");

    private static final Set<String> SETTING = Set.of("set_config");

    /** Looks at every name in front of a parenthesis. */
    static SessionEffect of(ScannedStatement statement) {
        if (statement.is(0, "DO", "CALL")) {
            return UNKNOWN;
        }
        SessionEffect effect = NONE;
        for (int i = 0; i + 1 < statement.tokenCount(); i++) {
            if (statement.isName(i) && statement.isPunctuation(i + 1, '(')) {
                SessionEffect own = of(statement, i);
                effect = own.compareTo(effect) > 0 ? own : effect;
            }
        }
        return effect;
    }

    private static SessionEffect of(ScannedStatement statement, int token) {
        String name = statement.identifier(token);
        boolean qualified = statement.isPunctuation(token - 1, '.')
                && !(statement.isName(token - 2)
                        && statement.identifier(token - 2).equals("pg_catalog"));
        if (qualified || SETTING.contains(name) || !Functions.isBuiltIn(name)) {
            return UNKNOWN;
        }
        return LOCKING.contains(name) ? LOCK : NONE;
    }

    /** Refuses a session's lock on any shard but the home shard, where nobody would look for it. */
    void check(Shard shard) throws SQLException {
        if (this == LOCK && shard.ordinal() != 0) {
            throw PgplexErrors.error(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "session-level advisory locks on shard \"" + shard.name() + "\" are not supported",
                    "Take them in a statement without a distributed table, which runs on the home shard, or use"
                            + " pg_advisory_xact_lock.");
        }
    }
}
