package io.pgplex.routing.plan.explain;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.bind.ShardSet;
import io.pgplex.routing.plan.Evaluation;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.InsertRow;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Movement;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Refusal;
import io.pgplex.routing.plan.Scatter;
import io.pgplex.routing.scan.Identifiers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A plan as lines in the style of PostgreSQL's EXPLAIN: a node, and its properties indented below. Equal plans give equal
 * text. Parameters appear as {@code ?1}, {@code ?2}, ..., evaluations being numbered after the statement's own; a part of a
 * movement has numbers of its own, and says which of the statement's they are where they differ. Holds no values but those
 * of the statement's text. Stateless.
 */
public final class PlanText {

    /** What an execution knows of a plan's parts beyond the plan. */
    public interface Additions {

        /** Lines below an intermediate, after its source. */
        List<String> of(Intermediate intermediate);

        /** Lines below the statement that runs once the rows have arrived. */
        List<String> of(Movement movement);
    }

    private static final Additions NOTHING_MORE = new Additions() {
        @Override
        public List<String> of(Intermediate intermediate) {
            return List.of();
        }

        @Override
        public List<String> of(Movement movement) {
            return List.of();
        }
    };

    /** Rows of an INSERT that are shown one by one. */
    private static final int SHOWN_ROWS = 10;

    private PlanText() {}

    /** The plan as it is cached, before any parameter is known. */
    public static List<String> lines(Plan plan, ClusterMap map) {
        return lines(plan, map, null);
    }

    /** The plan of one execution that concerns these shards. */
    public static List<String> lines(Plan plan, ClusterMap map, @Nullable ShardSet shards) {
        return lines(plan, map, shards, NOTHING_MORE);
    }

    /** The plan of one execution that concerns these shards, with what is known beyond it. */
    public static List<String> lines(Plan plan, ClusterMap map, @Nullable ShardSet shards, Additions additions) {
        if (plan instanceof Plan.Utility utility) {
            return List.of("Utility  (" + utility.statementClass().getClass().getSimpleName() + ")");
        }
        if (plan instanceof Plan.Explain explain) {
            return lines(explain.explained(), map, shards, additions);
        }
        SelectorText selectors = new SelectorText(map);
        return plan instanceof Plan.Sharded sharded
                ? sharded(sharded, selectors, shards, additions)
                : insert((Plan.Insert) plan, selectors, shards);
    }

    /** As {@link #lines(Plan, ClusterMap)}, each line ended by a line feed. */
    public static String render(Plan plan, ClusterMap map) {
        return text(lines(plan, map));
    }

    /** As {@link #lines(Plan, ClusterMap, ShardSet)}, each line ended by a line feed. */
    public static String render(Plan plan, ClusterMap map, ShardSet shards) {
        return text(lines(plan, map, shards));
    }

    private static String text(List<String> lines) {
        return String.join("\n", lines) + "\n";
    }

    private static List<String> sharded(
            Plan.Sharded plan, SelectorText selectors, @Nullable ShardSet shards, Additions additions) {
        List<String> lines = new ArrayList<>();
        Scatter scatter = plan.scatter();
        boolean one = shards != null && shards.size() <= 1;
        lines.add(node(plan, shards) + "  (" + plan.kind() + ", "
                + plan.effect().name().toLowerCase(Locale.ROOT).replace('_', ' ') + ")");
        lines.add("  Shards: " + (shards == null ? selectors.of(plan.selector()) : selectors.names(shards)));
        if (!plan.locked().isEmpty()) {
            lines.add("  Writers Wait: "
                    + plan.locked().stream().map(TableName::toString).collect(Collectors.joining(", ")));
        }
        Refusal refusal = plan.refusal();
        Movement movement = plan.movement();
        if (movement != null && !one) {
            movement(movement, plan.original().parameters().length, selectors, additions, lines);
        } else if (scatter != null && !one) {
            if (!scatter.fragment().equals(plan.original())) {
                lines.add("  Fragment: " + fragment(scatter.fragment()));
            }
            evaluations(scatter.evaluations(), plan.original().parameters().length, lines);
            MergeText.of(scatter.merge()).forEach(line -> lines.add("  " + line));
        } else if (refusal != null && !one) {
            lines.add("  On Several Shards: refused, " + refusal.sqlState() + ": " + refusal.message());
            if (refusal.hint() != null) {
                lines.add("  Hint: " + refusal.hint());
            }
        }
        return lines;
    }

    private static String node(Plan.Sharded plan, @Nullable ShardSet shards) {
        if (shards != null) {
            return shards.size() <= 1 ? "Route" : across(plan);
        }
        return plan.refusal() != null || (plan.scatter() == null && plan.movement() == null)
                ? "Route"
                : "Route or " + across(plan);
    }

    private static String across(Plan.Sharded plan) {
        if (plan.movement() != null) {
            return isGather(plan.movement()) ? "Gather" : "Broadcast";
        }
        return plan.scatter() == null ? "Refuse" : "Scatter";
    }

    /** Whether the statement itself runs on one shard. */
    private static boolean isGather(Movement movement) {
        ShardSelector selector = movement.then().selector();
        Scatter scatter = movement.then().scatter();
        return (scatter != null && scatter.merge() instanceof Merge.Images)
                || selector instanceof ShardSelector.AnyShard
                || selector instanceof ShardSelector.HomeShard;
    }

