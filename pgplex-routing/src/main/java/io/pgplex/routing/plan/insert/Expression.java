package io.pgplex.routing.plan.insert;

import io.pgplex.metadata.model.KeyType.HashFamily;
import io.pgplex.routing.function.Functions;
import io.pgplex.routing.scan.LiteralForm;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An expression in SQL text, read from its tokens. Immutable.
 *
 * @param begin its first token
 * @param end the token after its last
 */
record Expression(ScannedStatement statement, int begin, int end) {

    /** Words before a parenthesis that call no function. */
    private static final Set<String> NOT_CALLED = Set.of(
            "in",
            "any",
            "all",
            "some",
            "and",
            "or",
            "not",
            "between",
            "like",
            "ilike",
            "to",
            "is",
            "then",
            "else",
            "when",
            "case",
            "select",
            "from",
            "where",
            "on",
            "using",
            "as",
            "over",
            "filter",
            "within",
            "group",
            "by",
            "values",
            "escape",
            "collate",
            "with",
            "having",
            "order",
            "limit",
            "offset",
            "union",
            "intersect",
            "except",
            "distinct",
            "lateral",
            "materialized",
            "zone",
            "array",
            "varying",
            "character",
            "decimal",
            "dec",
            "float",
            "national",
            "nchar",
            "precision",
            "set",
            "conflict",
            "only",
            "join",
            "partition",
            "excluded",
            "returning",
            "do",
            "nothing");

    /** Types that a key's cast may name without changing its value, as long as they have no modifier. */
    private static final Map<HashFamily, Set<String>> CASTS = new EnumMap<>(Map.of(
            HashFamily.INTEGER, Set.of("smallint", "integer", "bigint", "int", "int2", "int4", "int8"),
            HashFamily.TEXT, Set.of("text", "varchar", "character varying"),
            HashFamily.CHAR, Set.of("bpchar"),
            HashFamily.UUID, Set.of("uuid"),
            HashFamily.DATE, Set.of("date"),
            HashFamily.TIMESTAMP, Set.of("timestamp", "timestamp without time zone"),
            HashFamily.TIMESTAMPTZ, Set.of("timestamptz", "timestamp with time zone"),
            HashFamily.NUMERIC, Set.of("numeric", "decimal"),
            HashFamily.BOOLEAN, Set.of("boolean", "bool"),
            HashFamily.BYTEA, Set.of("bytea")));

    private static final Pattern RELATIVE_TIME =
            Pattern.compile("\\b(now|today|tomorrow|yesterday)\\b", Pattern.CASE_INSENSITIVE);

    /**
     * A function's call, or a keyword of time.
     *
     * @param name folded, with its schema where one was written
     */
    record Call(String name, int begin, int end) {}

    /** A literal's value, as {@code KeyBuckets.bucketOfLiteral} takes it. */
    record Literal(String text, boolean quoted) {}

    boolean isDefault() {
        return end == begin + 1 && statement.is(begin, "DEFAULT");
    }

    boolean isParameter() {
        return end == begin + 1 && statement.hasKind(begin, TokenKind.PARAMETER);
    }

    int beginOffset() {
        return statement.begin(begin);
    }

    int endOffset() {
        return statement.end(end - 1);
    }

    /** The expression without parentheses around it. */
    Expression bare() {
        int from = begin;
        int to = end;
        while (to - from > 2 && statement.isPunctuation(from, '(') && statement.matching(from) == to - 1) {
            from++;
            to--;
        }
        return from == begin ? this : new Expression(statement, from, to);
    }

    /** The literal that the expression is, or null. */
    @Nullable
    Literal literal() {
        int length = end - begin;
        if (length == 1) {
            return switch (statement.kind(begin)) {
                case STRING -> string();
                case NUMBER -> new Literal(statement.tokenText(begin), false);
                case WORD ->
                    statement.is(begin, "TRUE", "FALSE", "NULL")
                            ? new Literal(statement.word(begin).toLowerCase(Locale.ROOT), false)
                            : null;
                case QUOTED_IDENTIFIER, PARAMETER, DOLLAR_PARAMETER, OPERATOR, PUNCTUATION -> null;
            };
        }
        if (length == 2 && statement.hasKind(begin + 1, TokenKind.NUMBER)) {
            String number = statement.tokenText(begin + 1);
            return statement.isOperator(begin, "-")
                    ? new Literal("-" + number, false)
                    : statement.isOperator(begin, "+") ? new Literal(number, false) : null;
        }
        return null;
    }

    private @Nullable Literal string() {
        LiteralForm form = statement.literalForm(begin);
        return switch (form) {
            case PLAIN, ESCAPE, UNICODE, DOLLAR -> new Literal(statement.stringValue(begin), true);
            case NATIONAL, BIT, HEXADECIMAL -> null;
        };
    }

    /** Whether a literal of this text means another moment each time it is read. */
    static boolean isRelativeTime(String text) {
        return RELATIVE_TIME.matcher(text).find();
    }

