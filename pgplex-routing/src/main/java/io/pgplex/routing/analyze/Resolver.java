package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.model.View;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.analyze.ResolvedQuery.Output;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.FromItem;
import io.pgplex.routing.analyze.syntax.Modification;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.analyze.syntax.SortItem;
import io.pgplex.routing.analyze.syntax.StatementParser;
import io.pgplex.routing.analyze.syntax.UnknownSyntaxException;
import io.pgplex.routing.analyze.syntax.Window;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.scan.QuestionMark;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.StatementScanner;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds out what every name in a statement means. Confined to one thread, for one statement. */
public final class Resolver {

    /** PostgreSQL's limit for the columns of a result. */
    private static final int MAX_COLUMNS = 1664;

    private final ClusterMap map;
    private final RelationNames names;
    private final Resolution resolution = new Resolution();
    private final JoinResolver joins = new JoinResolver(this);
    private final Set<Query.Cte> usedCtes = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Map<TableName, ViewText> viewTexts = new HashMap<>();
    private final Effort effort = new Effort();

    public Resolver(ClusterMap map, RoutingScope scope) {
        this.map = map;
        this.names = new RelationNames(map, scope);
    }

    /** The names of a SELECT. */
    public Resolution query(Query query, ScannedStatement text) {
        resolution.query(query(query, text, true, null, null));
        return resolution;
    }

    /** The names of a statement that writes. */
    public Resolution modification(Modification modification, ScannedStatement text) {
        resolution.target(modification(modification, text, true, null, null));
        return resolution;
    }

    private ResolvedQuery query(
            Query query, ScannedStatement text, boolean own, @Nullable Environment environment, @Nullable Block outer) {
        effort.part();
        Environment inner = with(query.with(), text, own, environment, outer);
        ResolvedQuery resolved = new ResolvedQuery(query);
        Query.Body body = query.body();
        if (body instanceof Query.SetOperation operation) {
            ResolvedQuery left = query(operation.left(), text, own, inner, outer);
            ResolvedQuery right = query(operation.right(), text, own, inner, outer);
            resolved.branches(left, right);
            resolved.outputs(left.outputs());
            // ORDER BY of a set operation can name its columns only
        } else if (body instanceof Query.Nested nested) {
            // (SELECT ... LIMIT 1) LIMIT 2: the inner one is a subquery in all but name
            Block block = new Block(text, own, outer, effort);
            block.select(resolved, null);
            ResolvedQuery below = query(nested.query(), text, own, inner, outer);
            RelationUse derived =
                    derived(block, "", below, below.outputs(), nested.query().from());
            block.relations().add(derived);
            block.tree(new FromTree.Leaf(derived));
            block.outputs(star(block, null));
            resolved.block(block);
            resolved.outputs(below.outputs());
        } else {
            Block block = body(resolved, body, text, own, inner, outer);
            resolved.block(block);
            tail(query, block, inner);
            resolved.outputs(outputNames(block));
        }
        unused(query.with(), inner);
        return resolved;
    }

    private static @Nullable List<String> outputNames(Block block) {
        List<Output> outputs = block.outputs();
        return outputs == null ? null : outputs.stream().map(Output::name).toList();
    }

    private @Nullable Environment with(
            Query.@Nullable With with,
            ScannedStatement text,
            boolean own,
            @Nullable Environment environment,
            @Nullable Block outer) {
        Environment inner = environment;
        if (with != null) {
            for (Query.Cte cte : with.ctes()) {
                inner = new Environment(cte, inner, text, own, outer, with.recursive());
            }
        }
        return inner;
    }

    /** A data-modifying CTE runs whether or not it is named; an unused SELECT does not, but its names must be known. */
    private void unused(Query.@Nullable With with, @Nullable Environment environment) {
        if (with == null) {
            return;
        }
        for (Query.Cte cte : with.ctes()) {
            Environment at = Environment.find(environment, cte.name());
            Query cteQuery = cte.query();
            if (!usedCtes.contains(cte) && at != null && at.cte().equals(cte)) {
                if (cte.modification() != null) {
                    modifyingCte(at);
                } else if (cteQuery != null) {
                    resolution.unused(() -> query(cteQuery, at.text(), at.own(), at.next(), at.outer()));
                }
                usedCtes.add(cte);
            }
        }
    }

