package io.pgplex.routing.plan.explain;

import io.pgplex.routing.plan.Finish;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.RowLimit;
import io.pgplex.routing.plan.SortKey;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How shards' answers are put together, in words. */
final class MergeText {

    private MergeText() {}

    static List<String> of(Merge merge) {
        List<String> lines = new ArrayList<>();
        if (merge instanceof Merge.Concatenate concatenate) {
            lines.add("Merge: Append");
            limit(concatenate.limit(), lines);
        } else if (merge instanceof Merge.Sorted sorted) {
            lines.add("Merge: Sorted");
            lines.add("Sort Key: " + sorted.keys().stream().map(MergeText::key).collect(Collectors.joining(", ")));
            lines.add("Hidden Columns: " + sorted.hiddenColumns());
            limit(sorted.limit(), lines);
            Finish otherwise = sorted.otherwise();
            if (otherwise != null) {
                lines.add("Otherwise: " + finish(otherwise));
            }
        } else if (merge instanceof Merge.Finished finished) {
            lines.add("Merge: Finish");
            lines.add("Finish: " + finish(finished.finish()));
            List<Finish.Combine> combine = finished.finish().combine();
            if (combine != null) {
                lines.add("Combine: " + combine);
            }
        } else if (merge instanceof Merge.Images images) {
            lines.add("Merge: Images");
            lines.add("Returned: " + String.join(", ", images.returned()));
            lines.add("Apply: " + PlanText.oneLine(images.apply()));
        } else {
            lines.add("Merge: Copies");
        }
        return lines;
    }

    private static String key(SortKey key) {
        return "column " + key.column() + (key.descending() ? " DESC" : "")
                + (key.nullsFirst() == key.descending() ? "" : key.nullsFirst() ? " NULLS FIRST" : " NULLS LAST")
                + (key.bytewiseText() ? " COLLATE \"C\"" : "");
    }

    private static void limit(RowLimit limit, List<String> lines) {
        count("Limit: ", limit.limit(), lines);
        count("Offset: ", limit.offset(), lines);
    }

    private static void count(String label, RowLimit.@Nullable Count count, List<String> lines) {
        if (count instanceof RowLimit.Literal literal) {
            lines.add(label + literal.rows());
        } else if (count instanceof RowLimit.Parameter parameter) {
            lines.add(label + "?" + (parameter.index() + 1));
        }
    }

    private static String finish(Finish finish) {
        StringBuilder sql = new StringBuilder();
        for (Finish.Piece piece : finish.pieces()) {
            if (piece instanceof Finish.Text text) {
                sql.append(text.sql());
            } else if (piece instanceof Finish.Columns columns) {
                sql.append(columns.hidden() == 0 ? "*" : "<all but the last " + columns.hidden() + ">");
            } else if (piece instanceof Finish.Column column) {
                sql.append(column.column() > 0 ? "c" + column.column() : "<c" + column.column() + ">");
            } else if (piece instanceof Finish.TypeOf type) {
                sql.append("<type of c").append(type.column()).append('>');
            } else if (piece instanceof Finish.Average average) {
                sql.append("<avg of c")
                        .append(average.sums())
                        .append(" over c")
                        .append(average.counts())
                        .append('>');
            }
        }
        return PlanText.oneLine(sql.toString()) + PlanText.parameters(finish.parameters());
    }
}
