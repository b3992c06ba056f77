package io.pgplex.routing.plan.modify;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.Table;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.analyze.RelationUse;
import io.pgplex.routing.analyze.ResolvedModification;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Modification;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.plan.insert.ColumnType;
import io.pgplex.routing.scan.Identifiers;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * A write to a replicated table whose text could do another thing to each copy: the first shard runs it and returns images
 * of the rows, by which the other copies are written. An image of UPDATE is the primary key and the columns that SET names,
 * one of INSERT the whole row, one of DELETE the key.
 *
 * <pre>
 * UPDATE t SET v = random() WHERE w &lt; (SELECT max(w) FROM u)
 * returns t."id", pgplex.image(t."v")
 * then UPDATE "public"."t" AS t SET "v" = i.c2 FROM pgplex_image AS i WHERE t."id" OPERATOR(pg_catalog.=) i.c1
 * </pre>
 *
 * <p>Where SET names a column of the key, the row's old key comes from the same row as the statement finds it, joined by
 * {@code ctid}: RETURNING sees the new key only, before PostgreSQL 18.
 *
 * <p>Confined to one thread.
 */
public final class RowImages {

    /** What the row is called of which the old key comes. */
    private static final String OLD = "pgplex_old";

    /** Types whose text is the whole value, whatever the session has set. */
    private static final Set<String> EXACT = Set.of(
            "smallint",
            "integer",
            "bigint",
            "oid",
            "numeric",
            "boolean",
            "text",
            "character varying",
            "character",
            "bpchar",
            "name",
            "uuid",
            "bytea",
            "date",
            "time without time zone",
            "time with time zone",
            "timestamp without time zone",
            "timestamp with time zone",
            "json",
            "jsonb",
            "bit",
            "bit varying",
            "inet",
            "cidr",
            "macaddr",
            "macaddr8");

    private final @Nullable ScannedStatement text;
    private final Modification syntax;
    private final RelationUse target;
    private final Table table;
    private final boolean checked;

    /**
     * @param text the statement's text, or null where the first shard runs another that does the same
     * @param checked whether row triggers may change what is written: images are whole rows then, and it is compared what
     *     became of them
     */
    public RowImages(ResolvedModification modification, Table table, @Nullable ScannedStatement text, boolean checked) {
        this.checked = checked;
        this.text = text;
        this.syntax = modification.syntax();
        this.target = modification.target();
        this.table = table;
    }

    /**
     * How the images come and go.
     *
     * @param splice the text as the first shard runs it; changed where the old key has to come with it
     * @throws RoutingException where rows could not be found in the other copies
     */
    public Merge.Images plan(Splice splice) {
        return switch (syntax.verb()) {
            case INSERT -> insert();
            case UPDATE -> update(splice);
            case DELETE -> delete();
            case MERGE -> throw new RoutingException(Unsupported.MERGE_ACROSS_SHARDS.at(target.position()));
        };
    }

    // ---- the three kinds

    private Merge.Images insert() {
        List<Column> columns = stored();
        boolean updates = !syntax.assignments().isEmpty();
        if (updates) {
            checkKey();
            if (setsKey()) {
                throw new RoutingException(Unsupported.REPLICATED_KEY.at(
                        target.position(), "ON CONFLICT DO UPDATE", table.name().toString()));
            }
        }
        StringJoiner names = new StringJoiner(", ");
        StringJoiner values = new StringJoiner(", ");
        StringJoiner set = new StringJoiner(", ");
        for (int i = 0; i < columns.size(); i++) {
            String name = Identifiers.quote(columns.get(i).name());
            names.add(name);
            values.add("i." + place(i));
            if (!table.primaryKey().contains(columns.get(i).name())) {
                set.add(name + " = EXCLUDED." + name);
            }
        }
        String apply = "INSERT INTO " + table.name().quoted() + " AS t (" + names + ") OVERRIDING SYSTEM VALUE SELECT "
                + values + " FROM " + Merge.Images.IMAGES + " AS i";
        if (updates) {
            StringJoiner key = new StringJoiner(", ");
            table.primaryKey().forEach(name -> key.add(Identifiers.quote(name)));
            apply += " ON CONFLICT (" + key + ") DO UPDATE SET "
                    + (set.length() > 0 ? set : first(key()) + " = EXCLUDED." + first(key()));
        }
        return images("*", returned(columns), columns, apply, result(List.of(), columns));
    }

