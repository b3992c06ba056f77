package io.pgplex.jdbc.tpch;

import io.pgplex.testkit.PgplexCluster;

/** Nations on every shard, and the suppliers of a part beside it. */
@PgplexCluster(shards = 4)
class TpchIT extends TpchContract {
    @Override
    String schema() {
        return "schema.sql";
    }
}
