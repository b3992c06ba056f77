package io.pgplex.metadata.cache;

import io.pgplex.metadata.model.ClusterProperties;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.model.View;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Outcome;
import java.util.List;

/** Parts of clusters for tests. */
final class Samples {

    static final ClusterProperties PROPERTIES = new ClusterProperties("shop", 4096, "C.UTF-8", true, 18);

    /** A name with everything that could upset a key. */
    static final TableName AWKWARD = new TableName("sch.ema/1", "tä%b\"le.ı😀 x");

    private Samples() {}

    static NodeAddress node(String name) {
        return new NodeAddress(name, "127.0.0.1", 5432, "shop");
    }

    static Table table(String name) {
        return table(new TableName("public", name));
    }

    static Table table(TableName name) {
        return new Table(
                name,
                new TableDistribution.Distributed("id", KeyType.BIGINT),
                List.of(
                        new Column("id", "bigint", true, null, "nextval('public.s'::regclass)", DefaultKind.SEQUENCE),
                        new Column("name", "character varying(20)", false, "pg_catalog.\"C\"", null, DefaultKind.NONE)),
                List.of("name", "id"),
                Table.State.ACTIVE);
    }

    static Table replicated(String name) {
        return new Table(
                new TableName("public", name), new TableDistribution.Replicated(), List.of(), Table.State.CREATING);
    }

    static View view(String name) {
        return new View(
                new TableName("public", name),
                "SELECT id FROM public.t",
                List.of(new Column("id", "bigint", false, null, null, DefaultKind.NONE)));
    }

    /** Creates a cluster of that many shards, s0 and so on, on nodes n0 and so on. */
    static ClusterMapChanges newCluster(MetadataStore store, String cluster, int shards) throws MetadataException {
        ClusterMapChanges changes = ClusterMapChanges.read(store, cluster).createCluster(PROPERTIES, "s0", node("n0"));
        for (int i = 1; i < shards; i++) {
            changes.addShard("s" + i, node("n" + i));
        }
        return changes;
    }

    /** The revision of a transaction that must succeed. */
    static long commit(MetadataStore store, ClusterMapChanges changes) throws MetadataException {
        Outcome outcome = store.commit(changes.toTransaction());
        if (outcome instanceof Outcome.Committed committed) {
            return committed.revision();
        }
        throw new AssertionError("conflict");
    }
}
