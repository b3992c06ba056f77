package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.transaction.Transaction;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.bind.ShardSet;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Movement;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Scatter;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which shards plans run on, collected over the parts of one statement. Confined to a thread. */
final class PlanShards {

    private final ClusterMap map;
    private final BitSet ordinals = new BitSet();
    private boolean any;

    PlanShards(ClusterMap map) {
        this.map = map;
    }

    /** Adds the shards that a plan's texts run on, those of its sources too. */
    void add(Plan.Sharded plan, BoundParameters parameters) {
        int single = plan.selector().single(parameters, map);
        if (single == ShardSelector.ANY) {
            any = true;
        } else if (single == ShardSelector.NONE) {
            ordinals.set(0);
        } else if (single >= 0) {
            ordinals.set(single);
        } else {
            addSeveral(plan, parameters);
        }
    }

    /** Adds the shards whose texts read what a plan reads: for a write by images the first one only. */
    void addReaders(Plan.Sharded plan, BoundParameters parameters) {
        Scatter scatter = plan.scatter();
        if (scatter != null && scatter.merge() instanceof Merge.Images) {
            ordinals.set(0);
        } else {
            add(plan, parameters);
        }
    }

    private void addSeveral(Plan.Sharded plan, BoundParameters parameters) {
        ShardSet shards = plan.selector().select(parameters, map);
        Movement movement = plan.movement();
        if (shards.size() > 1 && movement != null && movement.evaluations().isEmpty()) {
            add(movement, parameters);
        } else if (shards.size() > 1 && movement != null) {
            // what will be computed may say where its parts run
            ordinals.set(0, map.shards().size());
        } else if (shards.isEmpty()) {
            ordinals.set(0);
        } else {
            for (int ordinal : shards.ordinals()) {
                ordinals.set(ordinal);
            }
            addEvaluations(plan.scatter());
        }
    }

    private void addEvaluations(@Nullable Scatter scatter) {
        if (scatter != null && !scatter.evaluations().isEmpty()) {
            ordinals.set(0);
        }
    }

    /** Adds the shards of all parts of a movement, whose evaluations are among the parameters. */
    void add(Movement movement, BoundParameters parameters) {
        for (Intermediate intermediate : movement.intermediates()) {
            add(intermediate.source(), new MappedParameters(parameters, intermediate.parameters()));
        }
        add(movement.then(), new MappedParameters(parameters, movement.parameters()));
    }

    boolean isEmpty() {
        return ordinals.isEmpty() && !any;
    }

    boolean contains(Shard shard) {
        return ordinals.get(shard.ordinal());
    }

    /**
     * The shards in the map's order; what runs on any shard runs on the one that the session prefers, which is one that the
     * transaction has reached.
     */
    List<Shard> shards(Session session) throws SQLException {
        BitSet all = (BitSet) ordinals.clone();
        Transaction transaction = session.transaction();
        boolean reached = transaction != null && !transaction.participants().isEmpty();
        if (any && (all.isEmpty() || reached)) {
            all.set(session.preferredShard());
        }
        List<Shard> shards = new ArrayList<>();
        for (Shard shard : map.shards()) {
            if (all.get(shard.ordinal())) {
                shards.add(shard);
            }
        }
        return shards;
    }

    /** Whether any text of a plan has the definition of an intermediate. */
    static boolean names(Plan.Sharded plan, String definition) {
        if (plan.original().sql().contains(definition)) {
            return true;
        }
        Scatter scatter = plan.scatter();
        if (scatter != null && scatter.fragment().sql().contains(definition)) {
            return true;
        }
        Movement movement = plan.movement();
        if (movement == null) {
            return false;
        }
        for (Intermediate intermediate : movement.intermediates()) {
            if (names(intermediate, definition)) {
                return true;
            }
        }
        return names(movement.then(), definition);
    }

    /** Whether an intermediate's source has the definition of another one. */
    static boolean names(Intermediate intermediate, String definition) {
        Intermediate.Reduction reduction = intermediate.reduction();
        return names(intermediate.source(), definition) || (reduction != null && names(reduction.source(), definition));
    }
}
