package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what operators stand between: names, constants, calls, parentheses. */
final class PrimaryParser {

    private final Cursor cursor;
    private final ExpressionParser expressions;
    private final QueryParser queries;
    private final TypeParser types;
    private final CallParser calls;

    PrimaryParser(Cursor cursor, ExpressionParser expressions, QueryParser queries, TypeParser types) {
        this.cursor = cursor;
        this.expressions = expressions;
        this.queries = queries;
        this.types = types;
        this.calls = new CallParser(cursor, expressions, queries);
    }

    Expr primary() {
        if (cursor.atEnd()) {
            throw cursor.unknown();
        }
        int start = cursor.at;
        return switch (cursor.text.kind(start)) {
            case PARAMETER -> {
                cursor.at++;
                yield indirection(start, new Expr.Parameter(start, cursor.at, cursor.parameterNumber(start)));
            }
            case DOLLAR_PARAMETER -> {
                cursor.at++;
                yield indirection(start, new Expr.Literal(start, cursor.at, Expr.Literal.Kind.OTHER, ""));
            }
            case NUMBER -> {
                cursor.at++;
                yield new Expr.Literal(start, cursor.at, Expr.Literal.Kind.NUMBER, cursor.text.tokenText(start));
            }
            case STRING -> expressions.string();
            case WORD -> word(start);
            case QUOTED_IDENTIFIER -> named(start);
            case PUNCTUATION -> parenthesis(start);
            case OPERATOR -> {
                if (cursor.acceptOperator("*")) {
                    yield new Expr.Column(start, cursor.at, List.of(), true);
                }
                throw cursor.unknown();
            }
        };
    }

    private Expr word(int start) {
        String word = cursor.text.word(start);
        switch (word) {
            case "TRUE", "FALSE" -> {
                cursor.at++;
                return new Expr.Literal(start, cursor.at, Expr.Literal.Kind.BOOLEAN, cursor.text.identifier(start));
            }
            case "NULL" -> {
                cursor.at++;
                return new Expr.Literal(start, cursor.at, Expr.Literal.Kind.NULL, "");
            }
            case "CASE" -> {
                return caseOf(start);
            }
            case "CAST" -> {
                return cast(start);
            }
            case "EXISTS" -> {
                cursor.at++;
                Query query = queryInParentheses();
                if (query == null) {
                    throw cursor.unknown();
                }
                return new Expr.Exists(start, cursor.at, query);
            }
            case "ARRAY" -> {
                return array(start);
            }
            case "ROW" -> {
                if (cursor.text.isPunctuation(start + 1, '(')) {
                    cursor.at += 2;
                    List<Expr> fields = cursor.isPunctuation(')') ? List.of() : expressions.list();
                    cursor.expect(')');
                    return indirection(start, new Expr.Row(start, cursor.at, fields));
                }
            }
            case "INTERVAL" -> {
                if (cursor.text.hasKind(start + 1, TokenKind.STRING)) {
                    cursor.at = start + 1;
                    Expr literal = expressions.string();
                    int end = cursor.at;
                    // the fields after the literal belong to the type
                    while (cursor.is("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TO")) {
                        cursor.at++;
                    }
                    boolean modified = cursor.at > end;
                    return new Expr.Cast(
                            start, cursor.at, literal, new TypeName("interval", modified, false, "interval"));
                }
            }
            default -> {}
        }
        if (Keywords.VALUE_FUNCTIONS.contains(word) && !(word.equals("CURRENT_SCHEMA") && isCall(start))) {
            return calls.valueFunction(start);
        }
        return named(start);
    }

    private boolean isCall(int start) {
        return cursor.text.isPunctuation(start + 1, '(');
    }

    /** A column, a call, or {@code type 'text'}. */
    private Expr named(int start) {
        Expr typed = typedLiteral(start);
        if (typed != null) {
            return typed;
        }
        String word = cursor.text.word(start);
        if (Keywords.RESERVED.contains(word) || (Keywords.UNKNOWN_CALLS.contains(word) && isCall(start))) {
            throw cursor.unknown();
        }
        List<String> names = new ArrayList<>(2);
        names.add(cursor.label());
        while (cursor.isPunctuation('.')) {
            cursor.at++;
            if (cursor.acceptOperator("*")) {
                return new Expr.Column(start, cursor.at, names, true);
            }
            names.add(cursor.label());
        }
        if (cursor.isPunctuation('(')) {
            return indirection(start, calls.call(start, names));
        }
        if (Keywords.FUNCTION_OR_TYPE.contains(word)) {
            throw cursor.unknown();
        }
        return indirection(start, new Expr.Column(start, cursor.at, names, false));
    }

