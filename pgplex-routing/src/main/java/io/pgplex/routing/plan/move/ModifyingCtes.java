package io.pgplex.routing.plan.move;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Table;
import io.pgplex.routing.analyze.OutputName;
import io.pgplex.routing.analyze.RelationUse;
import io.pgplex.routing.analyze.Resolution;
import io.pgplex.routing.analyze.ResolvedModification;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Modification;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.scan.Identifiers;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Data-modifying statements in WITH: each runs by itself, and what it returns travels.
 *
 * <pre>
 * WITH gone AS (DELETE FROM t WHERE v = 1 RETURNING *) INSERT INTO u SELECT * FROM gone
 * moves DELETE FROM t WHERE v = 1 RETURNING *
 * then WITH gone AS (SELECT c1 AS "k", c2 AS "v" FROM pgplex_moved1) INSERT INTO u SELECT * FROM gone
 * </pre>
 *
 * All parts of a statement see the rows as they were before it. So no part may read a table that another one writes.
 * Confined to one thread.
 */
final class ModifyingCtes {

    private final Draft draft;
    private final ScannedStatement text;
    private final Resolution resolution;
    private final Names names;

    ModifyingCtes(Draft draft, Resolution resolution, Names names) {
        this.draft = draft;
        this.text = draft.text();
        this.resolution = resolution;
        this.names = names;
    }

    /** The statement without them; null when one of them cannot run by itself. */
    @Nullable
    Draft replace(Sources sources) {
        if (readsWhatIsWritten()) {
            return null;
        }
        List<Draft.Replacement> replacements = new ArrayList<>();
        List<Intermediate> moved = new ArrayList<>();
        Planning planning = draft.planning();
        for (ResolvedModification cte : resolution.modifyingCtes()) {
            Modification syntax = cte.syntax();
            List<Column> columns = returned(cte);
            Fragment fragment =
                    new Splice(text).slice(syntax.from(), syntax.to()).fragment();
            Plan.@Nullable Sharded plan =
                    columns == null || namesOtherCtes(syntax) ? null : sources.plan(fragment, draft.planning());
            if (columns == null || plan == null) {
                return null;
            }
            String name = names.next();
            List<Intermediate.Column> stored = new ArrayList<>();
            List<Column> known = new ArrayList<>();
            StringBuilder select = new StringBuilder();
            for (int i = 0; i < columns.size(); i++) {
                Column column = columns.get(i);
                String place = "c" + (i + 1);
                stored.add(new Intermediate.Column(place, null, column.collation()));
                known.add(Draft.column(place, column.type(), column.collation()));
                select.append(i == 0 ? "SELECT " : ", ")
                        .append(place)
                        .append(" AS ")
                        .append(Identifiers.quote(column.name()));
            }
            moved.add(new Intermediate(
                    name, stored, plan, draft.own(fragment), new Intermediate.Reach.OneShard(), null, -1, -1));
            // what returns nothing cannot be named
            String body = columns.isEmpty() ? "SELECT 1 WHERE false" : select + " FROM " + name;
            planning = columns.isEmpty() ? planning : planning.with(name, known);
            replacements.add(new Draft.Replacement(syntax.from(), syntax.to(), new SqlText().append(body)));
        }
        return draft.replace(replacements, moved, planning);
    }

    private boolean readsWhatIsWritten() {
        List<RelationUse> written = resolution.modifyingCtes().stream()
                .map(ResolvedModification::target)
                .toList();
        RelationUse target = resolution.isModification() ? resolution.target().target() : null;
        for (RelationUse use : resolution.uses()) {
            boolean reads = !written.contains(use) && !use.equals(target);
            for (ResolvedModification cte : resolution.modifyingCtes()) {
                Table table = cte.target().table();
                boolean same = table == null
                        ? use.table() == null && use.kind() == RelationUse.Kind.LOCAL
                        : use.table() != null && use.table().name().equals(table.name());
                if (same && reads && !isInside(use, cte)) {
                    return true;
                }
            }
        }
        // two writers of one table would have to agree on who is first
        for (int i = 0; i < written.size(); i++) {
            Table table = written.get(i).table();
            for (int j = 0; j < i; j++) {
                Table other = written.get(j).table();
                if (table == null || other == null || table.name().equals(other.name())) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isInside(RelationUse use, ResolvedModification cte) {
        return use.token() >= cte.syntax().from() && use.token() < cte.syntax().to();
    }

    /** The columns of RETURNING, none without; null when they are not known. */
    private @Nullable List<Column> returned(ResolvedModification cte) {
        List<Query.Item> returning = cte.syntax().returning();
        List<Column> columns = new ArrayList<>();
        for (Query.Item item : returning == null ? List.<Query.Item>of() : returning) {
            Table table = cte.target().table();
            if (item.expression() instanceof Expr.Column column && column.star()) {
                boolean own = column.names().isEmpty()
                        ? cte.block().relations().size() == 1
                        : column.name().equals(cte.target().name());
                if (table == null || !own) {
                    return null;
                }
                columns.addAll(table.columns());
                continue;
            }
            var attribute = cte.block().attribute(item.expression());
            Column origin = attribute == null ? null : attribute.origin();
            String name = OutputName.of(item, text);
            boolean certain = origin != null
                    || table == null
                    || table.columns().stream().allMatch(each -> each.collation() == null);
            if (!certain) {
                return null;
            }
            columns.add(
                    origin == null
                            ? Draft.column(name, "", null)
                            : Draft.column(name, origin.type(), origin.collation()));
        }
        return columns;
    }

    /** Whether it reads another CTE of the statement, which it would not find when it runs by itself. */
    private boolean namesOtherCtes(Modification syntax) {
        Query.With with = resolution.isModification()
                ? resolution.target().syntax().with()
                : resolution.query().syntax().with();
        if (with == null) {
            return true;
        }
        for (int i = syntax.from(); i < syntax.to(); i++) {
            if (!text.isName(i)) {
                continue;
            }
            String name = text.identifier(i);
            for (Query.Cte cte : with.ctes()) {
                if (cte.name().equals(name)
                        && (cte.modification() == null || !cte.modification().equals(syntax))) {
                    return true;
                }
            }
        }
        return false;
    }
}
