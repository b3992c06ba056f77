package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.scan.LiteralForm;
import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads scalar expressions by operator precedence, with the precedences of PostgreSQL's gram.y. */
final class ExpressionParser {

    private static final int OR = 1;
    private static final int AND = 2;
    private static final int NOT = 3;
    private static final int IS = 4;
    private static final int COMPARISON = 5;
    private static final int LIKE = 6;
    private static final int OPERATOR = 7;
    private static final int ADD = 8;
    private static final int MULTIPLY = 9;
    private static final int POWER = 10;
    private static final int AT = 11;
    private static final int COLLATE = 12;
    private static final int SIGN = 13;
    private static final int SUBSCRIPT = 14;

    private final Cursor cursor;
    private final TypeParser types;
    private final PrimaryParser primaries;

    ExpressionParser(Cursor cursor, QueryParser queries) {
        this.cursor = cursor;
        this.types = new TypeParser(cursor);
        this.primaries = new PrimaryParser(cursor, this, queries, types);
    }

    Expr expression() {
        return binary(0);
    }

    /** An expression of operators that bind tighter than IN, LIKE and BETWEEN. */
    Expr restricted() {
        return binary(OPERATOR);
    }

    PrimaryParser primaries() {
        return primaries;
    }

    List<Expr> list() {
        List<Expr> list = new ArrayList<>();
        do {
            list.add(expression());
        } while (cursor.accept(','));
        return list;
    }

    private Expr binary(int lowest) {
        cursor.enter();
        int start = cursor.at;
        Expr left = prefix(lowest);
        while (true) {
            Expr next = infix(start, left, lowest);
            if (next == null) {
                cursor.leave();
                return left;
            }
            left = next;
        }
    }

    private Expr prefix(int lowest) {
        int start = cursor.at;
        if (lowest <= NOT && cursor.accept("NOT")) {
            Expr operand = binary(NOT);
            return new Expr.Not(start, cursor.at, operand);
        }
        if (cursor.text.hasKind(start, TokenKind.OPERATOR) && !cursor.text.isOperator(start, "*")) {
            String operator = cursor.text.operator(start);
            cursor.at++;
            boolean sign = operator.equals("-") || operator.equals("+");
            Expr operand = binary(sign ? SIGN : OPERATOR + 1);
            return new Expr.Operation(start, cursor.at, operator, null, operand);
        }
        return primaries.primary();
    }

    private @Nullable Expr infix(int start, Expr left, int lowest) {
        if (cursor.atEnd()) {
            return null;
        }
        return switch (cursor.text.kind(cursor.at)) {
            case OPERATOR -> operator(start, left, lowest);
            case WORD -> word(start, left, lowest);
            case PUNCTUATION -> punctuation(start, left, lowest);
            default -> null;
        };
    }

    private @Nullable Expr operator(int start, Expr left, int lowest) {
        String operator = cursor.text.operator(cursor.at);
        int precedence =
                switch (operator) {
                    case "=", "<", ">", "<=", ">=", "<>", "!=" -> COMPARISON;
                    case "+", "-" -> ADD;
                    case "*", "/", "%" -> MULTIPLY;
                    case "^" -> POWER;
                    case ":=", "=>" -> -1;
                    default -> OPERATOR;
                };
        if (precedence < 0 || precedence < lowest) {
            return null;
        }
        cursor.at++;
        return operation(start, left, operator, precedence);
    }

    private Expr operation(int start, Expr left, String operator, int precedence) {
        if (cursor.is("ANY", "SOME", "ALL")) {
            return quantified(start, left, operator);
        }
        Expr right = binary(precedence + 1);
        if (precedence == COMPARISON
                && left instanceof Expr.Operation below
                && isComparison(below)
                && start == below.from()) {
            // comparisons do not associate: PostgreSQL refuses a = b = c unless there are parentheses
            return new Expr.Other(start, cursor.at, List.of(left, right));
        }
        return new Expr.Operation(start, cursor.at, operator, left, right);
    }

