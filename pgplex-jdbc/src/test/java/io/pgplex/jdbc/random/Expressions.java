package io.pgplex.jdbc.random;

import static io.pgplex.jdbc.random.SqlType.BIGINT;
import static io.pgplex.jdbc.random.SqlType.BOOL;
import static io.pgplex.jdbc.random.SqlType.BYTEA;
import static io.pgplex.jdbc.random.SqlType.DATE;
import static io.pgplex.jdbc.random.SqlType.FLOAT;
import static io.pgplex.jdbc.random.SqlType.INT;
import static io.pgplex.jdbc.random.SqlType.INTERVAL;
import static io.pgplex.jdbc.random.SqlType.INTS;
import static io.pgplex.jdbc.random.SqlType.JSONB;
import static io.pgplex.jdbc.random.SqlType.MOOD;
import static io.pgplex.jdbc.random.SqlType.NUMERIC;
import static io.pgplex.jdbc.random.SqlType.TEXT;
import static io.pgplex.jdbc.random.SqlType.TEXTS;
import static io.pgplex.jdbc.random.SqlType.TIMESTAMP;
import static io.pgplex.jdbc.random.SqlType.TIMESTAMPTZ;
import static io.pgplex.jdbc.random.SqlType.UUID;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Well-typed expressions. Only immutable and stable functions are used; no float is made by a division, a cast from numeric or a
 * function of mathematics, so that sums of floats are exact whatever their order. Confined to the making of one statement.
 */
final class Expressions {

    private static final int MOST_PARAMETERS = 12;

    private final Dice dice;
    private final Queries queries;
    private final Predicates predicates;
    private int parametersLeft;
    private int literalsOnly;

    Expressions(Dice dice, Queries queries) {
        this.dice = dice;
        this.queries = queries;
        this.predicates = new Predicates(dice, this, queries);
        this.parametersLeft = dice.chance(0.5) ? MOST_PARAMETERS : 0;
    }

    Predicates predicates() {
        return predicates;
    }

    SqlType anyType() {
        return dice.one(
                INT,
                INT,
                INT,
                BIGINT,
                BIGINT,
                NUMERIC,
                NUMERIC,
                TEXT,
                TEXT,
                TEXT,
                FLOAT,
                BOOL,
                DATE,
                TIMESTAMP,
                TIMESTAMPTZ,
                INTERVAL,
                UUID,
                BYTEA,
                JSONB,
                INTS,
                TEXTS,
                MOOD);
    }

    /** The type of some column in sight, most often. */
    SqlType likelyType(Scope scope) {
        List<Expr> own = scope.own();
        return own.isEmpty() || dice.chance(0.15) ? anyType() : dice.one(own).type();
    }

    /** An expression that may be written twice in a statement: without parameters. */
    Expr repeatable(SqlType type, Scope scope, int depth) {
        literalsOnly++;
        try {
            return any(type, scope, depth);
        } finally {
            literalsOnly--;
        }
    }

    /** Whether what is made now will be written twice. */
    boolean isRepeated() {
        return literalsOnly > 0;
    }

    /** Something to group or sort by, that is not a constant: one would be an error, or name a column by its place. */
    Expr key(SqlType type, Scope scope, int depth) {
        for (int attempt = 0; attempt < 3; attempt++) {
            Expr key = repeatable(type, scope, depth);
            if (Sql.of(key.node()).text().matches("(?s).*\\b[a-z]\\w*\\.\\w.*|[a-z]+")) {
                return key;
            }
        }
        return Expr.of(SqlType.INT, "(1 + 1)");
    }

    /** An expression of that type. */
    Expr any(SqlType type, Scope scope, int depth) {
        if (depth <= 0 || dice.chance(0.25)) {
            return atom(type, scope);
        }
        return switch (dice.weighted(12, 1, 1, 1, 1, type == BOOL ? 0 : 1)) {
            case 0 -> own(type, scope, depth - 1);
            case 1 -> choice(type, scope, depth - 1);
            case 2 -> of(type, "coalesce($, $)", scope, depth - 1, type, type);
            case 3 -> type == JSONB ? atom(type, scope) : of(type, "nullif($, $)", scope, depth - 1, type, type);
            case 4 -> subquery(type, scope);
            default ->
                List.of(JSONB, BYTEA).contains(type)
                        ? atom(type, scope)
                        : of(type, dice.one("greatest($, $)", "least($, $)"), scope, depth - 1, type, type);
        };
    }

    /** A column, or a value where no column has the type. */
    Expr atom(SqlType type, Scope scope) {
        Expr column = dice.chance(0.8) ? column(type, scope) : null;
        return column != null ? column : value(type);
    }

