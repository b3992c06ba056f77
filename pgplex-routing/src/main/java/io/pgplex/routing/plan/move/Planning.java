package io.pgplex.routing.plan.move;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.analyze.CatalogRelations;
import io.pgplex.routing.analyze.Resolution;
import io.pgplex.routing.analyze.Resolver;
import io.pgplex.routing.analyze.syntax.Modification;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.analyze.syntax.StatementParser;
import io.pgplex.routing.analyze.syntax.UnknownSyntaxException;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.modify.ModificationPlanner;
import io.pgplex.routing.plan.select.SelectPlanner;
import io.pgplex.routing.scan.QuestionMark;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.StatementScanner;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A cluster map with the intermediates of a statement in it, as replicated tables: what a text means, and how the ordinary
 * planners plan it. Immutable.
 */
record Planning(ClusterMap map, RoutingScope scope) {

    /** The map and scope of a statement, with room for intermediates. */
    static Planning of(ClusterMap map, RoutingScope scope) {
        List<String> schemas = new ArrayList<>(scope.searchPath());
        schemas.add(CatalogRelations.MOVED);
        return new Planning(map, new RoutingScope(schemas, scope.temporaryRelations()));
    }

    Planning with(String intermediate, List<Column> columns) {
        Table table = new Table(
                new TableName(CatalogRelations.MOVED, intermediate),
                new TableDistribution.Replicated(),
                columns,
                Table.State.ACTIVE);
        return new Planning(map.withTable(table), scope);
    }

    /** A text that was put together, scanned. */
    static ScannedStatement scan(Fragment fragment) {
        QuestionMark questionMark = fragment.parameters().length > 0 ? QuestionMark.PARAMETER : QuestionMark.OPERATOR;
        return StatementScanner.scan(fragment.sql(), questionMark).get(0);
    }

    /** What the names of a text mean. */
    Resolution resolve(ScannedStatement text) {
        StatementParser.Statement syntax = StatementParser.parse(text);
        Resolver resolver = new Resolver(map, scope);
        Query query = syntax.query();
        Modification modification = syntax.modification();
        if (query != null) {
            return resolver.query(query, text);
        }
        if (modification == null) {
            throw new IllegalStateException("neither a query nor a modification");
        }
        return resolver.modification(modification, text);
    }

    /** The plan of a text without further rows that travel; null when it is refused on several shards or altogether. */
    Plan.@Nullable Sharded plan(ScannedStatement text) {
        try {
            Plan.Sharded plan = planOrRefuse(text);
            return plan.refusal() == null ? plan : null;
        } catch (RoutingException | UnknownSyntaxException refused) {
            return null;
        }
    }

    /** The same, with the refusal where it is one on several shards only. */
    Plan.Sharded planOrRefuse(ScannedStatement text) {
        StatementParser.Statement syntax = StatementParser.parse(text);
        Query query = syntax.query();
        Modification modification = syntax.modification();
        if (query != null) {
            return new SelectPlanner(query, text, map, scope).plan();
        }
        if (modification == null) {
            throw new IllegalStateException("neither a query nor a modification");
        }
        return new ModificationPlanner(modification, text, map, scope).plan();
    }
}
