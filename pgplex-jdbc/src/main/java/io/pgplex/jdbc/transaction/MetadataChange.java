package io.pgplex.jdbc.transaction;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.model.View;

/**
 * A change of the cluster map that a definition brings. The session that makes it sees it at once; everybody else when
 * its transaction has committed. Immutable.
 */
public sealed interface MetadataChange {

    /** The map with this change made. */
    ClusterMap applyTo(ClusterMap map);

    /** A table added or described anew. */
    record PutTable(Table table) implements MetadataChange {
        @Override
        public ClusterMap applyTo(ClusterMap map) {
            return map.withTable(table);
        }
    }

    /** A table gone. */
    record DropTable(TableName name) implements MetadataChange {
        @Override
        public ClusterMap applyTo(ClusterMap map) {
            return map.withoutTable(name);
        }
    }

    /** A view added or described anew. */
    record PutView(View view) implements MetadataChange {
        @Override
        public ClusterMap applyTo(ClusterMap map) {
            return map.withView(view);
        }
    }

    /** A view gone. */
    record DropView(TableName name) implements MetadataChange {
        @Override
        public ClusterMap applyTo(ClusterMap map) {
            return map.withoutView(name);
        }
    }
}
