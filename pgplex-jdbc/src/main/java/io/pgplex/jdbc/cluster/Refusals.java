package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.routing.plan.Refusal;
import io.pgplex.routing.plan.Unsupported;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Makes the errors of cluster commands and definitions. Stateless. */
final class Refusals {

    static final String NOT_SUPPORTED = "0A000";

    private Refusals() {}

    /** One of the refusals that are listed. */
    static SQLException of(Unsupported refusal, String... names) {
        return PgplexErrors.from(refusal.at(0, names));
    }

    /** What cannot be done with a cluster or a server: 0A000. */
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