    /** {@code date '2024-01-01'}, {@code timestamp(3) with time zone '...'}; null when something else is here. */
    private @Nullable Expr typedLiteral(int start) {
        boolean simple = cursor.text.hasKind(start + 1, TokenKind.STRING);
        boolean longer = cursor.text.is(
                        start, "TIMESTAMP", "TIME", "DOUBLE", "CHARACTER", "BIT", "CHAR", "VARCHAR", "NUMERIC")
                && (cursor.text.isPunctuation(start + 1, '(') || cursor.text.hasKind(start + 1, TokenKind.WORD));
        boolean qualified =
                cursor.text.isPunctuation(start + 1, '.') && cursor.text.hasKind(start + 3, TokenKind.STRING);
        if (!simple && !longer && !qualified) {
            return null;
        }
        if (simple && Keywords.RESERVED.contains(cursor.text.word(start))) {
            return null;
        }
        int depth = cursor.depth();
        try {
            TypeName type = types.type();
            if (cursor.text.hasKind(cursor.at, TokenKind.STRING)) {
                Expr literal = expressions.string();
                return new Expr.Cast(start, cursor.at, literal, type);
            }
        } catch (UnknownSyntaxException notAType) {
            // something else then
        }
        cursor.backTo(start, depth);
        return null;
    }

    private Expr parenthesis(int start) {
        if (!cursor.isPunctuation('(')) {
            throw cursor.unknown();
        }
        Query query = queryInParentheses();
        if (query != null) {
            return indirection(start, new Expr.Subquery(start, cursor.at, query, false));
        }
        cursor.expect('(');
        List<Expr> list = expressions.list();
        cursor.expect(')');
        return indirection(start, list.size() == 1 ? list.get(0) : new Expr.Row(start, cursor.at, list));
    }

    /** A query in the parentheses that begin here; null, without moving, when they hold an expression. */
    @Nullable
    Query queryInParentheses() {
        int start = cursor.at;
        if (!cursor.isPunctuation('(')) {
            throw cursor.unknown();
        }
        int first = start;
        while (cursor.text.isPunctuation(first, '(')) {
            first++;
        }
        if (!cursor.text.is(first, "SELECT", "WITH", "VALUES", "TABLE")) {
            return null;
        }
        int depth = cursor.depth();
        try {
            cursor.expect('(');
            Query query = queries.query();
            cursor.expect(')');
            return query;
        } catch (UnknownSyntaxException perhapsAnExpression) {
            if (first == start + 1) {
                throw perhapsAnExpression;
            }
            cursor.backTo(start, depth);
            return null;
        }
    }

    private Expr cast(int start) {
        cursor.at++;
        cursor.expect('(');
        Expr operand = expressions.expression();
        cursor.expect("AS");
        TypeName type = types.type();
        cursor.expect(')');
        return indirection(start, new Expr.Cast(start, cursor.at, operand, type));
    }

    private Expr array(int start) {
        cursor.at++;
        if (cursor.isPunctuation('(')) {
            Query query = queryInParentheses();
            if (query == null) {
                throw cursor.unknown();
            }
            return indirection(start, new Expr.Subquery(start, cursor.at, query, true));
        }
        return indirection(start, elements(start));
    }

    private Expr elements(int start) {
        cursor.enter();
        cursor.expect('[');
        List<Expr> elements = new ArrayList<>();
        while (!cursor.isPunctuation(']')) {
            int at = cursor.at;
            elements.add(cursor.isPunctuation('[') ? elements(at) : expressions.expression());
            if (!cursor.accept(',')) {
                break;
            }
        }
        cursor.expect(']');
        cursor.leave();
        return new Expr.ArrayOf(start, cursor.at, elements);
    }

    private Expr caseOf(int start) {
        cursor.at++;
        List<Expr> children = new ArrayList<>();
        Expr result = null;
        if (!cursor.is("WHEN")) {
            children.add(expressions.expression());
        }
        while (cursor.accept("WHEN")) {
            children.add(expressions.expression());
            cursor.expect("THEN");
            children.add(expressions.expression());
        }
        if (cursor.accept("ELSE")) {
            result = expressions.expression();
            children.add(result);
        }
        cursor.expect("END");
        return new Expr.Case(start, cursor.at, children, result);
    }

    /** What may follow a primary: {@code .field} after parentheses, {@code [subscript]}. */
    private Expr indirection(int start, Expr operand) {
        Expr result = operand;
        while (true) {
            if (cursor.isPunctuation('[')) {
                result = subscript(start, result);
            } else if (cursor.isPunctuation('.')) {
                cursor.at++;
                boolean star = cursor.acceptOperator("*");
                String field = star ? null : cursor.label();
                result = new Expr.Indirection(start, cursor.at, result, List.of(), field, star);
            } else {
                return result;
            }
        }
    }

    Expr subscript(int start, Expr operand) {
        cursor.expect('[');
        List<Expr> subscripts = new ArrayList<>();
        if (!cursor.isPunctuation(':') && !cursor.isPunctuation(']')) {
            subscripts.add(expressions.expression());
        }
        if (cursor.accept(':') && !cursor.isPunctuation(']')) {
            subscripts.add(expressions.expression());
        }
        cursor.expect(']');
        return new Expr.Indirection(start, cursor.at, operand, subscripts, null, false);
    }
}
