package io.pgplex.jdbc.differential;

import io.pgplex.testkit.PgplexCluster;

@PgplexCluster(shards = 3)
class DifferentialIT extends DifferentialContract {
    @Override
    String refusals() {
        return "refused.sql";
    }
}
