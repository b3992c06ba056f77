package io.pgplex.routing.analyze;

import io.pgplex.metadata.hash.KeyBucket;
import io.pgplex.metadata.hash.KeyBuckets;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.TypeName;
import io.pgplex.routing.bind.KeyAssignment;
import io.pgplex.routing.bind.KeySource;
import io.pgplex.routing.bind.ShardSelector;
import org.jspecify.annotations.Nullable;

/** From a constant that a distribution key is compared with to the shards that can hold it. Immutable. */
public final class KeyConstants {

    private final int buckets;

    public KeyConstants(int buckets) {
        this.buckets = buckets;
    }

    /** The shards where {@code key = value} can hold; all of them when the value is no constant. */
    ShardSelector compared(Expr value, KeyType type) {
        if (value instanceof Expr.Parameter parameter) {
            return new ShardSelector.Key(new KeySource.Parameter(parameter.index(), type));
        }
        if (value instanceof Expr.Literal literal) {
            return literal(literal, "", type);
        }
        if (value instanceof Expr.Operation sign
                && sign.left() == null
                && sign.right() instanceof Expr.Literal number) {
            return number.kind() == Expr.Literal.Kind.NUMBER
                            && (sign.operator().equals("-") || sign.operator().equals("+"))
                    ? literal(number, sign.operator().equals("-") ? "-" : "", type)
                    : Selectors.ALL;
        }
        return value instanceof Expr.Cast cast ? cast(cast, type) : Selectors.ALL;
    }

    private ShardSelector literal(Expr.Literal literal, String sign, KeyType type) {
        return switch (literal.kind()) {
            case NULL -> Selectors.NONE;
            case OTHER -> Selectors.ALL;
            case STRING -> bucket(KeyBuckets.bucketOfLiteral(type, literal.value(), true, buckets));
            case NUMBER, BOOLEAN -> bucket(KeyBuckets.bucketOfLiteral(type, sign + literal.value(), false, buckets));
        };
    }

    /** A cast may change the value, so only casts to a type that hashes like the key count, and "never" does not. */
    private ShardSelector cast(Expr.Cast cast, KeyType type) {
        KeyType target = target(cast.type(), type);
        if (target == null) {
            return Selectors.ALL;
        }
        if (cast.operand() instanceof Expr.Parameter parameter) {
            return new ShardSelector.Key(new KeySource.Assigned(parameter.index(), target, target.sqlName()));
        }
        if (cast.operand() instanceof Expr.Literal literal && literal.kind() != Expr.Literal.Kind.OTHER) {
            if (literal.kind() == Expr.Literal.Kind.NULL) {
                return Selectors.NONE;
            }
            boolean quoted = literal.kind() == Expr.Literal.Kind.STRING;
            return stored(KeyBuckets.bucketOfLiteral(target, literal.value(), quoted, buckets));
        }
        return Selectors.ALL;
    }

    private static @Nullable KeyType target(TypeName name, KeyType type) {
        KeyType target = name.modified() || name.array() ? null : KeyFamilies.keyType(name.name());
        return target != null && target.family() == type.family() ? target : null;
    }

    /** The shard where a row lies whose key is set to the value; all shards when the value is no constant. */
    public ShardSelector assigned(Expr value, KeyType type, String columnType) {
        if (value instanceof Expr.Parameter parameter) {
            return new ShardSelector.Key(new KeySource.Assigned(parameter.index(), type, columnType));
        }
        if (value instanceof Expr.Literal literal && literal.kind() != Expr.Literal.Kind.OTHER) {
            if (literal.kind() == Expr.Literal.Kind.NULL) {
                return bucket(KeyBuckets.bucketOfNull(buckets));
            }
            boolean quoted = literal.kind() == Expr.Literal.Kind.STRING;
            return stored(KeyAssignment.bucketOfLiteral(type, columnType, literal.value(), quoted, buckets));
        }
        if (value instanceof Expr.Operation sign
                && sign.left() == null
                && sign.operator().equals("-")
                && sign.right() instanceof Expr.Literal number
                && number.kind() == Expr.Literal.Kind.NUMBER) {
            return stored(KeyAssignment.bucketOfLiteral(type, columnType, "-" + number.value(), false, buckets));
        }
        if (value instanceof Expr.Cast cast && target(cast.type(), type) != null) {
            return cast.operand() instanceof Expr.Cast ? Selectors.ALL : assigned(cast.operand(), type, columnType);
        }
        return Selectors.ALL;
    }

    private static ShardSelector bucket(int bucket) {
        return bucket == KeyBucket.NEVER ? Selectors.NONE : stored(bucket);
    }

    private static ShardSelector stored(int bucket) {
        return bucket < 0 ? Selectors.ALL : new ShardSelector.Key(new KeySource.Literal(bucket));
    }

    /** The shard of rows whose key IS NULL. */
    ShardSelector ofNull() {
        return bucket(KeyBuckets.bucketOfNull(buckets));
    }
}