    @Nullable
    Expr column(SqlType type, Scope scope) {
        List<Expr> own = scope.own().stream().filter(e -> e.type() == type).toList();
        List<Expr> around =
                scope.around().stream().filter(e -> e.type() == type).toList();
        if (!around.isEmpty() && (own.isEmpty() || dice.chance(0.25))) {
            return dice.one(around);
        }
        return own.isEmpty() ? null : dice.one(own);
    }

    /** A literal or a parameter. */
    Expr value(SqlType type) {
        String sample = dice.chance(0.03) ? null : dice.one(type.samples);
        if (parametersLeft > 0 && literalsOnly == 0 && dice.chance(0.5)) {
            parametersLeft--;
            return parameter(type, sample);
        }
        return sample == null
                ? Expr.of(type, "NULL::" + type.sql)
                : Expr.of(type, literal(type, sample).replace("$", ""));
    }

    private static String literal(SqlType type, String sample) {
        return type.literal(sample);
    }

    private Expr parameter(SqlType type, @Nullable String sample) {
        boolean bindable = sample == null ? type != MOOD : Value.bindable(type, sample);
        Value.Binding binding = bindable ? dice.one(Value.Binding.values()) : Value.Binding.TEXT;
        boolean cast = binding != Value.Binding.OWN_TYPE || sample == null || dice.chance(0.5);
        Node node = new Node.Parameter(new Value(type, sample, binding));
        String literal = sample == null ? "NULL::" + type.sql : literal(type, sample);
        return new Expr(
                Node.phrase(type.name(), List.of(Node.text(literal)), cast ? "$::" + type.sql : "$", node),
                type,
                Collation.DEFAULT);
    }

    /** Fills a template with expressions of these types. */
    Expr of(SqlType type, String template, Scope scope, int depth, SqlType... arguments) {
        Expr[] made = new Expr[arguments.length];
        for (int i = 0; i < made.length; i++) {
            made[i] = any(arguments[i], scope, depth);
        }
        return Expr.of(type, template, made);
    }

    private Expr choice(SqlType type, Scope scope, int depth) {
        Expr condition = predicates.any(scope, depth);
        List<Expr> results = Expr.aligned(List.of(any(type, scope, depth), any(type, scope, depth)));
        boolean otherwise = dice.chance(0.8);
        if (dice.chance(0.2)) {
            Expr subject = any(INT, scope, depth);
            return Expr.of(
                    type,
                    common(results),
                    "CASE $ WHEN $ THEN $ ELSE $ END",
                    subject.node(),
                    value(INT).node(),
                    results.get(0).node(),
                    results.get(1).node());
        }
        return otherwise
                ? Expr.of(
                        type,
                        common(results),
                        "CASE WHEN $ THEN $ ELSE $ END",
                        condition.node(),
                        results.get(0).node(),
                        results.get(1).node())
                : Expr.of(
                        type,
                        results.get(0).collation(),
                        "CASE WHEN $ THEN $ END",
                        condition.node(),
                        results.get(0).node());
    }

    private static Collation common(List<Expr> aligned) {
        return aligned.stream()
                .map(Expr::collation)
                .filter(collation -> collation != Collation.DEFAULT)
                .findFirst()
                .orElse(Collation.DEFAULT);
    }

    private Expr subquery(SqlType type, Scope scope) {
        Queries.Query query = queries.scalar(type, scope);
        return query == null
                ? atom(type, scope)
                : Expr.of(type, query.columns().get(0).collation(), "($)", query.node());
    }

    private Expr own(SqlType type, Scope scope, int depth) {
        return switch (type) {
            case INT -> integer(scope, depth);
            case BIGINT -> bigint(scope, depth);
            case NUMERIC -> numeric(scope, depth);
            case FLOAT -> floating(scope, depth);
            case TEXT -> text(scope, depth);
            case BOOL -> predicates.any(scope, depth);
            case DATE -> date(scope, depth);
            case TIMESTAMP -> timestamp(scope, depth);
            case TIMESTAMPTZ -> timestamptz(scope, depth);
            case INTERVAL -> interval(scope, depth);
            case JSONB -> jsonb(scope, depth);
            case INTS -> ints(scope, depth);
            case TEXTS -> texts(scope, depth);
            case UUID, BYTEA, MOOD -> atom(type, scope);
        };
    }

