package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Modification;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.function.Functions;
import io.pgplex.routing.plan.Evaluation;
import io.pgplex.routing.scan.Identifiers;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a statement computes once for all shards. Confined to one thread.
 *
 * <pre>
 * SELECT now(), id FROM t
 * SELECT CAST(? AS timestamp with time zone) AS "now", id FROM t
 * </pre>
 */
public final class EvaluateOnce {

    private final ScannedStatement text;
    private final List<Evaluation> evaluations = new ArrayList<>();
    private final Map<String, Integer> known = new LinkedHashMap<>();

    public EvaluateOnce(ScannedStatement text) {
        this.text = text;
    }

    public List<Evaluation> evaluations() {
        return evaluations;
    }

    /** The parameter index of an expression's value; the same expression without parameters is computed once only. */
    public int add(SqlText expression, String type) {
        var fragment = expression.fragment();
        String key = fragment.parameters().length == 0 ? fragment.sql() + " " + type : "#" + evaluations.size();
        Integer index = known.get(key);
        if (index == null) {
            index = text.parameterCount() + evaluations.size();
            evaluations.add(new Evaluation(fragment, type));
            known.put(key, index);
        }
        return index;
    }

    /** Replaces calls by parameters, and keeps the names of output columns that were named after them. */
    public void splice(List<Expr.Call> calls, Resolution resolution, Splice splice) {
        for (Expr.Call call : calls) {
            String type = Objects.requireNonNull(Functions.evaluatedOnce(String.join(".", call.name())));
            int index = add(new Splice(text).slice(call.from(), call.to()), type);
            SqlText value = new SqlText().append("CAST(").parameter(index).append(" AS " + type + ")");
            splice.replace(call.from(), call.to(), value);
        }
        if (calls.isEmpty()) {
            return;
        }
        List<Query.Item> items = new ArrayList<>();
        for (Block block : resolution.blocks()) {
            if (block.isOwnText() && block.select() != null) {
                items.addAll(block.select().items());
            }
        }
        resolution.modifyingCtes().forEach(cte -> returning(cte.syntax(), items));
        if (resolution.isModification()) {
            returning(resolution.target().syntax(), items);
        }
        TreeSet<Integer> places = new TreeSet<>();
        calls.forEach(call -> places.add(call.from()));
        Set<Integer> done = new HashSet<>();
        for (Query.Item item : items) {
            Integer first = places.ceiling(item.from());
            if (first != null && first < item.to() && done.add(item.from())) {
                keepName(item, splice);
            }
        }
    }

    private static void returning(Modification modification, List<Query.Item> items) {
        if (modification.returning() != null) {
            items.addAll(modification.returning());
        }
    }

    private void keepName(Query.Item item, Splice splice) {
        String name = OutputName.of(item, text);
        if (item.alias() == null && !name.equals("?column?")) {
            splice.insertAfter(item.to(), " AS " + Identifiers.quote(name));
        }
    }
}