    private void modifyingCte(Environment at) {
        Modification modification = at.cte().modification();
        if (modification != null && usedCtes.add(at.cte())) {
            resolution.modifyingCte(modification(modification, at.text(), at.own(), at.next(), at.outer()));
        }
    }

    private Block body(
            ResolvedQuery owner,
            Query.Body body,
            ScannedStatement text,
            boolean own,
            @Nullable Environment environment,
            @Nullable Block outer) {
        Block block = new Block(text, own, outer, effort);
        resolution.block(block);
        if (body instanceof Query.Values values) {
            block.select(owner, null);
            List<Output> outputs = new ArrayList<>();
            for (int i = 0; i < values.rows().get(0).size(); i++) {
                outputs.add(new Output("column" + (i + 1), null, null));
            }
            block.outputs(outputs);
            values.rows().forEach(row -> row.forEach(value -> expression(block, value, environment)));
            return block;
        }
        if (body instanceof Query.TableCommand table) {
            block.select(owner, null);
            joins.from(block, List.of(table.relation()), environment);
            block.outputs(star(block, null));
            return block;
        }
        Query.Select select = (Query.Select) body;
        block.select(owner, select);
        joins.from(block, select.relations(), environment);
        where(block, select.where(), environment);
        select.items().forEach(item -> expression(block, item.expression(), environment));
        if (select.distinctOn() != null) {
            select.distinctOn().forEach(each -> expression(block, each, environment));
        }
        if (select.groupBy() != null) {
            select.groupBy().parts().forEach(part -> expression(block, part.expression(), environment));
        }
        if (select.having() != null) {
            expression(block, select.having(), environment);
        }
        for (Window window : select.windows().values()) {
            window.partitionBy().forEach(each -> expression(block, each, environment));
            window.orderBy().forEach(each -> expression(block, each.expression(), environment));
            window.bounds().forEach(each -> expression(block, each, environment));
        }
        block.outputs(outputs(block, select));
        return block;
    }

    private void tail(Query query, Block block, @Nullable Environment environment) {
        for (SortItem item : query.orderBy()) {
            expression(block, item.expression(), environment);
        }
        Query.Limit limit = query.limit();
        if (limit != null && limit.count() != null) {
            expression(block, limit.count(), environment);
        }
        if (limit != null && limit.offset() != null) {
            expression(block, limit.offset(), environment);
        }
    }

    private @Nullable List<Output> outputs(Block block, Query.Select select) {
        List<Output> outputs = new ArrayList<>();
        for (Query.Item item : select.items()) {
            if (item.expression() instanceof Expr.Column column && column.star()) {
                List<Output> expanded = star(block, column.names().isEmpty() ? null : column);
                if (expanded == null) {
                    return null;
                }
                outputs.addAll(expanded);
                if (outputs.size() > MAX_COLUMNS) {
                    return null;
                }
            } else if (item.expression() instanceof Expr.Indirection indirection && indirection.star()) {
                return null;
            } else {
                outputs.add(new Output(
                        OutputName.of(item, block.text()), item.expression(), block.attribute(item.expression())));
            }
        }
        return outputs;
    }

    private static @Nullable List<Output> star(Block block, Expr.@Nullable Column qualified) {
        if (qualified == null && joinsByName(block.tree())) {
            // the columns of USING come once and first: not worth following
            return null;
        }
        List<Output> outputs = new ArrayList<>();
        boolean found = false;
        for (RelationUse relation : block.relations()) {
            if (qualified != null && !(relation.isNamed() && relation.name().equals(qualified.name()))) {
                continue;
            }
            if (relation.columns() == null || (found && qualified != null)) {
                return null;
            }
            found = true;
            if (outputs.size() + relation.columns().size() > MAX_COLUMNS) {
                return null;
            }
            for (String column : relation.columns()) {
                outputs.add(new Output(column, null, new Attribute(relation, column)));
            }
        }
        return found ? outputs : null;
    }

    private static boolean joinsByName(@Nullable FromTree tree) {
        return tree instanceof FromTree.Joined joined
                && (joined.conditions().stream().anyMatch(Condition.Equal.class::isInstance)
                        || joinsByName(joined.left())
                        || joinsByName(joined.right()));
    }

