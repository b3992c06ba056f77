package io.pgplex.routing;

import io.pgplex.metadata.hash.KeyBuckets;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.routing.bind.KeySource;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.command.StatementClass;
import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Refusal;
import io.pgplex.routing.plan.StatementKind;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What hints do to a plan. Immutable. */
final class HintRules {

    private static final String INVALID_VALUE = "22023";

    private final Hints hints;
    private final ClusterMap map;

    HintRules(Hints hints, ClusterMap map) {
        this.hints = hints;
        this.map = map;
    }

    /** The plan of a statement whose hint says where it runs, whatever it is; null without such a hint. */
    @Nullable
    Plan place(ScannedStatement statement, StatementClass statementClass) {
        ShardSelector selector = selector(statement);
        if (selector == null) {
            return null;
        }
        boolean reads = statementClass instanceof StatementClass.Query;
        return new Plan.Sharded(
                kind(statementClass),
                reads ? Effect.MAY_WRITE : Effect.WRITE,
                returnsRows(statement, statementClass),
                Fragment.original(statement.text(), statement.parameterCount()),
                selector,
                null,
                null,
                null);
    }

    private @Nullable ShardSelector selector(ScannedStatement statement) {
        String name = shardName();
        if (name != null) {
            Shard shard = map.shard(name);
            if (shard == null) {
                throw invalid("shard \"" + name + "\" does not exist");
            }
            return new ShardSelector.NamedShard(shard.ordinal());
        }
        String key = hints.key();
        if (key == null) {
            return null;
        }
        KeyType type = keyType(statement, key);
        int bucket = KeyBuckets.bucketOfLiteral(type, key, true, map.buckets());
        if (bucket < 0) {
            throw invalid("hint \"key\" is no value of type " + type.sqlName());
        }
        return new ShardSelector.Key(new KeySource.Literal(bucket));
    }

    /** The shard that a hint names, or whose node it names; null without such a hint. */
    private @Nullable String shardName() {
        String node = hints.reads().node();
        if (node == null) {
            return hints.shard();
        }
        if (hints.key() != null) {
            throw invalid("hints \"key\" and \"node\" cannot stand together");
        }
        for (Shard shard : map.shards()) {
            if (shard.members().contains(node)) {
                if (hints.shard() != null && !shard.name().equals(hints.shard())) {
                    throw invalid("node \"" + node + "\" is not of shard \"" + hints.shard() + "\"");
                }
                return shard.name();
            }
        }
        throw invalid("node \"" + node + "\" does not exist");
    }

    /** The key type of the distributed tables that the text names; by the value's look when there is none. */
    private KeyType keyType(ScannedStatement statement, String key) {
        Set<KeyType.HashFamily> families = EnumSet.noneOf(KeyType.HashFamily.class);
        KeyType found = null;
        Set<String> words = new HashSet<>();
        for (int i = 0; i < statement.tokenCount(); i++) {
            if (statement.isName(i)) {
                words.add(statement.identifier(i));
            }
        }
        for (var table : map.tables().values()) {
            if (table.distribution() instanceof TableDistribution.Distributed distributed
                    && words.contains(table.name().name())) {
                found = distributed.keyType();
                families.add(found.family());
            }
        }
        if (families.size() > 1) {
            throw invalid("hint \"key\" is ambiguous: the statement's tables have keys of several types");
        }
        if (found != null) {
            return found;
        }
        boolean number = !hints.keyQuoted() && key.matches("-?[0-9]{1,18}");
        return number ? KeyType.BIGINT : KeyType.TEXT;
    }

    private static RoutingException invalid(String message) {
        return new RoutingException(new Refusal(INVALID_VALUE, message, null, null, 0));
    }

    /** The plan with cross_shard=forbid: what would run on several shards is refused, but for copies of one table. */
    Plan guard(Plan plan) {
        if (hints.crossShard() != Hints.CrossShard.FORBID
                || !(plan instanceof Plan.Sharded sharded)
                || (sharded.scatter() == null && sharded.movement() == null)
                || (sharded.scatter() != null && sharded.scatter().merge() instanceof Merge.OfCopies)) {
            return plan;
        }
        return sharded.refused(Unsupported.CROSS_SHARD_FORBIDDEN.at(0));
    }

    static StatementKind kind(StatementClass statementClass) {
        if (statementClass instanceof StatementClass.Query) {
            return StatementKind.SELECT;
        }
        if (statementClass instanceof StatementClass.Insert) {
            return StatementKind.INSERT;
        }
        if (statementClass instanceof StatementClass.Update) {
            return StatementKind.UPDATE;
        }
        if (statementClass instanceof StatementClass.Delete) {
            return StatementKind.DELETE;
        }
        if (statementClass instanceof StatementClass.Merge) {
            return StatementKind.MERGE;
        }
        return statementClass instanceof StatementClass.Call ? StatementKind.CALL : StatementKind.OTHER;
    }

    /** Whether the text answers with rows: a query or anything with RETURNING outside parentheses. */
    static boolean returnsRows(ScannedStatement statement, StatementClass statementClass) {
        if (statementClass instanceof StatementClass.Query || statementClass instanceof StatementClass.Call) {
            return true;
        }
        int depth = 0;
        for (int i = 0; i < statement.tokenCount(); i++) {
            depth += statement.isPunctuation(i, '(') ? 1 : statement.isPunctuation(i, ')') ? -1 : 0;
            if (depth == 0 && statement.is(i, "RETURNING")) {
                return true;
            }
        }
        return false;
    }
}