    private Merge.Images update(Splice splice) {
        checkKey();
        List<Column> key = key();
        List<Column> columns = new ArrayList<>(key);
        List<String> returned = new ArrayList<>(setsKey() ? oldKey(key, splice) : returned(key));
        Set<Column> changed = changed();
        StringJoiner set = new StringJoiner(", ");
        for (Column column : changed) {
            set.add(Identifiers.quote(column.name()) + " = i." + place(columns.size()));
            columns.add(column);
            returned.add(returned(column));
        }
        if (changed.isEmpty()) {
            // generated columns alone
            set.add(first(key) + " = t." + first(key));
        }
        String apply = "UPDATE " + table.name().quoted() + " AS t SET " + set + " FROM " + Merge.Images.IMAGES
                + " AS i WHERE " + sameKey(key);
        return images(setsKey() ? alias() + ".*" : "*", returned, columns, apply, result(key, List.copyOf(changed)));
    }

    private Merge.Images delete() {
        checkKey();
        List<Column> key = key();
        String apply = "DELETE FROM " + table.name().quoted() + " AS t USING " + Merge.Images.IMAGES + " AS i WHERE "
                + sameKey(key);
        return images("*", returned(key), key, apply, result(key, List.of()));
    }

    private Merge.Images images(
            String everything, List<String> returned, List<Column> columns, String apply, String result) {
        List<Intermediate.Column> places = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            places.add(new Intermediate.Column(
                    place(i), ColumnType.unmodified(columns.get(i).type()), null));
        }
        String with = "WITH " + Intermediate.definition(Merge.Images.IMAGES);
        String compared =
                ", done AS (" + apply + " RETURNING " + result + ") SELECT (SELECT pg_catalog.count(*) FROM done),"
                        + " (SELECT pg_catalog.count(*) FROM (SELECT CAST(ROW(d.*) AS pg_catalog.text) FROM done AS d"
                        + " EXCEPT ALL SELECT CAST(ROW(i.*) AS pg_catalog.text) FROM " + Merge.Images.IMAGES
                        + " AS i) AS other)";
        return new Merge.Images(
                table.name(), everything, returned, places, with + (checked ? compared : " " + apply), checked, null);
    }

    /** What became of an image: its key as it came, the other columns as they are now. */
    private static String result(List<Column> key, List<Column> others) {
        StringJoiner result = new StringJoiner(", ");
        for (int i = 0; i < key.size(); i++) {
            result.add("i." + place(i) + " AS " + place(i));
        }
        for (int i = 0; i < others.size(); i++) {
            result.add("t." + Identifiers.quote(others.get(i).name()) + " AS " + place(key.size() + i));
        }
        return result.toString();
    }

    private static String first(List<Column> columns) {
        return Identifiers.quote(columns.get(0).name());
    }

    // ---- columns

    private static String place(int index) {
        return "c" + (index + 1);
    }

    /** The columns whose values are not computed from others. */
    private List<Column> stored() {
        return table.columns().stream()
                .filter(column -> column.defaultKind() != DefaultKind.GENERATED)
                .toList();
    }

    private List<Column> key() {
        List<Column> key = new ArrayList<>();
        for (String name : table.primaryKey()) {
            table.columns().stream()
                    .filter(column -> column.name().equals(name))
                    .forEach(key::add);
        }
        return key;
    }

    /** What SET names, each column once. */
    private Set<Column> assigned() {
        Set<Column> assigned = new LinkedHashSet<>();
        for (Modification.Assignment assignment : syntax.assignments()) {
            for (String name : assignment.columns()) {
                Column column = table.column(name);
                if (column != null && column.defaultKind() != DefaultKind.GENERATED) {
                    assigned.add(column);
                }
            }
        }
        return assigned;
    }

    /** What the statement can have changed; triggers could have changed more, though not where the cluster's sequences are. */
    private Set<Column> changed() {
        Set<Column> changed = assigned();
        if (checked) {
            stored().stream()
                    .filter(column -> column.defaultKind() != DefaultKind.SEQUENCE
                            && !table.primaryKey().contains(column.name()))
                    .forEach(changed::add);
        }
        return changed;
    }

    private boolean setsKey() {
        return assigned().stream().anyMatch(column -> table.primaryKey().contains(column.name()));
    }

    private void checkKey() {
        if (table.primaryKey().isEmpty()) {
            throw new RoutingException(Unsupported.REPLICATED_WITHOUT_KEY.at(
                    target.position(), table.name().toString()));
        }
    }

    // ---- SQL

    private String alias() {
        return Identifiers.quote(target.name());
    }

    private List<String> returned(List<Column> columns) {
        return columns.stream().map(this::returned).toList();
    }

    private String returned(Column column) {
        return exact(column, alias() + "." + Identifiers.quote(column.name()));
    }

    private static String exact(Column column, String value) {
        String type = column.type();
        String element = ColumnType.unmodified(type.endsWith("[]") ? type.substring(0, type.length() - 2) : type);
        return EXACT.contains(element) ? value : "pgplex.image(" + value + ")";
    }

    private static String sameKey(List<Column> key) {
        StringJoiner same = new StringJoiner(" AND ");
        for (int i = 0; i < key.size(); i++) {
            Column column = key.get(i);
            // the operator of an extension's type is where the search_path finds it
            boolean own = column.type().indexOf('.') < 0;
            same.add("t." + Identifiers.quote(column.name()) + (own ? " OPERATOR(pg_catalog.=) " : " = ") + "i."
                    + place(i));
        }
        return same.toString();
    }

    /** Joins the row with itself as it was; what its old key is called then. */
    private List<String> oldKey(List<Column> key, Splice splice) {
        StringJoiner row = new StringJoiner(", ");
        List<String> returned = new ArrayList<>();
        for (int i = 0; i < key.size(); i++) {
            String name = OLD + (i + 1);
            row.add(Identifiers.quote(key.get(i).name()) + " AS " + name);
            returned.add(exact(key.get(i), OLD + "." + name));
        }
        String old =
                "(SELECT ctid AS pgplex_ctid, " + row + " FROM " + table.name().quoted() + ") AS " + OLD;
        String same = alias() + ".ctid OPERATOR(pg_catalog.=) " + OLD + ".pgplex_ctid";
        if (text == null) {
            throw new IllegalStateException("the text of an UPDATE is needed");
        }
        int returning = word(text, "RETURNING", syntax.to());
        int where = word(text, "WHERE", returning);
        String from = (syntax.relations().isEmpty() ? " FROM " : ", ") + old;
        if (where < returning) {
            splice.insertAfter(where, from);
            splice.insertAfter(where + 1, " (");
            splice.insertAfter(returning, ") AND " + same);
        } else {
            splice.insertAfter(returning, from + " WHERE " + same);
        }
        expandStar(splice);
        return returned;
    }

    /** RETURNING * must not show the row as it was. */
    private void expandStar(Splice splice) {
        List<Query.Item> returning = syntax.returning();
        for (Query.Item item : returning == null ? List.<Query.Item>of() : returning) {
            if (item.expression() instanceof Expr.Column column
                    && column.star()
                    && column.names().isEmpty()) {
                if (!syntax.relations().isEmpty()) {
                    throw new RoutingException(Unsupported.REPLICATED_KEY.at(
                            target.position(),
                            "UPDATE ... FROM ... RETURNING *",
                            table.name().toString()));
                }
                splice.replace(column.from(), column.to(), new SqlText().append(alias() + ".*"));
            }
        }
    }

    /** The first such word outside brackets behind SET, or {@code end}. */
    private int word(ScannedStatement text, String word, int end) {
        for (int i = syntax.target().to(); i < end; i++) {
            if (text.is(i, word)) {
                return i;
            }
            if ((text.isPunctuation(i, '(') || text.isPunctuation(i, '[')) && text.matching(i) > i) {
                i = text.matching(i);
            }
        }
        return end;
    }
}