    void where(Block block, @Nullable Expr where, @Nullable Environment environment) {
        if (where != null) {
            Conjuncts.of(where).forEach(conjunct -> block.where().add(new Condition.Holds(conjunct)));
            block.expressions().add(where);
            new Sublinks(this, block, environment).condition(where, true);
        }
    }

    /** An expression that is no condition. */
    void expression(Block block, Expr expression, @Nullable Environment environment) {
        block.expressions().add(expression);
        new Sublinks(this, block, environment).value(expression);
    }

    /** A condition of ON. */
    void on(Block block, Expr on, boolean inner, @Nullable Environment environment) {
        block.expressions().add(on);
        new Sublinks(this, block, environment).condition(on, inner);
    }

    /** What the analysis of the statement costs. */
    Effort effort() {
        return effort;
    }

    ResolvedQuery subquery(Query query, Block block, @Nullable Environment environment, @Nullable Block outer) {
        return query(query, block.text(), block.isOwnText(), environment, outer);
    }

    RelationUse derived(Block block, String name, ResolvedQuery query, @Nullable List<String> columns, int token) {
        RelationUse relation =
                new RelationUse(RelationUse.Kind.DERIVED, block, name, null, query, columns, List.of(), token);
        query.derivedAs(relation);
        return relation;
    }

    /** A relation by its name: CTE, temporary relation, table, view, or local. */
    RelationUse named(Block block, FromItem.Relation item, @Nullable Environment environment) {
        String name = item.alias() != null ? item.alias() : item.name();
        if (item.names().size() == 1) {
            Environment cte = Environment.find(environment, item.name());
            if (cte != null) {
                return cte(block, item, name, cte);
            }
        }
        TableName known = names.find(item.names());
        if (known == null) {
            boolean catalog = names.isCatalog(item.names());
            if (catalog) {
                resolution.catalog(item.name(), block.isOwnText());
            }
            List<String> columns = catalog ? rename(CatalogRelations.columns(item.name()), item.columns()) : null;
            RelationUse.Kind kind = catalog ? RelationUse.Kind.CONSTANT : RelationUse.Kind.LOCAL;
            return resolution.use(
                    new RelationUse(kind, block, name, null, null, columns, List.of(), item.from()).written(item));
        }
        Table table = PgplexRelations.find(map, known);
        if (table != null) {
            checkState(table, block, item.from());
            List<String> columns =
                    rename(table.columns().stream().map(Column::name).toList(), item.columns());
            if (known.schema().equals(CatalogRelations.MOVED)) {
                resolution.catalog(item.name(), block.isOwnText());
            }
            return resolution.use(
                    new RelationUse(RelationUse.Kind.TABLE, block, name, table, null, columns, List.of(), item.from())
                            .written(item));
        }
        return view(block, item, name, map.views().get(known));
    }

    private RelationUse cte(Block block, FromItem.Relation item, String name, Environment at) {
        Query query = at.cte().query();
        if (query == null) {
            modifyingCte(at);
            return resolution.use(
                    new RelationUse(RelationUse.Kind.OPAQUE, block, name, null, null, null, List.of(), item.from()));
        }
        if (at.recursive() && resolution.isOpen(at.cte())) {
            resolution.selfReference(at.cte());
            return resolution.use(
                    new RelationUse(RelationUse.Kind.OPAQUE, block, name, null, null, null, List.of(), item.from()));
        }
        usedCtes.add(at.cte());
        Environment visible = at.recursive() ? at : at.next();
        resolution.open(at.cte());
        ResolvedQuery resolved = query(query, at.text(), at.own(), visible, at.outer());
        if (resolution.close(at.cte())) {
            resolved.makeRecursive();
        }
        List<String> columns = rename(rename(resolved.outputs(), at.cte().columns()), item.columns());
        return derived(block, name, resolved, columns, item.from());
    }

    private RelationUse view(Block block, FromItem.Relation item, String name, @Nullable View view) {
        if (view != null && block.isOwnText()) {
            resolution.view(new ViewUse(item, view));
        }
        List<String> columns = view == null
                ? null
                : rename(view.columns().stream().map(Column::name).toList(), item.columns());
        if (view == null || resolution.isOpen(view)) {
            throw new IllegalStateException("view " + item.name());
        }
        ViewText definition = viewTexts.computeIfAbsent(view.name(), each -> read(view));
        if (definition.query() != null) {
            resolution.open(view);
            ResolvedQuery resolved = query(definition.query(), definition.text(), false, null, null);
            resolution.close(view);
            return derived(block, name, resolved, columns, item.from());
        }
        resolution.unknownView(block, item);
        return resolution.use(
                new RelationUse(RelationUse.Kind.OPAQUE, block, name, null, null, columns, List.of(), item.from()));
    }

