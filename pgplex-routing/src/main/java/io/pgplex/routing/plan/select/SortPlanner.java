package io.pgplex.routing.plan.select;

import io.pgplex.routing.analyze.Attribute;
import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.OutputName;
import io.pgplex.routing.analyze.Placements;
import io.pgplex.routing.analyze.ResolvedQuery;
import io.pgplex.routing.analyze.ResolvedQuery.Output;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.analyze.syntax.SortItem;
import io.pgplex.routing.plan.CrossShard;
import io.pgplex.routing.plan.Finish;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.SortKey;
import io.pgplex.routing.scan.Identifiers;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * ORDER BY over several shards: each shard sorts, the client merges. What the select list lacks is added behind it.
 *
 * <pre>
 * SELECT name FROM t ORDER BY age DESC LIMIT 3
 * SELECT name, (age) AS pgplex_key1 FROM t ORDER BY age DESC LIMIT 3     merged by column -1, which no application sees
 * </pre>
 */
final class SortPlanner {

    private final ResolvedQuery query;
    private final Block block;
    private final ScannedStatement text;
    private final Collations collations;
    private final Splice splice;
    private final List<Key> keys = new ArrayList<>();
    private final List<SortItem> hidden = new ArrayList<>();
    private @Nullable Outputs outputs;

    /** A column, 0 when it is the hidden one of that index. */
    private record Key(int column, int hidden, SortItem item, Collations.Found collation) {}

    SortPlanner(ResolvedQuery query, Collations collations, Splice splice) {
        this.query = query;
        this.block = Placements.anyBlock(query);
        this.text = block.text();
        this.collations = collations;
        this.splice = splice;
    }

    /** The merge; changes the text for the columns that it needs. */
    Merge plan(Limits limits) {
        for (SortItem item : query.syntax().orderBy()) {
            if (item.using()) {
                throw Placements.refuse(CrossShard.ORDER_BY_USING, block, item.from());
            }
            keys.add(key(item));
        }
        appendHidden();
        List<SortKey> sortKeys = new ArrayList<>();
        for (Key key : keys) {
            sortKeys.add(new SortKey(
                    column(key), key.item.descending(), key.item.putsNullsFirst(), key.collation.bytewise()));
        }
        return new Merge.Sorted(sortKeys, hidden.size(), limits.rows(), otherwise(limits));
    }

    private void appendHidden() {
        Query.Select select = block.select();
        if (select == null || hidden.isEmpty()) {
            return;
        }
        SqlText columns = new SqlText();
        int number = 0;
        for (SortItem item : hidden) {
            // by the name that it would have otherwise, ORDER BY could mean it
            columns.append(", (").append(reference(item)).append(") AS pgplex_key" + ++number);
        }
        splice.insertAfter(select.itemsTo(), columns);
    }

    /** What an item sorts by; a name that is a column of a star means that column, whatever else is called so. */
    private SqlText reference(SortItem item) {
        List<Output> outputs = block.outputs();
        if (outputs != null
                && item.expression() instanceof Expr.Column column
                && column.names().size() == 1) {
            List<Output> named = outputs.stream()
                    .filter(output -> output.name().equals(column.name()))
                    .toList();
            Attribute attribute = named.size() == 1 ? named.get(0).attribute() : null;
            if (attribute != null && !attribute.relation().name().isEmpty()) {
                return new SqlText()
                        .append(Identifiers.quote(attribute.relation().name()) + "."
                                + Identifiers.quote(attribute.column()));
            }
        }
        return splice.slice(item.from(), item.expressionTo());
    }

    /** A hidden column counts from the end. */
    private int column(Key key) {
        if (key.column < 0) {
            return key.column - hidden.size();
        }
        return key.column > 0 ? key.column : key.hidden - hidden.size();
    }

    private Key key(SortItem item) {
        Expr expression = item.expression();
        if (expression instanceof Expr.Literal literal && literal.kind() == Expr.Literal.Kind.NUMBER) {
            int position = position(literal.value());
            if (position > 0) {
                return new Key(position, 0, item, ofOutput(position));
            }
        }
        int output = output(item);
        if (output != 0) {
            return new Key(output, 0, item, output > 0 ? ofOutput(output) : ofItem(output));
        }
        Query.Select select = block.select();
        if (query.isSetOperation() || select == null || select.distinct()) {
            throw Placements.refuse(CrossShard.ORDER_OF_TYPE, block, item.from());
        }
        hidden.add(item);
        return new Key(0, hidden.size() - 1, item, collations.of(expression, block));
    }