    private static void movement(
            Movement movement, int parameters, SelectorText selectors, Additions additions, List<String> lines) {
        evaluations(movement.evaluations(), parameters, lines);
        for (Intermediate intermediate : movement.intermediates()) {
            lines.add("  Move " + intermediate.name() + names(intermediate) + reach(intermediate.reach())
                    + expected(intermediate));
            lines.add("    Source: " + fragment(intermediate.source().original()));
            renumbered(intermediate.parameters(), lines);
            Intermediate.Reduction reduction = intermediate.reduction();
            if (reduction != null) {
                lines.add("    Reduced By " + reduction.by() + ": "
                        + fragment(reduction.source().original()));
                renumbered(reduction.parameters(), lines);
            }
            indented(sharded(intermediate.source(), selectors, null, additions), lines);
            indented(additions.of(intermediate), lines);
        }
        lines.add("  Then: " + fragment(movement.then().original()));
        renumbered(movement.parameters(), lines);
        indented(sharded(movement.then(), selectors, null, additions), lines);
        indented(additions.of(movement), lines);
    }

    /** Which of the statement's parameters those of a part are, unless they are the same. */
    private static void renumbered(int[] parameters, List<String> lines) {
        StringJoiner numbers = new StringJoiner(", ", "    Parameters: ", "").setEmptyValue("");
        for (int i = 0; i < parameters.length; i++) {
            if (parameters[i] != i) {
                numbers.add("?" + (i + 1) + " is ?" + (parameters[i] + 1));
            }
        }
        if (numbers.length() > 0) {
            lines.add(numbers.toString());
        }
    }

    private static void indented(List<String> part, List<String> lines) {
        part.forEach(line -> lines.add("    " + line));
    }

    private static String reach(Intermediate.Reach reach) {
        if (reach instanceof Intermediate.Reach.ByKey byKey) {
            return " to the shards of column " + (byKey.column() + 1) + "::"
                    + byKey.type().sqlName();
        }
        return reach instanceof Intermediate.Reach.EveryShard ? " to all shards" : " to one shard";
    }

    private static String names(Intermediate intermediate) {
        StringJoiner names = new StringJoiner(", ", "(", ")");
        intermediate.columns().forEach(column -> names.add(Identifiers.quote(column.name())));
        return names.toString();
    }

    private static String expected(Intermediate intermediate) {
        return intermediate.rows() < 0
                ? ""
                : ", about " + intermediate.rows() + " rows, " + intermediate.bytes() + " bytes";
    }

    private static List<String> insert(Plan.Insert plan, SelectorText selectors, @Nullable ShardSet shards) {
        List<String> lines = new ArrayList<>();
        int rows = plan.rows().size();
        lines.add("Insert  (" + rows + (rows == 1 ? " row" : " rows") + ", key "
                + plan.keyType().sqlName() + ")");
        if (shards != null) {
            lines.add("  Shards: " + selectors.names(shards));
        }
        if (plan.original() == null || rows > 1) {
            lines.add("  Head: " + oneLine(plan.head()));
        }
        for (int i = 0; i < Math.min(rows, SHOWN_ROWS); i++) {
            InsertRow row = plan.rows().get(i);
            lines.add("  Row: " + fragment(row.values()) + ", shard " + selectors.key(row.key()));
        }
        if (rows > SHOWN_ROWS) {
            lines.add("  Rows: " + (rows - SHOWN_ROWS) + " more");
        }
        if (!plan.tail().sql().isBlank()) {
            lines.add("  Tail: " + fragment(plan.tail()));
        }
        evaluations(plan.evaluations(), firstEvaluation(plan), lines);
        return lines;
    }

    /** The statement's own parameters stand in rows, tail and evaluations; what is filled in comes after them. */
    private static int firstEvaluation(Plan.Insert plan) {
        int highest = highest(plan.tail(), -1);
        for (InsertRow row : plan.rows()) {
            highest = highest(row.values(), highest);
        }
        for (Evaluation evaluation : plan.evaluations()) {
            highest = highest(evaluation.expression(), highest);
        }
        return highest + 1 - plan.evaluations().size();
    }

    private static int highest(Fragment fragment, int highest) {
        int found = highest;
        for (int parameter : fragment.parameters()) {
            found = Math.max(found, parameter);
        }
        return found;
    }

    private static void evaluations(List<Evaluation> evaluations, int first, List<String> lines) {
        for (int i = 0; i < evaluations.size(); i++) {
            Evaluation evaluation = evaluations.get(i);
            lines.add("  Evaluate ?" + (first + i + 1) + ": " + fragment(evaluation.expression()) + " as "
                    + evaluation.type());
        }
    }

    private static String fragment(Fragment fragment) {
        return oneLine(fragment.sql()) + parameters(fragment.parameters());
    }

    static String parameters(int[] parameters) {
        if (parameters.length == 0) {
            return "";
        }
        StringBuilder text = new StringBuilder(" [");
        for (int parameter : parameters) {
            text.append(text.length() > 2 ? ", ?" : "?").append(parameter + 1);
        }
        return text.append(']').toString();
    }

    /** The text with its line breaks as blanks. */
    static String oneLine(String sql) {
        return sql.strip().replaceAll("\\R\\s*", " ");
    }
}