    private static boolean isComparison(Expr.Operation operation) {
        return operation.left() != null
                && switch (operation.operator()) {
                    case "=", "<", ">", "<=", ">=", "<>", "!=" -> true;
                    default -> false;
                };
    }

    private Expr quantified(int start, Expr left, String operator) {
        boolean all = cursor.is("ALL");
        cursor.at++;
        if (!cursor.isPunctuation('(')) {
            throw cursor.unknown();
        }
        Query query = primaries.queryInParentheses();
        if (query != null) {
            return new Expr.Membership(start, cursor.at, left, operator, all, false, query);
        }
        cursor.expect('(');
        Expr array = expression();
        cursor.expect(')');
        return new Expr.Quantified(start, cursor.at, left, operator, all, array);
    }

    private @Nullable Expr punctuation(int start, Expr left, int lowest) {
        if (cursor.text.tokenText(cursor.at).equals("::")) {
            cursor.at++;
            TypeName type = types.type();
            return new Expr.Cast(start, cursor.at, left, type);
        }
        if (cursor.isPunctuation('[') && lowest <= SUBSCRIPT) {
            return primaries.subscript(start, left);
        }
        return null;
    }

    private @Nullable Expr word(int start, Expr left, int lowest) {
        return switch (cursor.text.word(cursor.at)) {
            case "OR" -> lowest <= OR ? logical(start, left, false) : null;
            case "AND" -> lowest <= AND ? logical(start, left, true) : null;
            case "IS" -> lowest <= IS ? is(start, left) : null;
            case "ISNULL" -> lowest <= IS ? isNull(start, left, false) : null;
            case "NOTNULL" -> lowest <= IS ? isNull(start, left, true) : null;
            case "IN" -> lowest <= LIKE ? in(start, left, false) : null;
            case "LIKE", "ILIKE", "SIMILAR" -> lowest <= LIKE ? like(start, left) : null;
            case "BETWEEN" -> lowest <= LIKE ? between(start, left) : null;
            case "NOT" -> lowest <= LIKE ? negated(start, left) : null;
            case "OVERLAPS" -> lowest <= LIKE ? overlaps(start, left) : null;
            case "AT" -> lowest <= AT ? at(start, left) : null;
            case "COLLATE" -> lowest <= COLLATE ? collate(start, left) : null;
            case "OPERATOR" -> lowest <= OPERATOR ? qualifiedOperator(start, left) : null;
            default -> null;
        };
    }

    private Expr logical(int start, Expr left, boolean and) {
        List<Expr> operands = new ArrayList<>();
        operands.add(left);
        while (cursor.accept(and ? "AND" : "OR")) {
            operands.add(binary((and ? AND : OR) + 1));
        }
        return new Expr.Logical(start, cursor.at, and, operands);
    }

    private Expr isNull(int start, Expr left, boolean negated) {
        cursor.at++;
        return new Expr.IsNull(start, cursor.at, left, negated);
    }

    private Expr is(int start, Expr left) {
        cursor.at++;
        boolean negated = cursor.accept("NOT");
        if (cursor.accept("NULL")) {
            return new Expr.IsNull(start, cursor.at, left, negated);
        }
        if (cursor.acceptSequence("DISTINCT", "FROM")) {
            Expr right = binary(IS + 1);
            return new Expr.Other(start, cursor.at, List.of(left, right));
        }
        if (cursor.is("NFC", "NFD", "NFKC", "NFKD")) {
            cursor.at++;
        }
        if (cursor.is("TRUE", "FALSE", "UNKNOWN", "NORMALIZED", "DOCUMENT")) {
            cursor.at++;
            return new Expr.Other(start, cursor.at, List.of(left));
        }
        throw cursor.unknown();
    }