    private Expr integer(Scope scope, int depth) {
        return switch (dice.below(10)) {
            case 0, 1, 2 -> of(INT, dice.one("($ + $)", "($ - $)", "($ * $)"), scope, depth, INT, INT);
            case 3 -> of(INT, dice.one("($ / nullif($, 0))", "($ % nullif($, 0))"), scope, depth, INT, INT);
            case 4 -> of(INT, dice.one("length($)", "octet_length($)", "ascii($)"), scope, depth, TEXT);
            case 5 ->
                of(
                        INT,
                        "extract(" + dice.one("year", "month", "dow")
                                + " FROM nullif(nullif($, 'infinity'), '-infinity'))::int",
                        scope,
                        depth,
                        DATE);
            case 6 -> of(INT, dice.one("cardinality($)", "($)[1]", "($)[2]"), scope, depth, INTS);
            case 7 -> of(INT, dice.one("(- abs($))", "abs($)", "sign($)::int"), scope, depth, INT);
            case 8 -> of(INT, "$::int", scope, depth, BOOL);
            default ->
                dice.chance(0.05)
                        ? of(INT, "($ / $)", scope, depth, INT, INT)
                        : of(INT, "array_position($, $)", scope, depth, INTS, INT);
        };
    }

    private Expr bigint(Scope scope, int depth) {
        return switch (dice.below(5)) {
            case 0 -> of(BIGINT, dice.one("($ + $)", "($ - $)", "($ * $)"), scope, depth, BIGINT, INT);
            case 1 -> of(BIGINT, "($ % nullif($, 0))", scope, depth, BIGINT, BIGINT);
            case 2 -> of(BIGINT, "$::bigint", scope, depth, INT);
            case 3 -> of(BIGINT, "($ & $)", scope, depth, BIGINT, BIGINT);
            default -> of(BIGINT, "abs($)", scope, depth, BIGINT);
        };
    }

    private Expr numeric(Scope scope, int depth) {
        return switch (dice.below(8)) {
            case 0, 1 -> of(NUMERIC, dice.one("($ + $)", "($ - $)", "($ * $)"), scope, depth, NUMERIC, NUMERIC);
            case 2 -> of(NUMERIC, "($ / nullif($, 0))", scope, depth, NUMERIC, NUMERIC);
            case 3 ->
                of(
                        NUMERIC,
                        dice.one("round($, 1)", "trunc($, 2)", "ceil($)", "floor($)", "(- $)", "trim_scale($)"),
                        scope,
                        depth,
                        NUMERIC);
            case 4 -> of(NUMERIC, "$::numeric", scope, depth, dice.one(INT, BIGINT));
            case 5 -> of(NUMERIC, "($ % nullif($, 0))", scope, depth, NUMERIC, NUMERIC);
            case 6 ->
                of(
                        NUMERIC,
                        "extract(" + dice.one("epoch", "second") + " FROM $)",
                        scope,
                        depth,
                        dice.one(TIMESTAMP, INTERVAL));
            default -> of(NUMERIC, "($ * $)", scope, depth, NUMERIC, INT);
        };
    }

    private Expr floating(Scope scope, int depth) {
        return switch (dice.below(3)) {
            case 0 -> of(FLOAT, dice.one("($ + $)", "($ - $)"), scope, depth, FLOAT, FLOAT);
            case 1 -> of(FLOAT, "$::float8", scope, depth, INT);
            default -> of(FLOAT, "abs($)", scope, depth, FLOAT);
        };
    }

    private Expr text(Scope scope, int depth) {
        return switch (dice.below(13)) {
            case 0, 1 -> of(TEXT, "($ || $)", scope, depth, TEXT, TEXT);
            case 2 -> of(TEXT, dice.one("upper($)", "lower($)", "initcap($)"), scope, depth, TEXT);
            case 3 ->
                of(
                        TEXT,
                        dice.one(
                                "substr($, 2)",
                                "left($, 2)",
                                "right($, 2)",
                                "substring($ FROM 1 FOR 2)",
                                "reverse($)",
                                "trim($)"),
                        scope,
                        depth,
                        TEXT);
            case 4 -> of(TEXT, "replace($, $, $)", scope, depth, TEXT, TEXT, TEXT);
            case 5 -> of(TEXT, "$::text", scope, depth, anyType());
            case 6 -> of(TEXT, dice.one("md5($)", "quote_literal($)", "$::varchar(5)::text"), scope, depth, TEXT);
            case 7 -> of(TEXT, "to_char($, 'YYYY-MM')", scope, depth, DATE);
            case 8 -> of(TEXT, "($ ->> 'a')", scope, depth, JSONB);
            case 9 -> of(TEXT, "array_to_string($, '|', '*')", scope, depth, TEXTS);
            case 10 -> of(TEXT, "($ || $)", scope, depth, TEXT, INT);
            case 11 -> of(TEXT, "concat_ws('-', $, $)", scope, depth, TEXT, TEXT);
            default -> any(TEXT, scope, depth).collate(dice.one(Collation.C, Collation.ROOT, Collation.ENGLISH));
        };
    }

