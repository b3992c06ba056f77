package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.transaction.Transaction;
import io.pgplex.metadata.model.Shard;
import org.jspecify.annotations.Nullable;

/** Whether all that a statement has used in its transaction is a shard that it was the first to reach. */
final class NewestShard {
    private @Nullable Shard shard;
    private boolean others;

    void clear() {
        shard = null;
        others = false;
    }

    void used(Transaction transaction, Shard used) {
        Shard known = shard;
        if (known == null && transaction.participant(used.ordinal()) == null) {
            shard = used;
        } else {
            others |= known == null || known.ordinal() != used.ordinal();
        }
    }

    boolean isLeft(SessionTransaction transactions) {
        Shard known = shard;
        return known != null && !others && transactions.leave(known);
    }
}
