package io.pgplex.jdbc.differential;

import io.pgplex.testkit.PgplexCluster;

@PgplexCluster(shards = 3)
class WriteDifferentialIT extends WriteContract {}