    /** The expression without parentheses and casts that leave a key of that family alone. */
    Expression withoutCasts(HashFamily family) {
        Expression inner = bare();
        Expression before;
        do {
            before = inner;
            inner = inner.withoutCast(CASTS.getOrDefault(family, Set.of())).bare();
        } while (inner.end - inner.begin < before.end - before.begin);
        return inner;
    }

    private Expression withoutCast(Set<String> types) {
        if (statement.is(begin, "CAST") && statement.isPunctuation(begin + 1, '(')) {
            return withoutCastFunction(types);
        }
        if (statement.hasKind(end - 1, TokenKind.STRING) && types.contains(typeName(begin, end - 1))) {
            return new Expression(statement, end - 1, end);
        }
        int first = statement.isPunctuation(begin, '(') ? statement.matching(begin) + 1 : begin + 1;
        boolean signed = statement.isOperator(begin, "-") || statement.isOperator(begin, "+");
        first = signed ? first + 1 : first;
        if (first > 0
                && statement.hasKind(first, TokenKind.PUNCTUATION)
                && statement.tokenText(first).equals("::")) {
            return types.contains(typeName(first + 1, end)) ? new Expression(statement, begin, first) : this;
        }
        return this;
    }

    private Expression withoutCastFunction(Set<String> types) {
        int close = statement.matching(begin + 1);
        if (close != end - 1) {
            return this;
        }
        for (int i = begin + 2; i < close; i++) {
            if (statement.isPunctuation(i, '(') && statement.matching(i) > i) {
                i = statement.matching(i);
            } else if (statement.is(i, "AS")) {
                return types.contains(typeName(i + 1, close)) ? new Expression(statement, begin + 2, i) : this;
            }
        }
        return this;
    }

    /** Words in lower case with blanks between them, or an empty string where anything else stands there. */
    private String typeName(int from, int to) {
        int first = to - from > 2 && statement.is(from, "PG_CATALOG") && statement.isPunctuation(from + 1, '.')
                ? from + 2
                : from;
        StringBuilder name = new StringBuilder();
        for (int i = first; i < to; i++) {
            if (!statement.hasKind(i, TokenKind.WORD)) {
                return "";
            }
            name.append(i == first ? "" : " ").append(statement.identifier(i));
        }
        return name.toString();
    }

    /** The calls in the expression in the order of the text; an argument's call comes after its function's. */
    List<Call> calls() {
        List<Call> calls = List.of();
        for (int i = begin; i < end; i++) {
            Call call = statement.isName(i) ? callAt(i) : null;
            if (call != null) {
                if (calls.isEmpty()) {
                    calls = new ArrayList<>();
                }
                calls.add(call);
            }
        }
        return calls;
    }

    private @Nullable Call callAt(int index) {
        String name = statement.identifier(index);
        boolean word = statement.hasKind(index, TokenKind.WORD);
        boolean opens = index + 1 < end && statement.isPunctuation(index + 1, '(');
        int from = index;
        while (from - 2 >= begin && statement.isPunctuation(from - 1, '.') && statement.isName(from - 2)) {
            from -= 2;
        }
        if (from == index && word && Functions.isTimeKeyword(name)) {
            return isAlias(index) ? null : new Call(name, index, opens ? statement.matching(index + 1) + 1 : index + 1);
        }
        if (!opens || (from == index && word && NOT_CALLED.contains(name)) || isType(from)) {
            return null;
        }
        String qualified = from == index ? name : statement.identifier(index - 2) + "." + name;
        return new Call(qualified, from, statement.matching(index + 1) + 1);
    }

    /** A name after {@code ::} or AS is a type or an alias. */
    private boolean isType(int index) {
        return statement.is(index - 1, "AS")
                || (statement.hasKind(index - 1, TokenKind.PUNCTUATION)
                        && statement.tokenText(index - 1).equals("::"));
    }

    private boolean isAlias(int index) {
        return statement.is(index - 1, "AS") || statement.isPunctuation(index - 1, '.');
    }

    /** Whether a query stands in parentheses in the expression. */
    boolean hasSubquery() {
        for (int i = begin; i < end; i++) {
            if (statement.is(i, "SELECT", "VALUES", "WITH", "TABLE") && statement.isPunctuation(i - 1, '(')) {
                return true;
            }
        }
        return false;
    }

    /** Whether the expression gives the same value wherever and whenever it is computed in one transaction. */
    boolean isPure() {
        if (isParameter()) {
            return true;
        }
        Literal literal = literal();
        if (literal != null) {
            return !literal.quoted() || !isRelativeTime(literal.text());
        }
        for (int i = begin; i < end; i++) {
            if (statement.hasKind(i, TokenKind.STRING) && isRelativeTime(statement.tokenText(i))) {
                return false;
            }
        }
        for (Call call : calls()) {
            if (!Functions.isHarmless(call.name())) {
                return false;
            }
        }
        return !hasSubquery();
    }
}
