package io.pgplex.jdbc.execute;

import io.pgplex.routing.function.Functions;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** What the functions that a statement calls may leave behind in the session or transaction of their server. */
enum SessionEffect {
    /** Anything: the connection is reset before its next use. */
    UNKNOWN,
    /** An advisory lock of the session: the home shard's connection stays with the session. */
    SESSION_LOCK,
    /** An advisory lock of the transaction, which forbids PREPARE TRANSACTION where the session holds the same one. */
    TRANSACTION_LOCK,
    /** A notification, which forbids PREPARE TRANSACTION. */
    NOTIFICATION,
    /** A snapshot for other sessions of the same server, which forbids PREPARE TRANSACTION. */
    EXPORTED_SNAPSHOT;

    private static final Map<String, SessionEffect> OF_FUNCTIONS = Map.ofEntries(
            Map.entry("set_config", UNKNOWN),
            Map.entry("pg_advisory_lock", SESSION_LOCK),
            Map.entry("pg_advisory_lock_shared", SESSION_LOCK),
            Map.entry("pg_try_advisory_lock", SESSION_LOCK),
            Map.entry("pg_try_advisory_lock_shared", SESSION_LOCK),
            Map.entry("pg_advisory_xact_lock", TRANSACTION_LOCK),
            Map.entry("pg_advisory_xact_lock_shared", TRANSACTION_LOCK),
            Map.entry("pg_try_advisory_xact_lock", TRANSACTION_LOCK),
            Map.entry("pg_try_advisory_xact_lock_shared", TRANSACTION_LOCK),
            Map.entry("pg_notify", NOTIFICATION),
            Map.entry("pg_export_snapshot", EXPORTED_SNAPSHOT));

    /** Looks at every name in front of a parenthesis. */
    static Set<SessionEffect> of(ScannedStatement statement) {
        Set<SessionEffect> effects = EnumSet.noneOf(SessionEffect.class);
        if (statement.is(0, "DO", "CALL")) {
            effects.add(UNKNOWN);
        }
        for (int i = 0; i + 1 < statement.tokenCount(); i++) {
            if (statement.isName(i) && statement.isPunctuation(i + 1, '(')) {
                String name = statement.identifier(i);
                SessionEffect known = OF_FUNCTIONS.get(name);
                if (isQualified(statement, i) || (known == null && !Functions.isBuiltIn(name))) {
                    effects.add(UNKNOWN);
                } else if (known != null) {
                    effects.add(known);
                }
            }
        }
        return effects;
    }

    private static boolean isQualified(ScannedStatement statement, int token) {
        return statement.isPunctuation(token - 1, '.')
                && !(statement.isName(token - 2)
                        && statement.identifier(token - 2).equals("pg_catalog"));
    }
}
