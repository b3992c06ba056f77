package io.pgplex.jdbc.execute;

import io.pgplex.metadata.model.KeyType;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Evaluation;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Movement;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.RowLimit;
import io.pgplex.routing.plan.Scatter;
import io.pgplex.routing.plan.StatementKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Plans with movements, made by hand. */
final class Movements {

    static final ShardSelector ALL = new ShardSelector.AllShards();
    static final ShardSelector ANY = new ShardSelector.AnyShard();
    static final ShardSelector HOME = new ShardSelector.HomeShard();
    static final Intermediate.Reach EVERY = new Intermediate.Reach.EveryShard();
    static final Intermediate.Reach ONE = new Intermediate.Reach.OneShard();

    private Movements() {}

    static Intermediate.Reach byKey(int column, KeyType type) {
        return new Intermediate.Reach.ByKey(column, type);
    }

    static Fragment fragment(String sql, int... parameters) {
        return new Fragment(sql, parameters);
    }

    /** A SELECT on every shard, one shard's rows after the other's. */
    static Plan.Sharded scatter(String sql, int... parameters) {
        return scatter(new Merge.Concatenate(RowLimit.UNLIMITED), sql, parameters);
    }

    static Plan.Sharded scatter(Merge merge, String sql, int... parameters) {
        Fragment fragment = fragment(sql, parameters);
        return new Plan.Sharded(
                StatementKind.SELECT,
                Effect.READ,
                true,
                fragment,
                ALL,
                new Scatter(fragment, merge, List.of()),
                null,
                null);
    }

    /** A SELECT on one shard. */
    static Plan.Sharded one(ShardSelector selector, String sql, int... parameters) {
        return new Plan.Sharded(
                StatementKind.SELECT, Effect.READ, true, fragment(sql, parameters), selector, null, null, null);
    }

    /** A statement that writes on every shard. */
    static Plan.Sharded write(ShardSelector selector, boolean returnsRows, String sql, int... parameters) {
        Fragment fragment = fragment(sql, parameters);
        return new Plan.Sharded(
                StatementKind.UPDATE,
                Effect.WRITE,
                returnsRows,
                fragment,
                selector,
                new Scatter(fragment, new Merge.Concatenate(RowLimit.UNLIMITED), List.of()),
                null,
                null);
    }

    /** An intermediate whose columns have the types of its source's answer. */
    static Intermediate moved(
            String name, Intermediate.Reach reach, Plan.Sharded source, int[] parameters, String... columns) {
        return typed(
                name,
                reach,
                source,
                parameters,
                Arrays.stream(columns)
                        .map(c -> new Intermediate.Column(c, null, null))
                        .toArray(Intermediate.Column[]::new));
    }

    static Intermediate typed(
            String name,
            Intermediate.Reach reach,
            Plan.Sharded source,
            int[] parameters,
            Intermediate.Column... columns) {
        return new Intermediate(name, List.of(columns), source, parameters, reach, null, -1, -1);
    }

    /** The same intermediate, of which the planner expects many bytes. */
    static Intermediate large(Intermediate one) {
        return new Intermediate(
                one.name(), one.columns(), one.source(), one.parameters(), one.reach(), one.reduction(), 1000, 1 << 20);
    }

    static int[] parameters(int... indexes) {
        return indexes;
    }

    /** A text that begins with the definitions of intermediates. */
    static String with(String sql, String... names) {
        List<String> definitions = new ArrayList<>();
        for (String name : names) {
            definitions.add(Intermediate.definition(name));
        }
        return "WITH " + String.join(", ", definitions) + " " + sql;
    }

    /** The plan of a statement that needs movement. */
    static Plan.Sharded moving(Movement movement) {
        Plan.Sharded then = movement.then();
        return new Plan.Sharded(
                then.kind(), then.effect(), then.returnsRows(), then.original(), ALL, null, movement, null);
    }

    static Movement movement(Plan.Sharded then, int[] parameters, Intermediate... intermediates) {
        return new Movement(List.of(), List.of(intermediates), then, parameters, false);
    }

    static Movement evaluating(
            List<Evaluation> evaluations, Plan.Sharded then, int[] parameters, Intermediate... intermediates) {
        return new Movement(evaluations, List.of(intermediates), then, parameters, false);
    }

    static Movement inPortions(Plan.Sharded then, int[] parameters, Intermediate... intermediates) {
        return new Movement(List.of(), List.of(intermediates), then, parameters, true);
    }
}