    private Expr in(int start, Expr left, boolean negated) {
        cursor.at++;
        Query query = primaries.queryInParentheses();
        if (query != null) {
            return new Expr.Membership(start, cursor.at, left, "=", false, negated, query);
        }
        cursor.expect('(');
        List<Expr> list = list();
        cursor.expect(')');
        return new Expr.In(start, cursor.at, left, list, negated);
    }

    private Expr negated(int start, Expr left) {
        if (cursor.text.is(cursor.at + 1, "IN")) {
            cursor.at++;
            return in(start, left, true);
        }
        if (cursor.text.is(cursor.at + 1, "LIKE", "ILIKE", "SIMILAR")) {
            cursor.at++;
            return like(start, left);
        }
        if (cursor.text.is(cursor.at + 1, "BETWEEN")) {
            cursor.at++;
            return between(start, left);
        }
        throw cursor.unknown();
    }

    private Expr like(int start, Expr left) {
        if (cursor.accept("SIMILAR")) {
            cursor.expect("TO");
        } else {
            cursor.at++;
        }
        if (cursor.is("ANY", "SOME", "ALL")) {
            return quantified(start, left, "~~");
        }
        List<Expr> operands = new ArrayList<>(List.of(left, binary(LIKE + 1)));
        if (cursor.accept("ESCAPE")) {
            operands.add(binary(LIKE + 1));
        }
        return new Expr.Other(start, cursor.at, operands);
    }

    private Expr between(int start, Expr left) {
        cursor.expect("BETWEEN");
        if (cursor.is("SYMMETRIC", "ASYMMETRIC")) {
            cursor.at++;
        }
        Expr low = binary(LIKE + 1);
        cursor.expect("AND");
        Expr high = binary(LIKE + 1);
        return new Expr.Other(start, cursor.at, List.of(left, low, high));
    }

    private Expr overlaps(int start, Expr left) {
        cursor.at++;
        Expr right = binary(LIKE + 1);
        return new Expr.Other(start, cursor.at, List.of(left, right));
    }

    private @Nullable Expr at(int start, Expr left) {
        if (cursor.acceptSequence("AT", "TIME", "ZONE")) {
            Expr zone = binary(AT + 1);
            return new Expr.Call(
                    start,
                    cursor.at,
                    List.of("timezone"),
                    List.of(zone, left),
                    false,
                    false,
                    false,
                    false,
                    List.of(),
                    List.of(),
                    null,
                    null);
        }
        if (cursor.acceptSequence("AT", "LOCAL")) {
            return new Expr.Call(
                    start,
                    cursor.at,
                    List.of("timezone"),
                    List.of(left),
                    false,
                    false,
                    false,
                    false,
                    List.of(),
                    List.of(),
                    null,
                    null);
        }
        return null;
    }

    private Expr collate(int start, Expr left) {
        cursor.at++;
        int name = cursor.at;
        cursor.label();
        while (cursor.accept('.')) {
            cursor.label();
        }
        return new Expr.Collate(start, cursor.at, left, name);
    }

    private @Nullable Expr qualifiedOperator(int start, Expr left) {
        if (!cursor.text.isPunctuation(cursor.at + 1, '(')) {
            return null;
        }
        cursor.at = cursor.text.matching(cursor.at + 1) + 1;
        if (cursor.at == 0) {
            throw cursor.unknown();
        }
        // the name is not looked at, so the operator is never taken for equality
        return operation(start, left, "OPERATOR()", OPERATOR);
    }

    /** A string constant's meaning. */
    Expr.Literal string() {
        int token = cursor.at++;
        LiteralForm form = cursor.text.literalForm(token);
        boolean text = form != LiteralForm.BIT && form != LiteralForm.HEXADECIMAL && form != LiteralForm.NATIONAL;
        return new Expr.Literal(
                token,
                cursor.at,
                text ? Expr.Literal.Kind.STRING : Expr.Literal.Kind.OTHER,
                cursor.text.stringValue(token));
    }
}
