package io.pgplex.jdbc.tpch;

import io.pgplex.testkit.PgplexCluster;

/** A local table beside distributed ones, the parts of a supplier beside it, and text in another order than its bytes'. */
@PgplexCluster(shards = 4, locale = "icu:en-US")
class LocalNationTpchIT extends TpchContract {
    @Override
    String schema() {
        return "schema-local-nation.sql";
    }
}
