package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.routing.plan.Refusal;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Makes the errors of cluster commands and definitions. Stateless. */
final class Refusals {

    static final String NOT_SUPPORTED = "0A000";

    private Refusals() {}

    /** What cannot be done on several shards: 0A000. */
    static SQLException notSupported(String message, @Nullable String hint) {
        return error(NOT_SUPPORTED, message, null, hint);
    }

    static SQLException error(String sqlState, String message, @Nullable String hint) {
        return error(sqlState, message, null, hint);
    }

    static SQLException error(String sqlState, String message, @Nullable String detail, @Nullable String hint) {
        return PgplexErrors.from(new Refusal(sqlState, message, detail, hint, 0));
    }
}
