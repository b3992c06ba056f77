package io.pgplex.jdbc;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;

/** Where the driver and the data sources get connections from. */
final class ClusterRuntimes {

    private ClusterRuntimes() {}

    /** Opens connections to any cluster; what a cluster needs is shared by all connections of this JVM. */
    static ConnectionOpener opener() {
        return (url, properties) -> {
            throw PgplexErrors.error(SqlState.FEATURE_NOT_SUPPORTED, "no cluster runtime is part of this build");
        };
    }
}
