package io.pgplex.routing.plan.modify;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Column.DefaultKind;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.analyze.ModificationSelectors;
import io.pgplex.routing.analyze.Placements;
import io.pgplex.routing.analyze.QueryPlacement;
import io.pgplex.routing.analyze.ResolvedModification;
import io.pgplex.routing.analyze.ResolvedQuery;
import io.pgplex.routing.analyze.syntax.Modification;
import io.pgplex.routing.plan.Unsupported;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * {@code INSERT ... SELECT} in place: every shard selects rows that belong to it and inserts them. It needs the
 * distribution key of the source where the target's is expected.
 */
final class InsertSelect {

    private final ResolvedModification insert;
    private final Table table;
    private final Placements placements;

    InsertSelect(ResolvedModification insert, Table table, Placements placements) {
        this.insert = insert;
        this.table = table;
        this.placements = placements;
    }

    void checkDistributed(TableDistribution.Distributed distributed) {
        ResolvedQuery source = insert.source();
        if (source == null || source.syntax().limit() != null) {
            throw refused();
        }
        QueryPlacement rows = placements.rows(source, true);
        int position = ModificationSelectors.keyPosition(insert.syntax(), table, distributed.keyColumn());
        Column key = Objects.requireNonNull(table.column(distributed.keyColumn()));
        Column from = position < 0 ? null : source.origin(position);
        boolean aligned = rows.family() == distributed.keyType().family()
                && rows.strong().contains(position)
                && from != null
                && (from.type().equals(key.type()) || key.type().indexOf('(') < 0);
        if (!aligned) {
            throw refused();
        }
        for (Column column : leftOut(insert.syntax(), table)) {
            if (column.defaultKind() == DefaultKind.SEQUENCE) {
                throw new RoutingException(
                        Unsupported.INSERT_SELECT_DEFAULT.at(insert.target().position(), column.name()));
            }
            // now() and its like would differ between shards within one statement
            if (column.defaultKind() == DefaultKind.VOLATILE) {
                throw new RoutingException(
                        Unsupported.INSERT_SELECT_DEFAULT.at(insert.target().position(), column.name()));
            }
        }
    }

    void checkReplicated() {
        ResolvedQuery source = insert.source();
        if (source == null) {
            throw refused();
        }
        QueryPlacement rows = placements.rows(source, true);
        if (!rows.isEverywhere()) {
            throw refused();
        }
    }

    /** The columns that get their defaults. */
    static List<Column> leftOut(Modification syntax, Table table) {
        List<Column> leftOut = new ArrayList<>();
        for (Column column : table.columns()) {
            if (!syntax.columns().isEmpty() && !syntax.columns().contains(column.name())) {
                leftOut.add(column);
            }
        }
        // without a column list trailing columns may be left out, and how many the source gives is not always known
        if (syntax.columns().isEmpty()) {
            table.columns().stream()
                    .filter(column -> column.defaultKind() == DefaultKind.SEQUENCE)
                    .forEach(leftOut::add);
        }
        return leftOut;
    }

    private RoutingException refused() {
        return new RoutingException(Unsupported.INSERT_SELECT.at(
                insert.target().position(), table.name().toString()));
    }
}