    /** A view's definition; the query is null when it cannot be read, and then nothing is concluded from it. */
    private record ViewText(ScannedStatement text, @Nullable Query query) {}

    private static ViewText read(View view) {
        ScannedStatement text =
                StatementScanner.scan(view.definition(), QuestionMark.OPERATOR).get(0);
        try {
            return new ViewText(text, StatementParser.parse(text).query());
        } catch (UnknownSyntaxException unknown) {
            return new ViewText(text, null);
        }
    }

    private static void checkState(Table table, Block block, int token) {
        if (table.state() != Table.State.ACTIVE) {
            throw new RoutingException(Unsupported.TABLE_BEING_CREATED.at(
                    Positions.of(block, token), table.name().toString()));
        }
    }

    static @Nullable List<String> rename(@Nullable List<String> columns, List<String> aliases) {
        if (aliases.isEmpty()) {
            return columns;
        }
        if (columns == null || aliases.size() > columns.size()) {
            return null;
        }
        List<String> renamed = new ArrayList<>(columns);
        for (int i = 0; i < aliases.size(); i++) {
            renamed.set(i, aliases.get(i));
        }
        return renamed;
    }

    private static boolean actsBySource(Modification modification, ScannedStatement text) {
        for (int i = modification.from(); i < modification.to(); i++) {
            if (text.isSequence(i, "BY", "SOURCE")) {
                return true;
            }
        }
        return false;
    }

    private ResolvedModification modification(
            Modification modification,
            ScannedStatement text,
            boolean own,
            @Nullable Environment environment,
            @Nullable Block outer) {
        Environment inner = with(modification.with(), text, own, environment, outer);
        Block block = new Block(text, own, outer, effort);
        resolution.block(block);
        RelationUse target = named(block, modification.target(), null);
        Table written = target.table();
        if (written != null && PgplexRelations.find(written.name()) != null) {
            throw new RoutingException(
                    Unsupported.WRITE_TO_PGPLEX_RELATION.at(target.position(), String.valueOf(written.name())));
        }
        block.relations().add(target);
        ResolvedQuery source = null;
        if (modification.verb() == Modification.Verb.INSERT) {
            target.makeInsertTarget();
            block.tree(new FromTree.Leaf(target));
            if (modification.source() != null) {
                source = query(modification.source(), text, own, inner, outer);
            }
        } else {
            joins.from(block, modification.relations(), inner);
            FromTree leaf = new FromTree.Leaf(target);
            FromTree others = block.tree();
            // MERGE acts on source rows without a partner, and may on target rows without one
            FromItem.Join.Type type = modification.verb() != Modification.Verb.MERGE
                    ? FromItem.Join.Type.INNER
                    : actsBySource(modification, text) ? FromItem.Join.Type.FULL : FromItem.Join.Type.RIGHT;
            List<Condition> on = new ArrayList<>();
            if (modification.verb() == Modification.Verb.MERGE && modification.where() != null) {
                Conjuncts.of(modification.where()).forEach(each -> on.add(new Condition.Holds(each)));
            }
            block.tree(others == null ? leaf : new FromTree.Joined(leaf, others, type, on));
        }
        if (modification.verb() == Modification.Verb.UPDATE || modification.verb() == Modification.Verb.DELETE) {
            where(block, modification.where(), inner);
        } else if (modification.where() != null) {
            expression(block, modification.where(), inner);
        }
        for (Modification.Assignment assignment : modification.assignments()) {
            if (assignment.value() != null) {
                expression(block, assignment.value(), inner);
            }
        }
        modification.others().forEach(each -> expression(block, each, inner));
        if (modification.returning() != null) {
            modification.returning().forEach(item -> expression(block, item.expression(), inner));
        }
        unused(modification.with(), inner);
        return new ResolvedModification(modification, block, target, source);
    }
}
