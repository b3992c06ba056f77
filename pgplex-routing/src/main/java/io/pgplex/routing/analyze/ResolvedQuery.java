package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.Column;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Query;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A query whose names are resolved. Filled by {@link Resolver}, then read. */
public final class ResolvedQuery {

    private final Query syntax;
    private @Nullable Block block;
    private @Nullable ResolvedQuery left;
    private @Nullable ResolvedQuery right;
    private @Nullable List<String> outputs;
    private boolean recursive;

    /** Where it stands: at most one of the three. */
    private @Nullable ResolvedQuery branchOf;

    private @Nullable RelationUse derivedAs;
    private @Nullable Block sublinkIn;
    private @Nullable Sublink sublink;

    ResolvedQuery(Query syntax) {
        this.syntax = syntax;
    }

    public Query syntax() {
        return syntax;
    }

    /** The block of a SELECT, VALUES or TABLE; null for a set operation. */
    public @Nullable Block block() {
        return block;
    }

    void block(Block only) {
        this.block = only;
    }

    void branches(ResolvedQuery leftBranch, ResolvedQuery rightBranch) {
        this.left = leftBranch;
        this.right = rightBranch;
        leftBranch.branchOf = this;
        rightBranch.branchOf = this;
    }

    public boolean isSetOperation() {
        return left != null;
    }

    public ResolvedQuery left() {
        return Objects.requireNonNull(left);
    }

    public ResolvedQuery right() {
        return Objects.requireNonNull(right);
    }

    public Query.SetOperation setOperation() {
        return (Query.SetOperation) syntax.body();
    }

    /** The names of its columns, null when they are not known. */
    public @Nullable List<String> outputs() {
        return outputs;
    }

    void outputs(@Nullable List<String> names) {
        this.outputs = names;
    }

    boolean isRecursive() {
        return recursive;
    }

    void makeRecursive() {
        recursive = true;
    }

    @Nullable
    ResolvedQuery branchOf() {
        return branchOf;
    }

    @Nullable
    RelationUse derivedAs() {
        return derivedAs;
    }

    void derivedAs(RelationUse relation) {
        this.derivedAs = relation;
    }

    @Nullable
    Block sublinkIn() {
        return sublinkIn;
    }

    @Nullable
    Sublink sublink() {
        return sublink;
    }

    void sublinkIn(Block outer, Sublink link) {
        this.sublinkIn = outer;
        this.sublink = link;
    }

    /** The attribute that an output column is, null when it is computed or the query is a set operation. */
    @Nullable
    Attribute output(int position) {
        if (block == null) {
            return null;
        }
        List<Output> list = block.outputs();
        return list == null || position >= list.size()
                ? null
                : list.get(position).attribute();
    }

    /** The table column that an output column passes on, in every branch one of the same type; otherwise null. */
    public @Nullable Column origin(int position) {
        if (left != null) {
            Column one = left.origin(position);
            Column other = right().origin(position);
            return one != null
                            && other != null
                            && one.type().equals(other.type())
                            && Objects.equals(one.collation(), other.collation())
                    ? one
                    : null;
        }
        Attribute attribute = output(position);
        return attribute == null ? null : attribute.origin();
    }

    /** One output column: its name, its expression (null from a star) and the attribute it is (null if computed). */
    public record Output(
            String name,
            @Nullable Expr expression,
            @Nullable Attribute attribute) {}
}
