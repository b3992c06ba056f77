package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.FromItem;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One place where a statement uses a relation. Equal to itself only; filled while names are resolved, then read. */
public final class RelationUse {

    /** What the relation is. */
    public enum Kind {
        /** A distributed or replicated table. */
        TABLE,
        /** Anything that only the home shard has. */
        LOCAL,
        /** A subquery, CTE or view. */
        DERIVED,
        /** A function call. */
        FUNCTION,
        /** A relation that pgplex itself puts into the text, the same on every shard. */
        CONSTANT,
        /** The rows of a data-modifying CTE, or a recursive CTE inside itself. */
        OPAQUE
    }

    private final Kind kind;
    private final Block block;
    private final String name;
    private final @Nullable Table table;
    private final @Nullable ResolvedQuery query;
    private final @Nullable List<String> columns;
    private final List<Expr> calls;
    private final int token;
    private FromItem.@Nullable Relation item;
    private boolean named = true;
    private boolean nullable;
    private boolean insertTarget;

    RelationUse(
            Kind kind,
            Block block,
            String name,
            @Nullable Table table,
            @Nullable ResolvedQuery query,
            @Nullable List<String> columns,
            List<Expr> calls,
            int token) {
        this.kind = kind;
        this.block = block;
        this.name = name;
        this.table = table;
        this.query = query;
        this.columns = columns;
        this.calls = calls;
        this.token = token;
    }

    public Kind kind() {
        return kind;
    }

    /** The block whose FROM it stands in. */
    public Block block() {
        return block;
    }

    /** The name that columns are qualified with. */
    public String name() {
        return name;
    }

    /** The table of a {@link Kind#TABLE}; otherwise null. */
    public @Nullable Table table() {
        return table;
    }

    /** The query of a {@link Kind#DERIVED}. */
    public ResolvedQuery query() {
        return Objects.requireNonNull(query);
    }

    /** The names of its columns, null when they are not known. */
    public @Nullable List<String> columns() {
        return columns;
    }

    /** The calls of a {@link Kind#FUNCTION}. */
    public List<Expr> calls() {
        return calls;
    }

    /** The token of its name, in the block's text. */
    public int token() {
        return token;
    }

    /** How the text names it; null for what is no relation of a name. */
    public FromItem.@Nullable Relation item() {
        return item;
    }

    RelationUse written(FromItem.Relation syntax) {
        this.item = syntax;
        return this;
    }

    /** Where its name stands in the statement, characters from 1; 0 when it is in a view. */
    public int position() {
        return Positions.of(block, token);
    }

    /** Whether its own name can qualify columns: not inside a join that has an alias. */
    boolean isNamed() {
        return named;
    }

    void hideName() {
        named = false;
    }

    /** Whether an outer join may put NULL in place of its rows. */
    public boolean isNullable() {
        return nullable;
    }

    void makeNullable() {
        nullable = true;
    }

    /** Whether rows are put into it here and none is looked for. */
    boolean isInsertTarget() {
        return insertTarget;
    }

    void makeInsertTarget() {
        insertTarget = true;
    }

    public boolean isDistributed() {
        return table != null && table.distribution() instanceof TableDistribution.Distributed;
    }

    public boolean isReplicated() {
        return table != null && table.distribution() instanceof TableDistribution.Replicated;
    }

    KeyType keyType() {
        return ((TableDistribution.Distributed) Objects.requireNonNull(table).distribution()).keyType();
    }

    /** The distribution key under the name that it has here. */
    Attribute key() {
        String key =
                ((TableDistribution.Distributed) Objects.requireNonNull(table).distribution()).keyColumn();
        for (int i = 0; i < table.columns().size(); i++) {
            if (table.columns().get(i).name().equals(key)) {
                return new Attribute(this, Objects.requireNonNull(columns).get(i));
            }
        }
        return new Attribute(this, key);
    }

    /** The name that a column of its table has here; null when that is not known. */
    public @Nullable String nameHere(Table of, int position) {
        if (columns != null) {
            return position < columns.size() ? columns.get(position) : null;
        }
        return item == null || !item.columns().isEmpty()
                ? null
                : of.columns().get(position).name();
    }

    /** The place of a column among its columns, from 0; -1 when it is not known. */
    int position(String column) {
        return columns == null || columns.indexOf(column) != columns.lastIndexOf(column) ? -1 : columns.indexOf(column);
    }

    /** The table's column under the name that it has here; null when it is none. */
    @Nullable
    Column tableColumn(String column) {
        int position = position(column);
        if (table == null || position < 0 || position >= table.columns().size()) {
            return null;
        }
        Column origin = table.columns().get(position);
        // of what a subquery computed only the name is known
        return origin.type().isEmpty() ? null : origin;
    }
}