    private Expr date(Scope scope, int depth) {
        return switch (dice.below(3)) {
            case 0 -> of(DATE, "($ + $)", scope, depth, DATE, INT);
            case 1 -> of(DATE, "$::date", scope, depth, dice.one(TIMESTAMP, TIMESTAMPTZ));
            default -> of(DATE, "date_trunc('month', $)::date", scope, depth, TIMESTAMP);
        };
    }

    private Expr timestamp(Scope scope, int depth) {
        return switch (dice.below(4)) {
            case 0 -> of(TIMESTAMP, "($ + $)", scope, depth, TIMESTAMP, INTERVAL);
            case 1 -> of(TIMESTAMP, "$::timestamp", scope, depth, DATE);
            case 2 ->
                of(TIMESTAMP, "date_trunc('" + dice.one("day", "month", "hour") + "', $)", scope, depth, TIMESTAMP);
            default -> of(TIMESTAMP, "($ AT TIME ZONE 'Europe/Istanbul')", scope, depth, TIMESTAMPTZ);
        };
    }

    private Expr timestamptz(Scope scope, int depth) {
        return switch (dice.below(3)) {
            case 0 -> of(TIMESTAMPTZ, "($ - $)", scope, depth, TIMESTAMPTZ, INTERVAL);
            case 1 -> of(TIMESTAMPTZ, "($ AT TIME ZONE 'UTC')", scope, depth, TIMESTAMP);
            default -> of(TIMESTAMPTZ, "date_trunc('day', $)", scope, depth, TIMESTAMPTZ);
        };
    }

    private Expr interval(Scope scope, int depth) {
        return switch (dice.below(3)) {
            case 0 -> of(INTERVAL, "($ + $)", scope, depth, INTERVAL, INTERVAL);
            case 1 -> of(INTERVAL, "($ * $)", scope, depth, INTERVAL, INT);
            default -> of(INTERVAL, "make_interval(days => $)", scope, depth, INT);
        };
    }

    private Expr jsonb(Scope scope, int depth) {
        return switch (dice.below(3)) {
            case 0 -> of(JSONB, dice.one("($ -> 'a')", "($ -> 0)", "($ #> '{b,0}')"), scope, depth, JSONB);
            case 1 -> of(JSONB, "jsonb_build_object('a', $, 'n', $)", scope, depth, INT, TEXT);
            default -> of(JSONB, "to_jsonb($)", scope, depth, dice.one(INT, TEXT, BOOL, TEXTS, DATE));
        };
    }

    private Expr ints(Scope scope, int depth) {
        return switch (dice.below(4)) {
            case 0 -> of(INTS, "ARRAY[$, $]", scope, depth, INT, INT);
            case 1 -> of(INTS, "($ || $)", scope, depth, INTS, dice.one(INT, INTS));
            case 2 -> of(INTS, "array_remove($, $)", scope, depth, INTS, INT);
            default -> arraySubquery(INT, INTS, scope);
        };
    }

    private Expr texts(Scope scope, int depth) {
        return switch (dice.below(4)) {
            case 0 -> of(TEXTS, "ARRAY[$, $]", scope, depth, TEXT, TEXT);
            case 1 -> of(TEXTS, "array_append($, $)", scope, depth, TEXTS, TEXT);
            case 2 -> of(TEXTS, "string_to_array($, ' ')", scope, depth, TEXT);
            default -> arraySubquery(TEXT, TEXTS, scope);
        };
    }

    /** An array of a subquery's rows, which must come in a defined order. */
    private Expr arraySubquery(SqlType element, SqlType array, Scope scope) {
        Queries.Query query = queries.column(element, scope);
        if (query == null) {
            return atom(array, scope);
        }
        String column = "q." + query.columns().get(0).name();
        return Expr.of(
                array,
                query.columns().get(0).collation(),
                "ARRAY(SELECT " + column + " FROM ($) AS q ORDER BY " + column + ")",
                query.node());
    }

    /** Some expressions of sight, in any order, at most so many. */
    List<Expr> some(List<Expr> all, int most) {
        List<Expr> shuffled = new ArrayList<>(all);
        Collections.shuffle(shuffled, new java.util.Random(dice.below(Integer.MAX_VALUE)));
        return shuffled.subList(0, Math.min(most, shuffled.size()));
    }
}
