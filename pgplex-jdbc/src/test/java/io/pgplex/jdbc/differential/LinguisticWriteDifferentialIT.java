package io.pgplex.jdbc.differential;

import io.pgplex.testkit.PgplexCluster;

@PgplexCluster(shards = 3, locale = "icu:en-US")
class LinguisticWriteDifferentialIT extends WriteContract {}