    private Collations.Found ofItem(int fromEnd) {
        Query.Select select = Objects.requireNonNull(block.select());
        return collations.of(select.items().get(select.items().size() + fromEnd).expression(), block);
    }

    private static int position(String digits) {
        boolean plain = digits.length() <= 4 && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        return plain ? Integer.parseInt(digits) : 0;
    }

    private Collations.Found ofOutput(int position) {
        if (query.isSetOperation()) {
            return collations.of(query.origin(position - 1));
        }
        List<Output> outputs = block.outputs();
        if (outputs == null || position > outputs.size()) {
            return collations.computed();
        }
        Output output = outputs.get(position - 1);
        if (output.expression() != null) {
            return collations.of(output.expression(), block);
        }
        return collations.of(
                output.attribute() == null ? null : output.attribute().origin());
    }

    /** The output column, from 1, that an item of ORDER BY names or repeats; 0 when there is none or stars hide it. */
    private int output(SortItem item) {
        boolean name = item.expression() instanceof Expr.Column column
                && column.names().size() == 1;
        Query.Select select = block.select();
        if (query.isSetOperation() || select == null) {
            return name ? named(((Expr.Column) item.expression()).name()) : 0;
        }
        if (outputs == null) {
            outputs = new Outputs(select, text);
        }
        if (name) {
            String column = ((Expr.Column) item.expression()).name();
            if (outputs.places.containsKey(column)) {
                return outputs.places.get(column);
            }
            if (outputs.names.contains(column)) {
                // columns behind a star have no certain number, unless DISTINCT allows no other way
                return behindStar(select, outputs.star, column);
            }
        }
        Integer written = outputs.texts.get(TokenKeys.of(text, item.from(), item.expressionTo()));
        if (written != null) {
            return written;
        }
        return name && outputs.star >= 0
                ? behindStar(select, outputs.star, ((Expr.Column) item.expression()).name())
                : 0;
    }

    /** The select list, so that ORDER BY need not go through it for each of its items. */
    private static final class Outputs {

        /** The first place of a name, from 1, before any star. */
        final Map<String, Integer> places = new HashMap<>();

        /** The first place of what is written there, from 1, before any star. */
        final Map<String, Integer> texts = new HashMap<>();

        /** All names, an unqualified one of which comes before any column of that name. */
        final Set<String> names = new HashSet<>();

        /** The index of the first star, or -1. */
        int star = -1;

        Outputs(Query.Select select, ScannedStatement text) {
            for (int i = 0; i < select.items().size(); i++) {
                Query.Item item = select.items().get(i);
                String name = OutputName.of(item, text);
                names.add(name);
                if (star < 0 && isStar(item.expression())) {
                    star = i;
                }
                if (star < 0) {
                    places.putIfAbsent(name, i + 1);
                    texts.putIfAbsent(TokenKeys.of(text, item.from(), item.expressionTo()), i + 1);
                }
            }
        }
    }

    /** An output behind a star counts from the end, -1 being the last; DISTINCT allows the star's own columns only. */
    private int behindStar(Query.Select select, int star, String name) {
        int size = select.items().size();
        for (int i = size - 1; i > star && !isStar(select.items().get(i).expression()); i--) {
            if (OutputName.of(select.items().get(i), text).equals(name)) {
                return i - size;
            }
        }
        return select.distinct() ? named(name) : 0;
    }

    private int named(String name) {
        List<String> outputs = query.outputs();
        return outputs == null ? 0 : outputs.indexOf(name) + 1;
    }

    static boolean isStar(Expr expression) {
        return (expression instanceof Expr.Column column && column.star())
                || (expression instanceof Expr.Indirection indirection && indirection.star());
    }

    /** The same on a server, for types whose order the client does not know. */
    private Finish otherwise(Limits limits) {
        SqlText sql = new SqlText()
                .append("SELECT ")
                .piece(new Finish.Columns(hidden.size()))
                .append(" FROM pgplex_rows ORDER BY ");
        boolean first = true;
        for (Key key : keys) {
            if (!key.collation.known()) {
                throw Placements.refuse(CrossShard.ORDER_OF_TYPE, block, key.item.from());
            }
            sql.append(first ? "" : ", ").piece(new Finish.Column(column(key)));
            if (key.collation.sql() != null) {
                sql.append(" COLLATE " + key.collation.sql());
            }
            sql.append(key.item.descending() ? " DESC" : "")
                    .append(key.item.putsNullsFirst() ? " NULLS FIRST" : " NULLS LAST");
            first = false;
        }
        return sql.append(limits.whole()).finish(null);
    }
}
