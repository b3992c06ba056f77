package io.pgplex.routing.plan.move;

import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.EvaluateOnce;
import io.pgplex.routing.analyze.Resolution;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.analyze.ViewUse;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.FromItem;
import io.pgplex.routing.function.Functions;
import io.pgplex.routing.plan.Evaluation;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.scan.Identifiers;
import io.pgplex.routing.scan.QuestionMark;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.StatementScanner;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A statement in which nothing stands for something else: views are written out, and what must be the same wherever parts
 * of it run ({@code now()}) is a parameter.
 *
 * <pre>
 * SELECT * FROM v WHERE d > now()
 * SELECT * FROM (SELECT ...) AS v WHERE d > CAST(? AS timestamp with time zone)
 * </pre>
 *
 * @param text the text
 * @param parameters which value each of its parameters is: the statement's own, then the evaluations
 */
record OwnText(ScannedStatement text, int[] parameters, List<Evaluation> evaluations) {

    /** Views can stand over views, but not in a circle. */
    private static final int MAX_VIEW_DEPTH = 100;

    static OwnText of(ScannedStatement statement, Planning planning) {
        ScannedStatement text = statement;
        Resolution resolution = planning.resolve(text);
        for (int depth = 0; depth < MAX_VIEW_DEPTH && !resolution.views().isEmpty(); depth++) {
            text = Planning.scan(withoutViews(text, resolution));
            resolution = planning.resolve(text);
        }
        EvaluateOnce once = new EvaluateOnce(text);
        Splice splice = new Splice(text);
        once.splice(moments(resolution), resolution, splice);
        if (splice.isEmpty()) {
            int[] own = Fragment.original(text.text(), text.parameterCount()).parameters();
            return new OwnText(text, own, List.of());
        }
        Fragment fragment = splice.fragment();
        return new OwnText(Planning.scan(fragment), fragment.parameters(), once.evaluations());
    }

    private static Fragment withoutViews(ScannedStatement text, Resolution resolution) {
        Splice splice = new Splice(text);
        Set<Integer> done = new HashSet<>();
        Set<String> names = new HashSet<>();
        for (ViewUse use : resolution.views()) {
            FromItem.Relation item = use.item();
            if (!done.add(item.from())) {
                continue;
            }
            ScannedStatement definition = StatementScanner.scan(use.view().definition(), QuestionMark.OPERATOR)
                    .get(0);
            SqlText sql = new SqlText()
                    .append("(")
                    .append(new Splice(definition).whole())
                    .append(")");
            if (item.alias() == null) {
                sql.append(" AS " + Identifiers.quote(item.name()));
            }
            splice.replace(item.from(), nameEnd(item), sql);
            names.add(item.name());
        }
        for (Draft.Replacement each : Qualifiers.withoutSchema(resolution, names)) {
            splice.replace(each.from(), each.to(), each.with());
        }
        return splice.fragment();
    }

    /** Behind a relation's name, which may have dots in it. */
    static int nameEnd(FromItem.Relation item) {
        return item.from() + 2 * item.names().size() - 1;
    }

    private static List<Expr.Call> moments(Resolution resolution) {
        List<Expr.Call> calls = new ArrayList<>();
        for (Block block : resolution.blocks()) {
            if (block.isOwnText()) {
                block.expressions().forEach(expression -> collect(expression, calls));
            }
        }
        return calls;
    }

    private static void collect(Expr expression, List<Expr.Call> calls) {
        if (expression instanceof Expr.Call call && Functions.evaluatedOnce(String.join(".", call.name())) != null) {
            if (!calls.contains(call)) {
                calls.add(call);
            }
            return;
        }
        expression.children().forEach(child -> collect(child, calls));
    }
}
